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
from ..pipeline.base import TrainingContext
from ..pipeline.catboost_columns import choose_columns
from ..pipeline.columns import (
    Rows,
    candidate_columns,
    check_targets,
    check_values,
    describe_selection,
    find_labelled_rows,
    top_importances,
    value_ranges,
)

#: Least rows for a fit at all; the caller has stricter limits.
LEAST_ROWS = {"train": 30, "validation": 5}


class CatBoostRegressorBot:
    libraries = ("catboost",)
    has_shared_times = False

    def check(self, job: Job) -> None:
        parse_catboost_params(job.params)
        if job.class_weights is not None:
            raise bad_job("class_weights: must be null, a regressor has no classes")

    def train(self, context: TrainingContext) -> dict[str, Any]:
        rows = find_labelled_rows(context.data, context.job, LEAST_ROWS)
        check_targets(context.data, rows)
        candidates = candidate_columns(context)
        check_values(context.data, candidates, rows)
        columns = _select(context, rows, candidates)
        fitting = _Fitting(context, rows, columns)
        judged = fitting.judge()
        refit = fitting.refit(judged.tree_count)
        fitting.export(judged, refit)
        names = _names(context, columns)
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
            "selection": describe_selection(context, len(candidates), len(columns)),
            "feature_ranges": value_ranges(context.data, columns, rows),
            "importance": top_importances(importances(refit.model), names),
        }


def _names(context: TrainingContext, columns: list[int]) -> list[str]:
    return [context.data.names[column] for column in columns]


def _settings(context: TrainingContext, columns: list[int]) -> RegressionSettings:
    return RegressionSettings(
        names=_names(context, columns),
        params=parse_catboost_params(context.job.params),
        seed=context.job.seed,
        class_weights=None,
    )


def _part(context: TrainingContext, rows: np.ndarray, columns: list[int]) -> Part:
    return Part(context.data.matrix(rows, columns), context.data.forward_returns[rows])


def _select(context: TrainingContext, rows: Rows, candidates: list[int]) -> list[int]:
    train = _part(context, rows.train, candidates)
    return choose_columns(context, _settings(context, candidates), train, candidates)


@dataclass(frozen=True)
class _Fitting:
    """The fits of one job, over rows and columns that are settled."""

    context: TrainingContext
    rows: Rows
    columns: list[int]

    def judge(self) -> Fit:
        report = self.context.progress.begin("fit")
        with self.context.stopwatch.stage("fit"):
            train = _part(self.context, self.rows.train, self.columns)
            validation = _part(self.context, self.rows.validation, self.columns)
            return fit_judged(_settings(self.context, self.columns), train, validation, report)

    def refit(self, tree_count: int) -> Fit:
        report = self.context.progress.begin("refit")
        with self.context.stopwatch.stage("refit"):
            complete = _part(self.context, self.rows.complete, self.columns)
            return fit_fixed(_settings(self.context, self.columns), complete, tree_count, report)

    def export(self, judged: Fit, refit: Fit) -> None:
        self.context.progress.begin("export")
        path, width = self.context.artifact.path, len(self.columns)
        with self.context.stopwatch.stage("export"):
            test = self.context.data.matrix(self.rows.test, self.columns)
            predict_values(judged.model, test).tofile(path("judged-test.f32"))
            predict_values(refit.model, test).tofile(path("refit-test.f32"))
            write_regressor_onnx(judged.model, path("judged.onnx"), width)
            write_regressor_onnx(refit.model, path("model.onnx"), width)
            refit.model.save_model(path("model.cbm"), format="cbm")


BOT = CatBoostRegressorBot()
