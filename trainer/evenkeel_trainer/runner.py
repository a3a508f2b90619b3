"""Runs one job: check, load, let the bot train, publish."""

from __future__ import annotations

from typing import Any

from .artifact import Artifact
from .bots import get_bot
from .pipeline.base import TrainingContext
from .check import library_versions
from .errors import bad_job
from .events import Progress
from .feature_file import open_feature_file
from .job import Job
from .stopwatch import Stopwatch

MANIFEST_FORMAT = 1
SUMMARY_FIELDS = ("metrics", "selection")


def run_job(job: Job, versions: dict[str, str], progress: Progress) -> dict[str, Any]:
    """The fields of the `done` event; raises JobError for all that the caller can mend."""
    bot = get_bot(job.bot)
    bot.check(job)
    stopwatch = Stopwatch()
    with Artifact(job.output_dir) as artifact:
        progress.report("load", 0.0)
        with stopwatch.stage("load"):
            data = open_feature_file(job.features_file, bot.has_shared_times)
        if job.split.test.end > data.rows:
            raise bad_job(
                f"split.test: ends at row {job.split.test.end}, the file has {data.rows} rows"
            )
        trained = bot.train(TrainingContext(job, data, artifact, progress, stopwatch))
        manifest = {
            **_describe(job, {**versions, **library_versions(bot.libraries)}, data.sha256),
            **trained,
            "durations_ms": stopwatch.durations_ms,
        }
        manifest_sha256 = artifact.publish(manifest)
    summary = {name: trained[name] for name in SUMMARY_FIELDS}
    return {
        "output_dir": job.output_dir,
        "manifest_sha256": manifest_sha256,
        "summary": {**summary, "durations_ms": stopwatch.durations_ms},
    }


def _describe(job: Job, versions: dict[str, str], data_sha256: str) -> dict[str, Any]:
    return {
        "format": MANIFEST_FORMAT,
        "job": job.uid,
        "bot": job.bot,
        "seed": job.seed,
        "params": job.params,
        "split": job.split.as_json(),
        "class_weights": job.class_weights,
        "data_sha256": data_sha256,
        "library_versions": versions,
        "model": job.describe,
    }
