"""The base model of a deep bot: one network of many instruments, on which theirs are residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..base_model_job import BaseModelJob
from ..engines.torch_extra import check_torch
from ..engines.torch_params import parse_deep_params
from ..errors import bad_job
from ..member_rows import open_member
from .base import BaseModelContext
from .classes import CLASS_ORDER, describe_losses
from .columns import describe_selection, top_importances
from .ranking import rank_pool_apart


@dataclass(frozen=True)
class DeepBaseModel:
    libraries: ClassVar = ("torch",)

    context: BaseModelContext

    @staticmethod
    def check(job: BaseModelJob) -> None:
        check_torch()
        parse_deep_params(job.params)
        if job.max_rows is None:
            raise bad_job("max_rows: expected a number of rows, read nothing")

    def run(self) -> dict[str, Any]:
        context = self.context
        params = parse_deep_params(context.job.params)
        names = self._select()
        # Not before: the ranking's process and PyTorch together would need too much memory.
        from .pool_fitting import PoolFitting

        fitting = PoolFitting(context.job, params, context.members, names)
        report = context.progress.begin("fit")
        with context.stopwatch.stage("fit"):
            judged = fitting.judge(report)
        report = context.progress.begin("refit")
        with context.stopwatch.stage("refit"):
            refit = fitting.refit(judged.epochs, report)
        context.progress.begin("export")
        with context.stopwatch.stage("export"):
            fitting.save(judged, context.artifact.path("judged.npz"))
            fitting.save(refit, context.artifact.path("served.npz"))
        return {
            "features": names,
            "task": "classifier",
            "class_order": CLASS_ORDER,
            "window_rows": params.window_rows,
            "device": fitting.device.type,
            "epochs": judged.epochs,
            "rows": {**fitting.counts(), "test": 0},
            "metrics": describe_losses(judged, refit),
            "selection": describe_selection(context, len(context.job.candidates), len(names)),
            "feature_ranges": fitting.ranges(),
            "importance": top_importances(fitting.importances(refit), names),
        }

    def _select(self) -> list[str]:
        """Once for all members, on rows of the training part alone."""
        context, job = self.context, self.context.job
        context.progress.begin("select")
        with context.stopwatch.stage("select"):
            for member in context.members:
                open_member(member, job.candidates)
            if job.selection.method == "reuse":
                return list(job.selection.features)
            if job.selection.method == "none":
                return list(job.candidates)
            return rank_pool_apart(job)
