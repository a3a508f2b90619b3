"""The fits of a base model of a deep bot, over members and columns that are settled. Imports PyTorch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..base_model_job import BaseModelJob
from ..engines.torch_fit import (
    ANSWERED_ROWS,
    Fit,
    Fitting,
    OnFraction,
    find_device,
    fit_fixed,
    fit_judged,
    new_network,
    saliency,
)
from ..engines.torch_network import Network
from ..engines.torch_params import DeepParams
from ..engines.torch_weights import save_weights
from ..errors import too_few_rows
from ..member_rows import Member
from .pool_windows import USES, gather_windows

#: Batches of a step. An epoch has as many steps as that of one instrument, each with less noise: a pool has learnt what
#: there is after a hundred steps, which is less than one pass over all its windows.
POOL_BATCHES = 8
#: Least windows of all members together.
LEAST_WINDOWS = {"train": 300, "validation": 50}


class PoolFitting:
    def __init__(
        self, job: BaseModelJob, params: DeepParams, members: list[Member], names: list[str]
    ) -> None:
        assert job.max_rows is not None
        self._bot, self._names = job.bot, names
        self.device = find_device(params.device)
        self._windows = gather_windows(members, names, params.window_rows, job.max_rows)
        for use, least in LEAST_WINDOWS.items():
            count = len(getattr(self._windows, use))
            if count < least:
                raise too_few_rows(f"cuts: {count} windows in the {use} part, at least {least} are needed")
        epoch_windows = POOL_BATCHES * len(self._windows.train) // len(members)
        self._how = Fitting(params, job.seed, None, self.device, epoch_windows, POOL_BATCHES)

    def judge(self, report: OnFraction) -> Fit:
        parts = self._windows.train, self._windows.validation
        return fit_judged(self._begin(), self._how, parts, report)

    def refit(self, epochs: int, report: OnFraction) -> Fit:
        return fit_fixed(self._begin(), self._how, self._windows.complete, epochs, report)

    def save(self, fit: Fit, path: str) -> None:
        save_weights(fit.network, path, self._names)

    def counts(self) -> dict[str, int]:
        return {use: len(getattr(self._windows, use)) for use in USES}

    def ranges(self) -> list[list[float]]:
        return self._windows.ranges.tolist()

    def importances(self, fit: Fit) -> np.ndarray:
        """Of windows of all members and times."""
        complete = self._windows.complete
        every = -(-len(complete) // ANSWERED_ROWS)
        return saliency(fit.network, self.device, replace(complete, ends=complete.ends[::every]))

    def _begin(self) -> Network:
        """A new network without a scaler, which the rows have gone through already."""
        network = new_network(self._bot, len(self._names), self._how)
        network.take_prior(self._windows.train.labels)
        return network.to(self.device)
