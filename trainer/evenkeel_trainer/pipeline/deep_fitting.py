"""The fits of one job of a deep bot, over rows and columns that are settled.

Imported once the columns are chosen, because PyTorch takes two seconds and 180 MB.
"""

from __future__ import annotations

import numpy as np
import torch

from ..engines.torch_fit import (
    Fit,
    Fitting,
    OnFraction,
    Part,
    continue_fit,
    find_device,
    fit_fixed,
    fit_judged,
    new_network,
    predict,
    saliency,
)
from ..engines.torch_network import Network, scaler_of
from ..engines.torch_onnx import write_deep_onnx
from ..engines.torch_params import DeepParams
from ..engines.torch_residual import fit_residual_fixed, fit_residual_judged
from ..engines.torch_weights import load_base_weights, load_weights, save_weights
from ..job import BaseModelFiles, Parent
from .base import TrainingContext
from .columns import Rows


class DeepFitting:
    def __init__(
        self, context: TrainingContext, params: DeepParams, rows: Rows, columns: list[int]
    ) -> None:
        job = context.job
        self._context, self._rows = context, rows
        self._names = [context.data.names[column] for column in columns]
        self.device = find_device(params.device)
        self._how = Fitting(params, job.seed, job.class_weights, self.device)
        everything = context.data.matrix(slice(None), columns)
        self._features = torch.from_numpy(np.ascontiguousarray(everything, dtype=np.float32))

    def fit(self) -> tuple[Fit, Fit]:
        job = self._context.job
        if job.parent is not None:
            return self._continue(job.parent)
        parts = self._part(self._rows.train), self._part(self._rows.validation)
        report = self._context.progress.begin("fit")
        with self._context.stopwatch.stage("fit"):
            judged = self._judge(job.base_model, parts, report)
        report = self._context.progress.begin("refit")
        with self._context.stopwatch.stage("refit"):
            refit = self._refit(job.base_model, judged.epochs, report)
        return judged, refit

    def _judge(
        self, base_model: BaseModelFiles | None, parts: tuple[Part, Part], report: OnFraction
    ) -> Fit:
        if base_model is None:
            return fit_judged(self._begin(), self._how, parts, report)
        return fit_residual_judged(self._load_base(base_model.judged), self._how, parts, report)

    def _refit(self, base_model: BaseModelFiles | None, epochs: int, report: OnFraction) -> Fit:
        complete = self._part(self._rows.complete)
        if base_model is None:
            return fit_fixed(self._begin(), self._how, complete, epochs, report)
        network = self._load_base(base_model.served)
        return fit_residual_fixed(network, self._how, complete, epochs, report)

    def _continue(self, parent: Parent) -> tuple[Fit, Fit]:
        """The judged network on the rows before the test part, the served one on all."""
        known = np.concatenate([self._rows.train, self._rows.validation])
        fits: list[Fit] = []
        for stage, ends, path in (
            ("fit", known, parent.judged),
            ("refit", self._rows.complete, parent.served),
        ):
            report = self._context.progress.begin(stage)
            with self._context.stopwatch.stage(stage):
                network = self._load(path)
                fits.append(
                    continue_fit(network, self._how, self._part(ends), parent.iterations, report)
                )
        return fits[0], fits[1]

    def export(self, judged: Fit, refit: Fit) -> None:
        self._context.progress.begin("export")
        path = self._context.artifact.path
        with self._context.stopwatch.stage("export"):
            self._answer(judged.network).tofile(path("judged-test.f32"))
            self._answer(refit.network).tofile(path("refit-test.f32"))
            parent = self._context.job.parent
            if parent is not None:
                self._answer(self._load(parent.judged)).tofile(path("parent-test.f32"))
            save_weights(judged.network, path("judged.npz"))
            save_weights(refit.network, path("model.npz"))
            write_deep_onnx(judged.network, path("judged.onnx"), len(self._names))
            write_deep_onnx(refit.network, path("model.onnx"), len(self._names))

    def importances(self, fit: Fit) -> np.ndarray:
        return saliency(fit.network.to(self.device), self.device, self._part(self._rows.complete))

    def _begin(self) -> Network:
        """A new network, with what the training part alone says of features, classes and returns."""
        network = self._build()
        train = self._part(self._rows.train)
        network.begin_from(self._features[train.ends], train.labels, train.returns)
        return network.to(self.device)

    def _load_base(self, path: str) -> Network:
        """A network of many instruments that reads this one's features: with the scaler of its training part."""
        network = self._build()
        load_base_weights(network, path, self._names)
        train = self._part(self._rows.train)
        network.take_scaler(scaler_of(self._features[train.ends], train.returns))
        return network.to(self.device)

    def _load(self, path: str) -> Network:
        network = self._build()
        load_weights(network, path)
        return network.to(self.device)

    def _build(self) -> Network:
        return new_network(self._context.job.bot, len(self._names), self._how)

    def _part(self, ends: np.ndarray) -> Part:
        data = self._context.data
        return Part(
            features=self._features,
            ends=torch.from_numpy(ends.astype(np.int64)),
            labels=torch.from_numpy(data.labels[ends].astype(np.int64)),
            returns=torch.from_numpy(data.forward_returns[ends].astype(np.float32)),
        )

    def _answer(self, network: Network) -> np.ndarray:
        return predict(network, self.device, self._part(self._rows.test))
