"""Serves jobs one at a time until stdin ends."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from typing import Any, BinaryIO

from . import memory
from .check import read_versions
from .errors import Code, JobError
from .events import Events
from .job import parse_job, read_object
from .lifeline import exit_hard
from .base_model_job import is_base_model_job, parse_base_model_job
from .base_model_runner import run_base_model_job
from .runner import run_job

MAX_LINE_BYTES = 4 << 20
#: How a C++ library says that it could not allocate.
MEMORY_WORDS = ("bad_alloc", "bad allocation", "cannot allocate memory", "out of memory")

Answer = dict[str, Any]


def serve() -> int:
    events = Events()
    versions = read_versions()
    inbox = Inbox(sys.stdin.buffer, events)
    inbox.start()
    events.send("ready", versions=versions, rss_mb=memory.rss_mb())
    while (line := inbox.next_line()) is not None:
        answer = _answer(line, versions, events)
        inbox.finish_job()  # before the answer: the next job may follow it at once
        events.send(job=_find_uid(line), **answer)
    return 0


class Inbox:
    """Reads stdin on a thread of its own, so that its end is noticed in the middle of a fit."""

    def __init__(self, stream: BinaryIO, events: Events) -> None:
        self._stream = stream
        self._events = events
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._busy = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def next_line(self) -> bytes | None:
        return self._lines.get()

    def finish_job(self) -> None:
        self._busy.clear()

    def _read(self) -> None:
        while line := self._stream.readline(MAX_LINE_BYTES):
            if not line.endswith(b"\n"):
                break  # longer than any job, or cut off by a dying writer
            if self._busy.is_set():
                self._refuse(line)
            elif line.strip():
                self._busy.set()
                self._lines.put(line)
        if self._busy.is_set():
            exit_hard()
        self._lines.put(None)

    def _refuse(self, line: bytes) -> None:
        message = "a job is running already: a process takes one at a time"
        self._events.send("failed", job=_find_uid(line), code="bad_job", message=message)


def _answer(line: bytes, versions: dict[str, str], events: Events) -> Answer:
    memory.begin_peak()
    try:
        done = _run(line, versions, events)
    except JobError as error:
        return _failed(error.code, str(error))
    except MemoryError:
        return _failed("memory", "out of memory in Python")
    except Exception as error:
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        is_memory = any(word in text.lower() for word in MEMORY_WORDS)
        return _failed("memory" if is_memory else "internal", text)
    finally:
        memory.release()
    return {"event": "done", **done, "rss_mb": memory.rss_mb(), "peak_rss_mb": memory.peak_rss_mb()}


def _run(line: bytes, versions: dict[str, str], events: Events) -> dict[str, Any]:
    if is_base_model_job(line):
        base_model_job = parse_base_model_job(line)
        return run_base_model_job(base_model_job, versions, events.progress_of(base_model_job.uid))
    job = parse_job(line)
    return run_job(job, versions, events.progress_of(job.uid))


def _failed(code: Code, message: str) -> Answer:
    return {"event": "failed", "code": code, "message": message}


def _find_uid(line: bytes) -> str | None:
    try:
        uid = read_object(line).get("job")
    except JobError:
        return None
    return uid if isinstance(uid, str) else None
