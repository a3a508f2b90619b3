"""`catboost`: SELL, HOLD or BUY by CatBoost's classifier.

Judged and refitted: one model learns from the training part, stops early on the validation part and
is judged on the test part by the caller; then its features, parameters and number of
trees are frozen and a second model learns from all labelled rows, which is the one to serve. Where
the job names a base model both begin from its raw scores, and what is written are the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from catboost import CatBoostClassifier

from ..engines.catboost_engine import (
    Fit,
    FitSettings,
    Part,
    fit_fixed,
    fit_judged,
    importances,
    predict,
)
from ..engines.catboost_onnx import write_onnx
from ..engines.catboost_params import parse_catboost_params
from ..engines.catboost_sum import add_residual, load_base_model, raw_scores
from ..feature_file import FeatureFile
from ..job import Job
from ..pipeline.base import TrainingContext
from ..pipeline.catboost_columns import choose_columns
from ..pipeline.catboost_increment import continue_parent
from ..pipeline.classes import (
    CLASS_ORDER,
    check_all_classes,
    check_class_weights,
    check_labels,
    describe_losses,
)
from ..pipeline.columns import (
    Rows,
    candidate_columns,
    check_values,
    describe_selection,
    find_labelled_rows,
    top_importances,
    value_ranges,
)

#: Least rows for a fit at all; the caller has stricter limits.
MIN_TRAIN_ROWS, MIN_VALIDATION_ROWS = 30, 5


class CatBoostBot:
    libraries = ("catboost",)
    has_shared_times = False

    def check(self, job: Job) -> None:
        parse_catboost_params(job.params)
        check_class_weights(job)

    def train(self, context: TrainingContext) -> dict[str, Any]:
        rows = _find_rows(context.data, context.job)
        candidates = candidate_columns(context)
        check_values(context.data, candidates, rows)
        columns = _select(context, rows, candidates)
        if context.job.parent is not None:
            return continue_parent(context, _settings(context, columns), rows, columns)
        fitting = _Fitting(context, _settings(context, columns), rows, columns)
        judged = fitting.judge()
        refit = fitting.refit(judged.tree_count)
        fitting.export(judged, refit)
        return {
            "features": fitting.settings.names,
            "task": "classifier",
            "class_order": CLASS_ORDER,
            # Of the file that serves: a residual counts the trees of the base model too.
            "tree_count": refit.model.tree_count_,
            "rows": rows.counts(),
            "metrics": describe_losses(judged, refit),
            "selection": describe_selection(context, len(candidates), len(columns)),
            "feature_ranges": value_ranges(context.data, columns, rows),
            "importance": top_importances(importances(refit.model), fitting.settings.names),
        }


def _find_rows(data: FeatureFile, job: Job) -> Rows:
    check_labels(data)
    rows = find_labelled_rows(
        data, job, {"train": MIN_TRAIN_ROWS, "validation": MIN_VALIDATION_ROWS}
    )
    check_all_classes(data, rows.train)
    return rows


def _settings(context: TrainingContext, columns: list[int]) -> FitSettings:
    return FitSettings(
        names=[context.data.names[column] for column in columns],
        params=parse_catboost_params(context.job.params),
        seed=context.job.seed,
        class_weights=context.job.class_weights,
    )


def _select(context: TrainingContext, rows: Rows, candidates: list[int]) -> list[int]:
    train = Part(context.data.matrix(rows.train, candidates), context.data.labels[rows.train])
    return choose_columns(context, _settings(context, candidates), train, candidates)


@dataclass(frozen=True)
class _Fitting:
    """The fits of one job, over rows and columns that are settled."""

    context: TrainingContext
    settings: FitSettings
    rows: Rows
    columns: list[int]

    def judge(self) -> Fit:
        report = self.context.progress.begin("fit")
        with self.context.stopwatch.stage("fit"):
            base_model = self._load_base_model("judged")
            train = self._part(self.rows.train, base_model)
            validation = self._part(self.rows.validation, base_model)
            fit = fit_judged(self.settings, train, validation, report)
            return fit if base_model is None else add_residual(base_model, fit)

    def refit(self, tree_count: int) -> Fit:
        report = self.context.progress.begin("refit")
        with self.context.stopwatch.stage("refit"):
            base_model = self._load_base_model("served")
            rows = self._part(self.rows.complete, base_model)
            fit = fit_fixed(self.settings, rows, tree_count, report)
            return fit if base_model is None else add_residual(base_model, fit)

    def export(self, judged: Fit, refit: Fit) -> None:
        self.context.progress.begin("export")
        path, width = self.context.artifact.path, len(self.columns)
        with self.context.stopwatch.stage("export"):
            test = self.context.data.matrix(self.rows.test, self.columns)
            predict(judged.model, test).tofile(path("judged-test.f32"))
            predict(refit.model, test).tofile(path("refit-test.f32"))
            write_onnx(judged.model, path("judged.onnx"), width)
            write_onnx(refit.model, path("model.onnx"), width)
            refit.model.save_model(path("model.cbm"), format="cbm")
            # What an increment is judged by must not have seen what it is judged on.
            judged.model.save_model(path("judged.cbm"), format="cbm")

    def _load_base_model(self, which: Literal["judged", "served"]) -> CatBoostClassifier | None:
        files = self.context.job.base_model
        return None if files is None else load_base_model(getattr(files, which), self.settings.names)

    def _part(self, rows: np.ndarray, base_model: CatBoostClassifier | None) -> Part:
        features = self.context.data.matrix(rows, self.columns)
        baseline = None if base_model is None else raw_scores(base_model, features)
        return Part(features, self.context.data.labels[rows], baseline)


BOT = CatBoostBot()
