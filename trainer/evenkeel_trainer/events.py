"""The answers: JSON lines on what was the process's stdout, and nothing else there."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from functools import partial
from typing import Any, Callable

from .lifeline import exit_hard

MIN_PROGRESS_SECONDS = 0.2
#: Share of the whole job that is done when a stage begins, in percent; roughly by duration.
STAGE_STARTS = {"load": 0, "select": 5, "fit": 45, "refit": 75, "export": 95}
JOB_END = 100


class Events:
    """Takes stdout for itself: from then on whatever a library prints goes to stderr."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._descriptor = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, **fields}, allow_nan=False) + "\n"
        data = line.encode()
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                exit_hard()

    def progress_of(self, job: str) -> Progress:
        return Progress(self, job)


class Progress:
    """Percent of the whole job, never falling, at most five times a second."""

    def __init__(self, events: Events, job: str) -> None:
        self._events = events
        self._job = job
        self._sent_at = 0.0
        self._stage = ""
        self._percent = 0

    def begin(self, stage: str) -> Callable[[float], None]:
        """Says that a stage begins; returns what tells how much of it is done."""
        self.report(stage, 0.0)
        return partial(self.report, stage)

    def report(self, stage: str, fraction: float) -> None:
        """Says how much (0 to 1) of a stage is done."""
        now = time.monotonic()
        if stage == self._stage and now - self._sent_at < MIN_PROGRESS_SECONDS:
            return
        start = STAGE_STARTS[stage]
        end = min((s for s in STAGE_STARTS.values() if s > start), default=JOB_END)
        percent = int(start + (end - start) * min(max(fraction, 0.0), 1.0))
        self._percent = max(self._percent, percent)
        self._stage, self._sent_at = stage, now
        self._events.send("progress", job=self._job, stage=stage, percent=self._percent)
