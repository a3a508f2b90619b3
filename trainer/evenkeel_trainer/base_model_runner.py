"""Runs one job of a base model: selects features once, fits before the cut, refits on all rows."""

from __future__ import annotations

import hashlib
from typing import Any

from .artifact import Artifact
from .base_model_job import BaseModelJob
from .check import library_versions
from .errors import bad_job, too_few_rows
from .events import Progress
from .member_rows import Member, read_members
from .pipeline.base import BaseModelContext
from .pipeline.catboost_base_model import CatBoostBaseModel
from .pipeline.deep_base_model import DeepBaseModel
from .runner import MANIFEST_FORMAT
from .stopwatch import Stopwatch

MIN_TRAIN_ROWS, MIN_VALIDATION_ROWS = 300, 50


def run_base_model_job(job: BaseModelJob, versions: dict[str, str], progress: Progress) -> dict[str, Any]:
    """The fields of the `done` event; raises JobError for all that the caller can mend."""
    kind = KINDS.get(job.bot)
    if kind is None:
        raise bad_job(f"bot: {job.bot!r} has no base model")
    kind.check(job)
    with Artifact(job.output_dir) as artifact:
        stopwatch = Stopwatch()
        members = _load(job, progress, stopwatch)
        fitted = kind(BaseModelContext(job, members, artifact, progress, stopwatch)).run()
        # Not before the fit, which imports its library when it has room for it.
        known = {**versions, **library_versions(kind.libraries)}
        manifest = {**_describe(job, known, members), **fitted, "durations_ms": stopwatch.durations_ms}
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


#: By the name of the bot; others have no base model.
KINDS: dict[str, type[CatBoostBaseModel] | type[DeepBaseModel]] = {
    "catboost": CatBoostBaseModel,
    "lstm": DeepBaseModel,
    "transformer": DeepBaseModel,
}


def _describe(job: BaseModelJob, versions: dict[str, str], members: list[Member]) -> dict[str, Any]:
    hashes = "".join(member.sha256 for member in members)
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
