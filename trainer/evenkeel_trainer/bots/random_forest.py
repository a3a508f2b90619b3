"""`random_forest`: the log return over seven days, one model over many instruments.

Rows of all instruments lie in the order of time, so that the job's split is one cut in time over all of
them. A forest needs no part to stop by: one is judged on the test part, then a second one with the
same bounds learns from all rows and serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engines.forest_engine import Forest, fit_forest, parse_forest_params
from ..engines.forest_onnx import check_size, write_forest_onnx
from ..errors import bad_job
from ..job import Job
from ..pipeline.base import TrainingContext
from ..pipeline.columns import (
    Rows,
    check_targets,
    check_values,
    describe_selection,
    find_labelled_rows,
    top_importances,
    value_ranges,
)

LEAST_ROWS = {"train": 30}
#: The training loss is for comparing, so that some of the rows are enough.
LOSS_ROWS = 20_000


class RandomForestBot:
    libraries = ("sklearn",)
    has_shared_times = True

    def check(self, job: Job) -> None:
        parse_forest_params(job.params)
        if job.class_weights is not None:
            raise bad_job("class_weights: must be null, a regressor has no classes")
        if job.selection.method != "none":
            raise bad_job("selection.method: must be none, a forest takes all features")

    def train(self, context: TrainingContext) -> dict[str, Any]:
        rows = find_labelled_rows(context.data, context.job, LEAST_ROWS)
        check_targets(context.data, rows)
        columns = list(range(len(context.data.names)))
        check_values(context.data, columns, rows)
        fitting = _Fitting(context, rows, columns)
        judged, train_rmse = fitting.fit("fit", rows.train)
        fitting.export(judged, "judged.onnx", "judged-test.f32")
        refit, refit_rmse = fitting.fit("refit", rows.complete)
        fitting.export(refit, "model.onnx", "refit-test.f32")
        names = list(context.data.names)
        return {
            "features": names,
            "task": "regressor",
            "tree_count": len(refit.trees.estimators_),
            "rows": rows.counts(),
            "metrics": {
                "train_rmse": train_rmse,
                "validation_rmse": None,
                "refit_rmse": refit_rmse,
            },
            "selection": describe_selection(context, len(columns), len(columns)),
            "feature_ranges": value_ranges(context.data, columns, rows),
            "importance": top_importances(100 * refit.trees.feature_importances_, names),
        }


@dataclass(frozen=True)
class _Fitting:
    context: TrainingContext
    rows: Rows
    columns: list[int]

    def fit(self, stage: str, rows: np.ndarray) -> tuple[Forest, float]:
        """The forest, and its root mean squared error on some of the rows that it learnt from."""
        job, data = self.context.job, self.context.data
        report = self.context.progress.begin(stage)
        with self.context.stopwatch.stage(stage):
            features, targets = data.matrix(rows, self.columns), data.forward_returns[rows]
            forest = fit_forest(parse_forest_params(job.params), job.seed, (features, targets), report)
        some = slice(None, None, max(1, len(rows) // LOSS_ROWS))
        errors = forest.predict(features[some]) - targets[some]
        return forest, float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))

    def export(self, forest: Forest, onnx_name: str, answers_name: str) -> None:
        self.context.progress.begin("export")
        path = self.context.artifact.path
        with self.context.stopwatch.stage(f"export {onnx_name}"):
            check_size(forest, parse_forest_params(self.context.job.params).max_model_mb)
            test = self.context.data.matrix(self.rows.test, self.columns)
            forest.predict(test).tofile(path(answers_name))
            write_forest_onnx(forest, path(onnx_name))


BOT = RandomForestBot()
