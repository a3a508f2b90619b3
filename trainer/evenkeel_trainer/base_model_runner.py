"""Fits a base model: selects features once, fits before the cut, refits on all rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from .artifact import Artifact
from .pipeline.classes import CLASS_ORDER
from .pipeline.columns import top_importances
from .pipeline.deep_base_model import DeepBaseModel
from .engines.catboost_engine import (
    Fit,
    FitSettings,
    fit_fixed,
    fit_judged,
    importances,
)
from .engines.catboost_params import CatBoostParams, parse_catboost_params
from .engines.catboost_selection import select_columns
from .check import library_versions
from .errors import bad_job, too_few_rows
from .events import Progress
from .base_model_job import BaseModelJob
from .member_rows import Member, gather, read_members, subsample
from .runner import MANIFEST_FORMAT
from .stopwatch import Stopwatch

MIN_TRAIN_ROWS, MIN_VALIDATION_ROWS = 300, 50
MAX_L2 = 1e6


def run_base_model_job(job: BaseModelJob, versions: dict[str, str], progress: Progress) -> dict[str, Any]:
    """The fields of the `done` event; raises JobError for all that the caller can mend."""
    kind = KINDS.get(job.bot)
    if kind is None:
        raise bad_job(f"bot: {job.bot!r} has no base model")
    kind.check(job)
    with Artifact(job.output_dir) as artifact:
        stopwatch = Stopwatch()
        fitting = kind(job, _load(job, progress, stopwatch), progress, stopwatch)
        fitted = fitting.run(artifact)
        # Not before the fit, which imports its library when it has room for it.
        known = {**versions, **library_versions(kind.libraries)}
        manifest = {**_describe(job, known, fitting), **fitted, "durations_ms": stopwatch.durations_ms}
        manifest_sha256 = artifact.publish(manifest)
    return {
        "output_dir": job.output_dir,
        "manifest_sha256": manifest_sha256,
        "summary": {name: manifest[name] for name in ("metrics", "selection")},
    }


def _load(job: BaseModelJob, progress: Progress, stopwatch: Stopwatch) -> list[Member]:
    progress.report("load", 0.0)
    with stopwatch.stage("load"):
        members = read_members(job.members, job.cuts)
    for part, least in (("train", MIN_TRAIN_ROWS), ("validation", MIN_VALIDATION_ROWS)):
        count = sum(len(getattr(member, part)) for member in members)
        if count < least:
            raise too_few_rows(f"cuts: {count} rows in the {part} part, at least {least} are needed")
    return members


@dataclass(frozen=True)
class _CatBoostBaseModel:
    libraries: ClassVar = ("catboost",)

    job: BaseModelJob
    members: list[Member]
    progress: Progress
    stopwatch: Stopwatch

    @staticmethod
    def check(job: BaseModelJob) -> None:
        parse_catboost_params(job.params)

    def run(self, artifact: Artifact) -> dict[str, Any]:
        names = self._select()
        settings = self._settings(names)
        judged = self._judge(settings)
        refit, ranges = self._refit(settings, judged.tree_count)
        self.progress.begin("export")
        with self.stopwatch.stage("export"):
            judged.model.save_model(artifact.path("judged.cbm"), format="cbm")
            refit.model.save_model(artifact.path("served.cbm"), format="cbm")
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
            "feature_ranges": ranges,
            "importance": top_importances(importances(refit.model), names),
        }

    def _select(self) -> list[str]:
        """Once for all members, on rows of the training part alone."""
        report = self.progress.begin("select")
        with self.stopwatch.stage("select"):
            if self.job.selection.method == "reuse":
                return list(self.job.selection.features)
            rows = subsample(self.members, self.job.selection_rows)
            part = gather(self.members, rows, self.job.candidates)
            varying = np.flatnonzero(np.ptp(part.features, axis=0) > 0)
            if len(varying) == 0:
                raise too_few_rows("candidates: every feature is constant in the training part")
            candidates = [self.job.candidates[column] for column in varying]
            part = replace(part, features=np.asfortranarray(part.features[:, varying]))
            settings = replace(self._settings(candidates), params=self._params())
            chosen = select_columns(settings, part, self.job.selection, report)
            return [candidates[position] for position in chosen]

    def _judge(self, settings: FitSettings) -> Fit:
        report = self.progress.begin("fit")
        with self.stopwatch.stage("fit"):
            train = gather(self.members, [one.train for one in self.members], settings.names)
            validation = gather(
                self.members, [one.validation for one in self.members], settings.names
            )
            return fit_judged(settings, train, validation, report)

    def _refit(self, settings: FitSettings, trees: int) -> tuple[Fit, list[list[float]]]:
        report = self.progress.begin("refit")
        with self.stopwatch.stage("refit"):
            rows = [one.complete for one in self.members]
            complete = gather(self.members, rows, settings.names)
            ends = [complete.features.min(axis=0), complete.features.max(axis=0)]
            fit = fit_fixed(settings, complete, trees, report)
            return fit, np.stack(ends, axis=1).tolist()

    def _settings(self, names: list[str]) -> FitSettings:
        """Rows of one instant are near copies: the pull to zero grows with how many there are."""
        params = self._params()
        l2 = min(params.l2_leaf_reg * self._rows_an_instant(), MAX_L2)
        return FitSettings(names, replace(params, l2_leaf_reg=l2), self.job.seed, None, self.job.threads)

    def _params(self) -> CatBoostParams:
        return parse_catboost_params(self.job.params)

    def _rows_an_instant(self) -> float:
        times = np.concatenate([one.open_times[one.train] for one in self.members])
        return len(times) / len(np.unique(times))

    def _count(self, part: str) -> int:
        return sum(len(getattr(member, part)) for member in self.members)


#: By the name of the bot; others have no base model.
KINDS: dict[str, type[_CatBoostBaseModel] | type[DeepBaseModel]] = {
    "catboost": _CatBoostBaseModel,
    "lstm": DeepBaseModel,
    "transformer": DeepBaseModel,
}


def _describe(
    job: BaseModelJob, versions: dict[str, str], fitting: _CatBoostBaseModel | DeepBaseModel
) -> dict[str, Any]:
    hashes = "".join(member.sha256 for member in fitting.members)
    cuts = vars(job.cuts)
    return {
        "format": MANIFEST_FORMAT,
        "job": job.uid,
        "bot": job.bot,
        "seed": job.seed,
        "params": job.params,
        "cuts": cuts,
        "split": {"train": [0, 0], "validation": [0, 0], "test": [0, 0]},
        "class_weights": None,
        "data_sha256": hashlib.sha256(hashes.encode()).hexdigest(),
        "library_versions": versions,
        "model": job.describe,
    }
