"""How a job fails: a code that the caller can act on, and a message that names the field."""

from __future__ import annotations

from typing import Literal

Code = Literal["bad_job", "bad_file", "too_few_rows", "memory", "internal"]


class JobError(Exception):
    """Ends the job, not the process."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


def bad_job(message: str) -> JobError:
    return JobError("bad_job", message)


def bad_file(message: str) -> JobError:
    return JobError("bad_file", message)


def too_few_rows(message: str) -> JobError:
    return JobError("too_few_rows", message)
