"""What the deep bots share: all but their encoder.

Judged and refitted: one network learns from the training part, stops early on the validation part and is judged
on the test part by the caller; then its features, parameters, scaler and number of epochs are frozen and a second
one learns from all labelled rows, which is the one to serve. An increment continues both of a parent's networks,
each on its own, as `catboost_increment` does.
"""

from __future__ import annotations

from typing import Any

from ..engines.torch_extra import check_torch
from ..engines.torch_params import DeepParams, parse_deep_params
from ..errors import bad_job
from ..job import Job
from .base import TrainingContext
from .classes import (
    CLASS_ORDER,
    check_all_classes,
    check_class_weights,
    check_labels,
    describe_losses,
)
from .columns import (
    Rows,
    candidate_columns,
    check_targets,
    check_values,
    describe_selection,
    join_ranges,
    top_importances,
    value_ranges,
)
from .ranking import rank_apart
from .windows import check_window_values, find_windows

#: Least windows for a fit at all; the caller has stricter limits.
LEAST_ROWS = {"train": 30, "validation": 5}


class DeepBot:
    libraries = ("torch",)
    has_shared_times = False

    def check(self, job: Job) -> None:
        check_torch()
        if parse_deep_params(job.params).device == "cuda":
            from ..engines.torch_fit import find_device

            find_device("cuda")
        check_class_weights(job)

    def train(self, context: TrainingContext) -> dict[str, Any]:
        params = parse_deep_params(context.job.params)
        rows = _find_rows(context, params)
        candidates = candidate_columns(context)
        check_window_values(context.data, candidates, context.job.split.train.start)
        check_values(context.data, candidates, rows)
        columns = _select(context, rows, candidates)
        _check_parent(context.job, columns)
        # Not before: nothing else in the process needs it.
        from .deep_fitting import DeepFitting

        fitting = DeepFitting(context, params, rows, columns)
        judged, refit = fitting.fit()
        fitting.export(judged, refit)
        names = [context.data.names[column] for column in columns]
        return {
            "features": names,
            "task": "classifier",
            "class_order": CLASS_ORDER,
            "window_rows": params.window_rows,
            "device": fitting.device.type,
            "epochs": judged.epochs,
            "rows": rows.counts(),
            "metrics": describe_losses(judged, refit),
            "selection": describe_selection(context, len(candidates), len(columns)),
            "feature_ranges": _ranges(context, columns, rows),
            "importance": top_importances(fitting.importances(refit), names),
        }


def _find_rows(context: TrainingContext, params: DeepParams) -> Rows:
    data = context.data
    check_labels(data)
    rows = find_windows(data, context.job, params.window_rows, LEAST_ROWS)
    check_targets(data, rows)
    check_all_classes(data, rows.train)
    return rows


def _select(context: TrainingContext, rows: Rows, candidates: list[int]) -> list[int]:
    """Trees rank the candidates: a network that reads 48 rows of hundreds of features learns their noise."""
    job = context.job
    context.progress.begin("select")
    with context.stopwatch.stage("select"):
        limited = job.selection.method in ("rfe", "importance")
        if not limited or len(candidates) <= job.selection.max_features:
            return candidates
        settings = {"seed": job.seed, "class_weights": job.class_weights}
        return rank_apart(
            job.features_file, rows.train.tolist(), candidates, job.selection, settings
        )


def _check_parent(job: Job, columns: list[int]) -> None:
    if job.parent is not None and len(job.parent.ranges) != len(columns):
        expected = f"expected {len(columns)} pairs, read {len(job.parent.ranges)}"
        raise bad_job(f"parent.ranges: {expected}")


def _ranges(context: TrainingContext, columns: list[int], rows: Rows) -> list[list[float]]:
    parent = context.job.parent
    own = value_ranges(context.data, columns, rows)
    return own if parent is None else join_ranges(parent, own)
