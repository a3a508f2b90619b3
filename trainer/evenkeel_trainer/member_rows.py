"""Rows of many feature files as one matrix.

A file is mapped only while its rows are copied: what is mapped counts as the process's own memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .engines.catboost_engine import Part
from .errors import bad_file
from .feature_file import FeatureFile, open_feature_file
from .base_model_job import Cuts

SELL, HOLD, BUY = 0, 1, 2


@dataclass(frozen=True)
class Member:
    path: str
    sha256: str
    #: Of every row of the file, by the member's own terciles.
    labels: np.ndarray
    #: Row numbers by use.
    train: np.ndarray
    validation: np.ndarray
    complete: np.ndarray
    open_times: np.ndarray


def read_members(paths: tuple[str, ...], cuts: Cuts) -> list[Member]:
    return [_read_member(path, cuts) for path in paths]


def _read_member(path: str, cuts: Cuts) -> Member:
    data = open_feature_file(path)
    times, returns = np.array(data.open_times), np.array(data.forward_returns)
    labelled = np.isfinite(returns)
    train = np.flatnonzero(labelled & (times <= cuts.train_to))
    within = (times >= cuts.validation_from) & (times <= cuts.validation_to)
    return Member(
        path=path,
        sha256=data.sha256,
        labels=_label(returns, train),
        train=train,
        validation=np.flatnonzero(labelled & within),
        complete=np.flatnonzero(labelled),
        open_times=times,
    )


def _label(returns: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Classes by the terciles of the rows before the base model's cut, and of no later ones."""
    labels = np.full(len(returns), HOLD, dtype=np.int32)
    if len(train) == 0:
        return labels
    sell, buy = np.quantile(returns[train].astype(np.float64), [1 / 3, 2 / 3])
    labels[(returns < 0) & (returns <= min(sell, 0))] = SELL
    labels[(returns > 0) & (returns >= max(buy, 0))] = BUY
    return labels


def gather(
    members: list[Member], rows: list[np.ndarray], names: tuple[str, ...] | list[str]
) -> Part:
    """Rows of each member, one after the other, in the order of the names."""
    total = sum(len(part) for part in rows)
    features = np.empty((total, len(names)), dtype=np.float32, order="F")
    labels = np.empty(total, dtype=np.int32)
    at = 0
    for member, part in zip(members, rows):
        end = at + len(part)
        data = open_member(member, names)
        features[at:end] = data.matrix(part, data.column_indexes(tuple(names)))
        labels[at:end] = member.labels[part]
        at = end
    if not np.isfinite(features).all():
        raise bad_file("members: a value is not a number")
    return Part(features, labels)


def open_member(member: Member, names: tuple[str, ...] | list[str]) -> FeatureFile:
    """Raises JobError `bad_file` where the file has changed or lacks one of the columns."""
    data = open_feature_file(member.path)
    if data.sha256 != member.sha256:
        raise bad_file(f"members: changed while it was read: {member.path}")
    missing = sorted(set(names) - set(data.names))
    if missing:
        raise bad_file(f"members: {member.path} has no column {missing[0]}")
    return data


def subsample(members: list[Member], limit: int) -> list[np.ndarray]:
    """Every n-th training row, another one of each member, so that no time of the market is left out."""
    total = sum(len(member.train) for member in members)
    stride = max(1, -(-total // limit))
    return [member.train[place % stride :: stride] for place, member in enumerate(members)]
