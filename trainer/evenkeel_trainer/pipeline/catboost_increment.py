"""An increment of `catboost`: a few more trees on the newest rows, on top of a model that serves.

The parent comes in two models that never mix: the one that was judged, which has seen nothing of the
test part, and the one that serves, which has. Each is continued on its own, the judged one on the rows
before the test part and the served one on all, so that what is said about the test part is said by
models that never saw it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines.catboost_continuation import Continued, continue_fit, load_model, log_loss
from ..engines.catboost_engine import FitSettings, Part, importances, predict
from ..engines.catboost_onnx import write_onnx
from ..errors import bad_job
from .base import TrainingContext
from .columns import Rows, join_ranges, top_importances, value_ranges


def continue_parent(
    context: TrainingContext, settings: FitSettings, rows: Rows, columns: list[int]
) -> dict[str, Any]:
    """`rows` are those of the bot by use; returns the bot's part of the manifest."""
    parent = context.job.parent
    if parent is None:
        raise bad_job("parent: expected an object, read nothing")
    if len(parent.ranges) != len(columns):
        raise bad_job(f"parent.ranges: expected {len(columns)} pairs, read {len(parent.ranges)}")
    known = np.concatenate([rows.train, rows.validation])
    data = context.data
    part = Part(data.matrix(known, columns), data.labels[known])
    judged = _fit(context, settings, ("fit", part, parent.judged))
    whole = Part(data.matrix(rows.complete, columns), data.labels[rows.complete])
    served = _fit(context, settings, ("refit", whole, parent.served))
    _export(context, judged, served, data.matrix(rows.test, columns))
    return {
        "features": settings.names,
        "task": "classifier",
        "class_order": ("SELL", "HOLD", "BUY"),
        "tree_count": served.model.tree_count_,
        "rows": rows.counts(),
        "metrics": {
            "train_logloss": log_loss(judged.model, part),
            "validation_logloss": None,
            "refit_logloss": log_loss(served.model, whole),
        },
        "selection": {
            "method": "reuse",
            "candidates": len(columns),
            "kept": len(columns),
            "seconds": 0.0,
        },
        "feature_ranges": join_ranges(parent, value_ranges(data, columns, rows)),
        "importance": top_importances(importances(served.model), settings.names),
    }


def _fit(context: TrainingContext, settings: FitSettings, what: tuple[str, Part, str]) -> Continued:
    stage, part, path = what
    parent = context.job.parent
    assert parent is not None
    report = context.progress.begin(stage)
    with context.stopwatch.stage(stage):
        return continue_fit(settings, part, (path, parent.iterations), report)


def _export(
    context: TrainingContext, judged: Continued, served: Continued, test: np.ndarray
) -> None:
    """The test rows by the judged increment, by the served one, and by the parent's judged model."""
    context.progress.begin("export")
    path, width = context.artifact.path, test.shape[1]
    with context.stopwatch.stage("export"):
        predict(judged.model, test).tofile(path("judged-test.f32"))
        predict(served.model, test).tofile(path("refit-test.f32"))
        predict(load_model(judged.parent_path), test).tofile(path("parent-test.f32"))
        write_onnx(judged.model, path("judged.onnx"), width)
        write_onnx(served.model, path("model.onnx"), width)
        judged.model.save_model(path("judged.cbm"), format="cbm")
        served.model.save_model(path("model.cbm"), format="cbm")
