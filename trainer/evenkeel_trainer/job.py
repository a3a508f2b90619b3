"""The job line: what it must hold, and a named refusal of everything else."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Literal

from .errors import bad_job
from .fields import Fields

SelectionMethod = Literal["rfe", "importance", "reuse", "none"]
SELECTION_METHODS: tuple[SelectionMethod, ...] = ("rfe", "importance", "reuse", "none")
#: Recursive elimination in fewer steps drops features by a single look at them.
MIN_RFE_STEPS = 3
MAX_UID_LENGTH = 128
MAX_SEED = 2**53 - 1
MAX_WEIGHT = 1e6
#: Trees that one increment may add, or epochs that it may learn for.
MAX_INCREMENT = 10_000


@dataclass(frozen=True)
class RowRange:
    """Rows from `start` up to but not including `end`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Split:
    """Parts in the order of time; what lies between them was purged and belongs to none."""

    train: RowRange
    validation: RowRange
    test: RowRange

    def as_json(self) -> dict[str, list[int]]:
        return {name: [part.start, part.end] for name, part in vars(self).items()}


@dataclass(frozen=True)
class Selection:
    method: SelectionMethod
    max_features: int
    steps: int
    features: tuple[str, ...]


@dataclass(frozen=True)
class Parent:
    """The model that an increment continues: both its models, and what its features ranged over."""

    served: str
    judged: str
    iterations: int
    ranges: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class BaseModelFiles:
    """A base model's two files: fitted before its cut, and refitted on all rows."""

    judged: str
    served: str


@dataclass(frozen=True)
class Job:
    uid: str
    bot: str
    features_file: str
    output_dir: str
    seed: int
    split: Split
    #: Checked by the bot, which alone knows its parameters.
    params: dict[str, Any]
    selection: Selection
    class_weights: tuple[float, ...] | None
    parent: Parent | None
    #: Copied into the manifest as it is.
    describe: dict[str, Any]
    #: What the model is a residual of; None for a plain model.
    base_model: BaseModelFiles | None


def read_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise bad_job(f"the job line is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise bad_job("the job line is not a JSON object")
    return value


def parse_job(line: bytes) -> Job:
    """Raises JobError `bad_job`, its message beginning with the name of the field."""
    fields = Fields(read_object(line))
    job = Job(
        uid=fields.text("job", MAX_UID_LENGTH),
        bot=fields.text("bot", MAX_UID_LENGTH),
        features_file=absolute_path(fields, "features_file"),
        output_dir=absolute_path(fields, "output_dir"),
        seed=fields.integer("seed", 0, MAX_SEED),
        split=_parse_split(fields.object("split")),
        params=fields.object("params").rest(),
        selection=parse_selection(fields.object("selection")),
        class_weights=_parse_weights(fields.optional("class_weights")),
        parent=_parse_parent(fields),
        describe=fields.object("describe").rest(),
        base_model=_parse_base_model(fields.optional("base_model")),
    )
    fields.refuse_rest()
    return job


def _parse_base_model(value: Any) -> BaseModelFiles | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_job(f"base_model: expected null or an object, read {value!r}")
    fields = Fields(value, "base_model.")
    files = BaseModelFiles(absolute_path(fields, "judged"), absolute_path(fields, "served"))
    fields.refuse_rest()
    return files


def absolute_path(fields: Fields, name: str) -> str:
    path = fields.text(name, 4096)
    if not os.path.isabs(path) or path != os.path.normpath(path):
        raise bad_job(f"{name}: expected an absolute, normal path, read {path!r}")
    return path


def _parse_split(fields: Fields) -> Split:
    parts: dict[str, RowRange] = {}
    previous = RowRange(0, 0)
    for name in ("train", "validation", "test"):
        part = RowRange(*fields.integer_pair(name))
        # Not every bot stops early: a part for it may be empty, and who needs one refuses that.
        least = 0 if name == "validation" else 1
        if not previous.end <= part.start <= part.end - least:
            raise bad_job(
                f"split.{name}: expected rows after row {previous.end} and at least {least},"
                f" read [{part.start}, {part.end}]"
            )
        parts[name] = previous = part
    fields.refuse_rest()
    return Split(**parts)


def parse_selection(fields: Fields) -> Selection:
    method = fields.choice("method", SELECTION_METHODS)
    limited = method in ("rfe", "importance")
    selection = Selection(
        method=method,
        max_features=fields.integer("max_features", 1, 100_000) if limited else 0,
        steps=fields.integer("steps", MIN_RFE_STEPS, 100) if method == "rfe" else 0,
        features=fields.names("features") if method == "reuse" else (),
    )
    fields.ignore("max_features", "steps", "features")  # belong to another method
    fields.refuse_rest()
    return selection


def _parse_parent(fields: Fields) -> Parent | None:
    if not fields.has("parent"):
        return None
    inner = fields.object("parent")
    ranges = inner.optional("ranges")
    if not isinstance(ranges, list) or not all(map(_is_range, ranges)):
        raise bad_job("parent.ranges: expected pairs of numbers")
    parent = Parent(
        served=absolute_path(inner, "served"),
        judged=absolute_path(inner, "judged"),
        iterations=inner.integer("iterations", 1, MAX_INCREMENT),
        ranges=tuple((float(low), float(high)) for low, high in ranges),
    )
    inner.refuse_rest()
    return parent


def _is_range(value: Any) -> bool:
    is_pair = isinstance(value, list) and len(value) == 2
    return is_pair and all(type(item) in (int, float) for item in value) and value[0] <= value[1]


def _parse_weights(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(map(_is_weight, value)):
        raise bad_job(f"class_weights: expected null or a list of positive numbers, read {value!r}")
    return tuple(float(weight) for weight in value)


def _is_weight(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= MAX_WEIGHT
