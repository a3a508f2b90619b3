"""`catboost_regressor`: the forward log return by CatBoost's regressor.

Judged and refitted as `catboost` is. The targets are the file's forward returns; its labels only say
which rows have one, and part what a round trip would cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engines.catboost_engine import Fit, Part, fit_fixed, fit_judged, importances
from ..engines.catboost_onnx import write_regressor_onnx
from ..engines.catboost_params import parse_catboost_params
from ..engines.catboost_regression import RegressionSettings, predict_values
from ..errors import bad_job
from ..job import Job
from ..workbench.base import Workbench
from ..workbench.catboost_columns import choose_columns
from ..workbench.columns import (
    Rows,
    candidate_columns,
    check_targets,
    check_values,
    describe_selection,
    find_labelled_rows,
    top_importances,
    value_ranges,
)

#: Below these a fit says nothing; guards that mean something belong to whoever orders the job.
LEAST_ROWS = {"train": 30, "validation": 5}


class CatBoostRegressorBot:
    libraries = ("catboost",)
    has_shared_times = False

    def check(self, job: Job) -> None:
        parse_catboost_params(job.params)
        if job.class_weights is not None:
            raise bad_job("class_weights: must be null, a regressor has no classes")

    def train(self, bench: Workbench) -> dict[str, Any]:
        rows = find_labelled_rows(bench.data, bench.job, LEAST_ROWS)
        check_targets(bench.data, rows)
        candidates = candidate_columns(bench)
        check_values(bench.data, candidates, rows)
        columns = _select(bench, rows, candidates)
        fitting = _Fitting(bench, rows, columns)
        judged = fitting.judge()
        refit = fitting.refit(judged.tree_count)
        fitting.export(judged, refit)
        names = _names(bench, columns)
        return {
            "features": names,
            "task": "regressor",
            "tree_count": judged.tree_count,
            "rows": rows.counts(),
            "metrics": {
                "train_rmse": judged.train_loss,
                "validation_rmse": judged.validation_loss,
                "refit_rmse": refit.train_loss,
            },
            "selection": describe_selection(bench, len(candidates), len(columns)),
            "feature_ranges": value_ranges(bench.data, columns, rows),
            "importance": top_importances(importances(refit.model), names),
        }


def _names(bench: Workbench, columns: list[int]) -> list[str]:
    return [bench.data.names[column] for column in columns]


def _settings(bench: Workbench, columns: list[int]) -> RegressionSettings:
    return RegressionSettings(
        names=_names(bench, columns),
        params=parse_catboost_params(bench.job.params),
        seed=bench.job.seed,
        class_weights=None,
    )


def _part(bench: Workbench, rows: np.ndarray, columns: list[int]) -> Part:
    return Part(bench.data.matrix(rows, columns), bench.data.forward_returns[rows])


def _select(bench: Workbench, rows: Rows, candidates: list[int]) -> list[int]:
    train = _part(bench, rows.train, candidates)
    return choose_columns(bench, _settings(bench, candidates), train, candidates)


@dataclass(frozen=True)
class _Fitting:
    """The fits of one job, over rows and columns that are settled."""

    bench: Workbench
    rows: Rows
    columns: list[int]

    def judge(self) -> Fit:
        report = self.bench.progress.begin("fit")
        with self.bench.stopwatch.stage("fit"):
            train = _part(self.bench, self.rows.train, self.columns)
            validation = _part(self.bench, self.rows.validation, self.columns)
            return fit_judged(_settings(self.bench, self.columns), train, validation, report)

    def refit(self, tree_count: int) -> Fit:
        report = self.bench.progress.begin("refit")
        with self.bench.stopwatch.stage("refit"):
            complete = _part(self.bench, self.rows.complete, self.columns)
            return fit_fixed(_settings(self.bench, self.columns), complete, tree_count, report)

    def export(self, judged: Fit, refit: Fit) -> None:
        self.bench.progress.begin("export")
        path, width = self.bench.artifact.path, len(self.columns)
        with self.bench.stopwatch.stage("export"):
            test = self.bench.data.matrix(self.rows.test, self.columns)
            predict_values(judged.model, test).tofile(path("judged-test.f32"))
            predict_values(refit.model, test).tofile(path("refit-test.f32"))
            write_regressor_onnx(judged.model, path("judged.onnx"), width)
            write_regressor_onnx(refit.model, path("model.onnx"), width)
            refit.model.save_model(path("model.cbm"), format="cbm")


BOT = CatBoostRegressorBot()
