"""`catboost`: SELL, HOLD or BUY by CatBoost's classifier.

Judged and refitted: one model learns from the training part, stops early on the validation part and
is judged on the test part by whoever ordered the job; then its features, parameters and number of
trees are frozen and a second model learns from all labelled rows, which is the one to serve. Where
the job names a pooled model both begin from its raw scores, and what is written are the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from catboost import CatBoostClassifier

from ..engines.catboost_engine import (
    CLASSES,
    Fit,
    FitSettings,
    OnFraction,
    Part,
    fit_fixed,
    fit_judged,
    importances,
    predict,
)
from ..engines.catboost_onnx import write_onnx
from ..engines.catboost_params import parse_catboost_params
from ..engines.catboost_selection import select_columns
from ..engines.catboost_sum import add_residual, load_pooled, raw_scores
from ..errors import bad_file, bad_job, too_few_rows
from ..feature_file import NO_LABEL, FeatureFile
from ..job import Job, RowRange
from .base import Workbench

CLASS_ORDER = ("SELL", "HOLD", "BUY")
#: Below these a fit says nothing; guards that mean something belong to whoever orders the job.
MIN_TRAIN_ROWS, MIN_VALIDATION_ROWS = 30, 5
TOP_IMPORTANCES = 30


class CatBoostBot:
    def check(self, job: Job) -> None:
        parse_catboost_params(job.params)
        if job.class_weights is not None and len(job.class_weights) != CLASSES:
            raise bad_job(
                f"class_weights: expected {CLASSES} weights, read {len(job.class_weights)}"
            )

    def train(self, bench: Workbench) -> dict[str, Any]:
        rows = _find_rows(bench.data, bench.job)
        candidates = _candidates(bench)
        _check_values(bench.data, candidates, rows)
        columns = _select(bench, rows, candidates)
        fitting = _Fitting(bench, _settings(bench, columns), rows, columns)
        judged = fitting.judge()
        refit = fitting.refit(judged.tree_count)
        fitting.export(judged, refit)
        return {
            "features": fitting.settings.names,
            "class_order": CLASS_ORDER,
            "tree_count": judged.tree_count,
            "rows": {name: len(part) for name, part in vars(rows).items()},
            "metrics": {
                "train_logloss": judged.train_logloss,
                "validation_logloss": judged.validation_logloss,
                "refit_logloss": refit.train_logloss,
            },
            "selection": _describe_selection(bench, len(candidates), len(columns)),
            "feature_ranges": fitting.ranges(),
            "importance": top_importances(refit, fitting.settings.names),
        }


@dataclass(frozen=True)
class _Rows:
    """Row numbers by use; `complete` is every labelled row from the training part's first on."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    complete: np.ndarray


def _find_rows(data: FeatureFile, job: Job) -> _Rows:
    if np.any((data.labels < NO_LABEL) | (data.labels >= CLASSES)):
        raise bad_file(f"features_file: label: expected {NO_LABEL} to {CLASSES - 1}")

    def labelled(part: RowRange) -> np.ndarray:
        return part.start + np.flatnonzero(data.labels[part.start : part.end] != NO_LABEL)

    split = job.split
    rows = _Rows(
        train=labelled(split.train),
        validation=labelled(split.validation),
        test=np.arange(split.test.start, split.test.end),
        complete=labelled(RowRange(split.train.start, data.rows)),
    )
    for name, least in (("train", MIN_TRAIN_ROWS), ("validation", MIN_VALIDATION_ROWS)):
        count = len(getattr(rows, name))
        if count < least:
            raise too_few_rows(f"split.{name}: {count} labelled rows, at least {least} are needed")
    for label, name in enumerate(CLASS_ORDER):
        if not np.any(data.labels[rows.train] == label):
            raise too_few_rows(f"split.train: no row of class {name} (label {label})")
    return rows


def _candidates(bench: Workbench) -> list[int]:
    """Columns to choose from, in the file's order; in the job's order where it names them."""
    wanted = bench.job.selection.features
    if bench.job.selection.method != "reuse":
        return list(range(len(bench.data.names)))
    unknown = sorted(set(wanted) - set(bench.data.names))
    if unknown:
        raise bad_job(f"selection.features: not in the file: {', '.join(unknown[:5])}")
    return bench.data.column_indexes(wanted)


def _check_values(data: FeatureFile, columns: list[int], rows: _Rows) -> None:
    used = np.union1d(rows.complete, rows.test)
    varies = False
    for column in columns:
        values = data.features[used, column]
        if not np.isfinite(values).all():
            row = int(used[np.flatnonzero(~np.isfinite(values))[0]])
            raise bad_file(f"features_file: {data.names[column]} is not a number in row {row}")
        varies = varies or bool(np.ptp(data.features[rows.train, column]) > 0)
    if not varies:
        raise bad_file("features_file: every feature is constant in split.train")


def _settings(bench: Workbench, columns: list[int]) -> FitSettings:
    return FitSettings(
        names=[bench.data.names[column] for column in columns],
        params=parse_catboost_params(bench.job.params),
        seed=bench.job.seed,
        class_weights=bench.job.class_weights,
    )


def _select(bench: Workbench, rows: _Rows, candidates: list[int]) -> list[int]:
    bench.progress.report("select", 0.0)
    with bench.stopwatch.stage("select"):
        labels = bench.data.labels[rows.train]
        chosen = select_columns(
            _settings(bench, candidates),
            Part(bench.data.matrix(rows.train, candidates), labels),
            bench.job.selection,
            partial(bench.progress.report, "select"),
        )
    return [candidates[position] for position in chosen]


@dataclass(frozen=True)
class _Fitting:
    """The fits of one job, over rows and columns that are settled."""

    bench: Workbench
    settings: FitSettings
    rows: _Rows
    columns: list[int]

    def judge(self) -> Fit:
        report = self._begin("fit")
        with self.bench.stopwatch.stage("fit"):
            pooled = self._load_pooled("judged")
            train = self._part(self.rows.train, pooled)
            validation = self._part(self.rows.validation, pooled)
            fit = fit_judged(self.settings, train, validation, report)
            return fit if pooled is None else add_residual(pooled, fit)

    def refit(self, tree_count: int) -> Fit:
        report = self._begin("refit")
        with self.bench.stopwatch.stage("refit"):
            pooled = self._load_pooled("served")
            rows = self._part(self.rows.complete, pooled)
            fit = fit_fixed(self.settings, rows, tree_count, report)
            return fit if pooled is None else add_residual(pooled, fit)

    def export(self, judged: Fit, refit: Fit) -> None:
        self._begin("export")
        path, width = self.bench.artifact.path, len(self.columns)
        with self.bench.stopwatch.stage("export"):
            test = self.bench.data.matrix(self.rows.test, self.columns)
            predict(judged.model, test).tofile(path("judged-test.f32"))
            predict(refit.model, test).tofile(path("refit-test.f32"))
            write_onnx(judged.model, path("judged.onnx"), width)
            write_onnx(refit.model, path("model.onnx"), width)
            refit.model.save_model(path("model.cbm"), format="cbm")

    def ranges(self) -> list[list[float]]:
        """Least and greatest value of each feature over the rows of the refit."""
        values = self.bench.data.matrix(self.rows.complete, self.columns)
        return np.stack([values.min(axis=0), values.max(axis=0)], axis=1).tolist()

    def _load_pooled(self, which: Literal["judged", "served"]) -> CatBoostClassifier | None:
        files = self.bench.job.pooled
        return None if files is None else load_pooled(getattr(files, which), self.settings.names)

    def _part(self, rows: np.ndarray, pooled: CatBoostClassifier | None) -> Part:
        features = self.bench.data.matrix(rows, self.columns)
        baseline = None if pooled is None else raw_scores(pooled, features)
        return Part(features, self.bench.data.labels[rows], baseline)

    def _begin(self, stage: str) -> OnFraction:
        self.bench.progress.report(stage, 0.0)
        return partial(self.bench.progress.report, stage)


def _describe_selection(bench: Workbench, candidates: int, kept: int) -> dict[str, Any]:
    return {
        "method": bench.job.selection.method,
        "candidates": candidates,
        "kept": kept,
        "seconds": round(bench.stopwatch.durations_ms["select"] / 1000, 3),
    }


def top_importances(refit: Fit, names: list[str]) -> list[dict[str, Any]]:
    values = importances(refit.model)
    top = np.argsort(-values, kind="stable")[:TOP_IMPORTANCES]
    return [
        {"feature": names[index], "importance": round(float(values[index]), 4)} for index in top
    ]
