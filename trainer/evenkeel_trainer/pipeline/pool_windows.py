"""Windows of many instruments over one matrix of their rows.

The rows lie one instrument after the other and are never copied for a window; no window reaches into another
instrument's rows. Each instrument's rows are in its own deviations and its returns in its own spread, both of its
training part: what a network learns of all of them is said in units that mean the same for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..engines.torch_fit import Part
from ..engines.torch_network import Scaler, scaler_of
from ..errors import bad_file
from ..feature_file import NO_LABEL, FeatureFile
from ..member_rows import Member, open_member

#: Rows that stay together where not all can be taken, in windows: the first window's rows of each are no ends.
STRETCH_WINDOWS = 7
#: Its multiples spread evenly between whole numbers: no time of the market is left out by all members.
GOLDEN_RATIO = 0.618034
USES = ("train", "validation", "complete")


@dataclass(frozen=True)
class PoolWindows:
    """Of all members by use, over one matrix in deviations."""

    train: Part
    validation: Part
    complete: Part
    #: Least and greatest value of each feature as it is in the files, over the rows that windows read.
    ranges: np.ndarray


def gather_windows(
    members: list[Member], names: list[str], window_rows: int, most_rows: int
) -> PoolWindows:
    """At most about so many rows in all: of more some stretches are taken, other ones of each member."""
    share = min(1.0, most_rows / sum(len(one.labels) for one in members))
    taken = [_take(len(one.labels), share, (place, window_rows)) for place, one in enumerate(members)]
    total = sum(int(one.sum()) for one in taken)
    features = torch.empty((total, len(names)), dtype=torch.float32)
    found: dict[str, list[tuple[Tensor, Tensor, Tensor]]] = {use: [] for use in USES}
    lows, highs, at = [], [], 0
    for member, is_taken in zip(members, taken):
        data = open_member(member, names)
        rows = _read(data, names)
        lows.append(rows.min(dim=0).values.numpy())
        highs.append(rows.max(dim=0).values.numpy())
        returns = torch.from_numpy(np.array(data.forward_returns, dtype=np.float32))
        train = _ends(member, data, "train", window_rows)
        scaler = scaler_of(rows[train], returns[train])
        places = at - 1 + np.cumsum(is_taken)
        size = int(is_taken.sum())
        features[at : at + size] = _in_deviations(rows[is_taken], scaler)
        for use in USES:
            ends = _ends(member, data, use, window_rows)
            ends = ends[_are_whole(ends, is_taken, window_rows)]
            labels = torch.from_numpy(member.labels[ends].astype(np.int64))
            scaled = returns[ends] / scaler.return_scale.float()
            found[use].append((torch.from_numpy(places[ends]), labels, scaled))
        at += size
    parts = {
        use: Part(features, *(torch.cat(values) for values in zip(*found[use]))) for use in USES
    }
    return PoolWindows(**parts, ranges=np.stack([np.min(lows, 0), np.max(highs, 0)], axis=1))


def _take(count: int, share: float, where: tuple[int, int]) -> np.ndarray:
    """Which of a member's rows are taken: stretches of them, as many as the share says."""
    place, window_rows = where
    stretch = np.arange(count) // (STRETCH_WINDOWS * window_rows)
    phase = place * GOLDEN_RATIO % 1
    return np.floor((stretch + 1) * share + phase) > np.floor(stretch * share + phase)


def _are_whole(ends: np.ndarray, is_taken: np.ndarray, window_rows: int) -> np.ndarray:
    """Whether all rows of the windows are taken."""
    before = np.concatenate([[0], np.cumsum(is_taken)])
    return before[ends + 1] - before[ends + 1 - window_rows] == window_rows


def _read(data: FeatureFile, names: list[str]) -> Tensor:
    rows = data.matrix(slice(None), data.column_indexes(tuple(names)))
    if not np.isfinite(rows).all():
        raise bad_file("members: a value is not a number")
    return torch.from_numpy(np.ascontiguousarray(rows))


def _ends(member: Member, data: FeatureFile, use: str, window_rows: int) -> np.ndarray:
    """Last rows of a member's windows. The file's labels leave out rows whose window is not complete."""
    rows: np.ndarray = getattr(member, use)
    whole = (rows >= window_rows - 1) & (data.labels[rows] != NO_LABEL)
    return rows[whole].astype(np.int64)


def _in_deviations(rows: Tensor, scaler: Scaler) -> Tensor:
    """The same arithmetic as in the network of an instrument, which has its scaler inside."""
    return (rows - scaler.offset.float()) * scaler.scale.float()
