"""The job line of a base model: one model of many instruments, on which theirs are residuals."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .errors import bad_job
from .fields import Fields
from .job import MAX_SEED, MAX_UID_LENGTH, Selection, absolute_path, parse_selection, read_object

KIND = "base_model"
MAX_MEMBERS = 10_000
MAX_TIME = 2**53 - 1
MAX_THREADS = 64


@dataclass(frozen=True)
class Cuts:
    """Open times in epoch milliseconds, both ends included; the same for every member."""

    train_to: int
    validation_from: int
    validation_to: int


@dataclass(frozen=True)
class BaseModelJob:
    uid: str
    bot: str
    #: A feature file for each member.
    members: tuple[str, ...]
    output_dir: str
    seed: int
    cuts: Cuts
    params: dict[str, Any]
    selection: Selection
    #: Columns to choose from: every member has them.
    candidates: tuple[str, ...]
    #: Most rows of the training part that the selection looks at.
    selection_rows: int
    #: Most rows that windows are read from; a bot of single rows gets files of no more.
    max_rows: int | None
    #: Of the processor, for the fits: they come out the same.
    threads: int
    describe: dict[str, Any]


def is_base_model_job(line: bytes) -> bool:
    return read_object(line).get("kind") == KIND


def parse_base_model_job(line: bytes) -> BaseModelJob:
    """Raises JobError `bad_job`, its message beginning with the name of the field."""
    fields = Fields(read_object(line))
    fields.ignore("kind")
    selection = parse_selection(fields.object("selection"))
    job = BaseModelJob(
        uid=fields.text("job", MAX_UID_LENGTH),
        bot=fields.text("bot", MAX_UID_LENGTH),
        members=_parse_members(fields),
        output_dir=absolute_path(fields, "output_dir"),
        seed=fields.integer("seed", 0, MAX_SEED),
        cuts=_parse_cuts(fields.object("cuts")),
        params=fields.object("params").rest(),
        selection=selection,
        candidates=fields.names("candidates"),
        selection_rows=fields.integer("selection_rows", 1, MAX_TIME),
        max_rows=fields.integer("max_rows", 1, MAX_TIME) if fields.has("max_rows") else None,
        threads=fields.integer("threads", 1, MAX_THREADS),
        describe=fields.object("describe").rest(),
    )
    fields.refuse_rest()
    return job


def _parse_members(fields: Fields) -> tuple[str, ...]:
    paths = fields.names("members")
    if len(paths) > MAX_MEMBERS:
        raise bad_job(f"members: {len(paths)} files, at most {MAX_MEMBERS}")
    for path in paths:
        if not os.path.isabs(path) or path != os.path.normpath(path):
            raise bad_job(f"members: expected absolute, normal paths, read {path!r}")
    return paths


def _parse_cuts(fields: Fields) -> Cuts:
    cuts = Cuts(
        train_to=fields.integer("train_to", 0, MAX_TIME),
        validation_from=fields.integer("validation_from", 0, MAX_TIME),
        validation_to=fields.integer("validation_to", 0, MAX_TIME),
    )
    fields.refuse_rest()
    if not cuts.train_to < cuts.validation_from <= cuts.validation_to:
        raise bad_job(f"cuts: expected rising times, read {cuts}")
    return cuts
