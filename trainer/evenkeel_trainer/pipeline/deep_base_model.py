"""The base model of a deep bot: one network of many instruments, on which theirs are residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..artifact import Artifact
from ..base_model_job import BaseModelJob
from ..engines.torch_extra import check_torch
from ..engines.torch_params import parse_deep_params
from ..errors import bad_job
from ..events import Progress
from ..member_rows import Member, open_member
from ..stopwatch import Stopwatch
from .classes import CLASS_ORDER
from .columns import top_importances
from .ranking import rank_pool_apart


@dataclass(frozen=True)
class DeepBaseModel:
    libraries: ClassVar = ("torch",)

    job: BaseModelJob
    members: list[Member]
    progress: Progress
    stopwatch: Stopwatch

    @staticmethod
    def check(job: BaseModelJob) -> None:
        check_torch()
        parse_deep_params(job.params)
        if job.max_rows is None:
            raise bad_job("max_rows: expected a number of rows, read nothing")

    def run(self, artifact: Artifact) -> dict[str, Any]:
        params = parse_deep_params(self.job.params)
        names = self._select()
        # Not before: the ranking's process and PyTorch together would need too much memory.
        from .pool_fitting import PoolFitting

        fitting = PoolFitting(self.job, params, self.members, names)
        report = self.progress.begin("fit")
        with self.stopwatch.stage("fit"):
            judged = fitting.judge(report)
        report = self.progress.begin("refit")
        with self.stopwatch.stage("refit"):
            refit = fitting.refit(judged.epochs, report)
        self.progress.begin("export")
        with self.stopwatch.stage("export"):
            fitting.save(judged, artifact.path("judged.npz"))
            fitting.save(refit, artifact.path("served.npz"))
        return {
            "features": names,
            "task": "classifier",
            "class_order": CLASS_ORDER,
            "window_rows": params.window_rows,
            "device": fitting.device.type,
            "epochs": judged.epochs,
            "rows": {**fitting.counts(), "test": 0},
            "metrics": {
                "train_logloss": judged.train_loss,
                "validation_logloss": judged.validation_loss,
                "refit_logloss": refit.train_loss,
            },
            "selection": {
                "method": self.job.selection.method,
                "candidates": len(self.job.candidates),
                "kept": len(names),
                "seconds": round(self.stopwatch.durations_ms["select"] / 1000, 3),
            },
            "feature_ranges": fitting.ranges(),
            "importance": top_importances(fitting.importances(refit), names),
        }

    def _select(self) -> list[str]:
        """Once for all members, on rows of the training part alone."""
        self.progress.begin("select")
        with self.stopwatch.stage("select"):
            for member in self.members:
                open_member(member, self.job.candidates)
            if self.job.selection.method == "reuse":
                return list(self.job.selection.features)
            if self.job.selection.method == "none":
                return list(self.job.candidates)
            return rank_pool_apart(self.job)
