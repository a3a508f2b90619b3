"""The base model of `catboost`: one fit on the rows of many instruments, on which theirs are residuals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ..base_model_job import BaseModelJob
from ..engines.catboost_engine import Fit, FitSettings, fit_fixed, fit_judged, importances
from ..engines.catboost_params import CatBoostParams, parse_catboost_params
from ..engines.catboost_selection import select_columns
from ..errors import too_few_rows
from ..member_rows import gather, subsample
from .base import BaseModelContext
from .classes import CLASS_ORDER, describe_losses
from .columns import describe_selection, top_importances

MAX_L2 = 1e6


@dataclass(frozen=True)
class CatBoostBaseModel:
    libraries: ClassVar = ("catboost",)

    context: BaseModelContext

    @staticmethod
    def check(job: BaseModelJob) -> None:
        parse_catboost_params(job.params)

    def run(self) -> dict[str, Any]:
        context = self.context
        names = self._select()
        settings = self._settings(names)
        judged = self._judge(settings)
        refit, ranges = self._refit(settings, judged.tree_count)
        context.progress.begin("export")
        with context.stopwatch.stage("export"):
            judged.model.save_model(context.artifact.path("judged.cbm"), format="cbm")
            refit.model.save_model(context.artifact.path("served.cbm"), format="cbm")
        return {
            "features": names,
            "task": "classifier",
            "class_order": CLASS_ORDER,
            "tree_count": judged.tree_count,
            "l2_leaf_reg": settings.params.l2_leaf_reg,
            "rows": {
                "train": self._count("train"),
                "validation": self._count("validation"),
                "test": 0,
                "complete": self._count("complete"),
            },
            "metrics": describe_losses(judged, refit),
            "selection": describe_selection(context, len(context.job.candidates), len(names)),
            "feature_ranges": ranges,
            "importance": top_importances(importances(refit.model), names),
        }

    def _select(self) -> list[str]:
        """Once for all members, on rows of the training part alone."""
        members, job = self.context.members, self.context.job
        report = self.context.progress.begin("select")
        with self.context.stopwatch.stage("select"):
            if job.selection.method == "reuse":
                return list(job.selection.features)
            rows = subsample(members, job.selection_rows)
            part = gather(members, rows, job.candidates)
            varying = np.flatnonzero(np.ptp(part.features, axis=0) > 0)
            if len(varying) == 0:
                raise too_few_rows("candidates: every feature is constant in the training part")
            candidates = [job.candidates[column] for column in varying]
            part = replace(part, features=np.asfortranarray(part.features[:, varying]))
            settings = replace(self._settings(candidates), params=self._params())
            chosen = select_columns(settings, part, job.selection, report)
            return [candidates[position] for position in chosen]

    def _judge(self, settings: FitSettings) -> Fit:
        members = self.context.members
        report = self.context.progress.begin("fit")
        with self.context.stopwatch.stage("fit"):
            train = gather(members, [one.train for one in members], settings.names)
            validation = gather(members, [one.validation for one in members], settings.names)
            return fit_judged(settings, train, validation, report)

    def _refit(self, settings: FitSettings, trees: int) -> tuple[Fit, list[list[float]]]:
        members = self.context.members
        report = self.context.progress.begin("refit")
        with self.context.stopwatch.stage("refit"):
            rows = [one.complete for one in members]
            complete = gather(members, rows, settings.names)
            ends = [complete.features.min(axis=0), complete.features.max(axis=0)]
            fit = fit_fixed(settings, complete, trees, report)
            return fit, np.stack(ends, axis=1).tolist()

    def _settings(self, names: list[str]) -> FitSettings:
        """Rows of one instant are near copies: the pull to zero grows with how many there are."""
        params, job = self._params(), self.context.job
        l2 = min(params.l2_leaf_reg * self._rows_an_instant(), MAX_L2)
        return FitSettings(names, replace(params, l2_leaf_reg=l2), job.seed, None, job.threads)

    def _params(self) -> CatBoostParams:
        return parse_catboost_params(self.context.job.params)

    def _rows_an_instant(self) -> float:
        times = np.concatenate([one.open_times[one.train] for one in self.context.members])
        return len(times) / len(np.unique(times))

    def _count(self, part: str) -> int:
        return sum(len(getattr(member, part)) for member in self.context.members)
