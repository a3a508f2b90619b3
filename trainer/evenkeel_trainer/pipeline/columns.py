"""What every bot does with the rows and columns of its feature file before and after its fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import bad_file, bad_job, too_few_rows
from ..feature_file import NO_LABEL, FeatureFile
from ..job import Job, Parent, RowRange
from .base import BaseModelContext, TrainingContext

TOP_IMPORTANCES = 30


@dataclass(frozen=True)
class Rows:
    """Row numbers by use; `complete` is every labelled row from the training part's first on."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    complete: np.ndarray

    def counts(self) -> dict[str, int]:
        return {name: len(part) for name, part in vars(self).items()}


def find_labelled_rows(data: FeatureFile, job: Job, least: dict[str, int]) -> Rows:
    """Raises `too_few_rows` where a part has fewer labelled rows than `least` asks for."""

    def labelled(part: RowRange) -> np.ndarray:
        return part.start + np.flatnonzero(data.labels[part.start : part.end] != NO_LABEL)

    split = job.split
    rows = Rows(
        train=labelled(split.train),
        validation=labelled(split.validation),
        test=np.arange(split.test.start, split.test.end),
        complete=labelled(RowRange(split.train.start, data.rows)),
    )
    for name, needed in least.items():
        count = len(getattr(rows, name))
        if count < needed:
            raise too_few_rows(f"split.{name}: {count} labelled rows, at least {needed} are needed")
    return rows


def check_targets(data: FeatureFile, rows: Rows) -> None:
    """What a regressor learns must be a number in every row that it learns from."""
    used = np.union1d(rows.complete, rows.validation)
    wrong = used[~np.isfinite(data.forward_returns[used])]
    if len(wrong) > 0:
        raise bad_file(f"features_file: forward_return is not a number in row {int(wrong[0])}")


def candidate_columns(context: TrainingContext) -> list[int]:
    """Columns to choose from, in the file's order; in the job's order where it names them."""
    wanted = context.job.selection.features
    if context.job.selection.method != "reuse":
        return list(range(len(context.data.names)))
    unknown = sorted(set(wanted) - set(context.data.names))
    if unknown:
        raise bad_job(f"selection.features: not in the file: {', '.join(unknown[:5])}")
    return context.data.column_indexes(wanted)


def check_values(data: FeatureFile, columns: list[int], rows: Rows) -> None:
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


def value_ranges(data: FeatureFile, columns: list[int], rows: Rows) -> list[list[float]]:
    """Least and greatest value of each feature over the rows of the refit."""
    values = data.matrix(rows.complete, columns)
    return np.stack([values.min(axis=0), values.max(axis=0)], axis=1).tolist()


def join_ranges(parent: Parent, own: list[list[float]]) -> list[list[float]]:
    """What the rows of a parent and those of its increment ranged over together."""
    known, new = np.asarray(parent.ranges, dtype=np.float64), np.asarray(own)
    lowest, highest = np.minimum(known[:, 0], new[:, 0]), np.maximum(known[:, 1], new[:, 1])
    return np.stack([lowest, highest], axis=1).tolist()


def describe_selection(
    context: TrainingContext | BaseModelContext, candidates: int, kept: int
) -> dict[str, Any]:
    return {
        "method": context.job.selection.method,
        "candidates": candidates,
        "kept": kept,
        "seconds": round(context.stopwatch.durations_ms.get("select", 0.0) / 1000, 3),
    }


def top_importances(values: np.ndarray, names: list[str]) -> list[dict[str, Any]]:
    top = np.argsort(-values, kind="stable")[:TOP_IMPORTANCES]
    return [
        {"feature": names[index], "importance": round(float(values[index]), 4)} for index in top
    ]
