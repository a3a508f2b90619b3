"""What a bot is to the rest of the trainer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..artifact import Artifact
from ..base_model_job import BaseModelJob
from ..events import Progress
from ..feature_file import FeatureFile
from ..job import Job
from ..member_rows import Member
from ..stopwatch import Stopwatch


@dataclass(frozen=True)
class TrainingContext:
    """All that a bot is given: the job, its data, where to write and whom to tell."""

    job: Job
    data: FeatureFile
    artifact: Artifact
    progress: Progress
    stopwatch: Stopwatch


@dataclass(frozen=True)
class BaseModelContext:
    """The same of a base model, whose data are the rows of its members."""

    job: BaseModelJob
    members: list[Member]
    artifact: Artifact
    progress: Progress
    stopwatch: Stopwatch


class Bot(Protocol):
    #: Modules whose versions the manifest states beside Python's and numpy's.
    libraries: tuple[str, ...]
    #: Whether rows of several instruments lie in one file, so that open times may be equal.
    has_shared_times: bool

    def check(self, job: Job) -> None:
        """Refuses a job that can be seen to be wrong without its data (JobError `bad_job`)."""

    def train(self, context: TrainingContext) -> dict[str, Any]:
        """Writes its files into the artifact; returns its part of the manifest, ready for JSON."""
