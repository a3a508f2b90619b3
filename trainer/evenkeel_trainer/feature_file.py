"""Reads the binary feature file by memory map.

Layout, little-endian: magic `EVKF`, uint32 version, uint32 length of the JSON header, the header,
zeros up to a multiple of 64, then the data. Section offsets count from the start of the data, whose
sha256 the header states. Sections: `features` float32 column-major, `label` int32 (-1 = none),
`forward_return` float32, `open_time` float64 in epoch milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import JobError, bad_file
from .fields import Fields

MAGIC = b"EVKF"
VERSION = 1
PREFIX = struct.Struct("<4sII")
ALIGNMENT = 64
MAX_HEADER_BYTES = 16 << 20
MAX_ROWS, MAX_COLUMNS = 50_000_000, 100_000
DTYPES = {"features": "<f4", "label": "<i4", "forward_return": "<f4", "open_time": "<f8"}
NO_LABEL = -1


@dataclass(frozen=True)
class FeatureFile:
    """Arrays are views of the mapped file. `features` is (rows, columns), contiguous by column."""

    names: tuple[str, ...]
    features: np.ndarray
    labels: np.ndarray
    forward_returns: np.ndarray
    open_times: np.ndarray
    sha256: str

    @property
    def rows(self) -> int:
        return len(self.labels)

    def column_indexes(self, names: tuple[str, ...]) -> list[int]:
        position = {name: index for index, name in enumerate(self.names)}
        return [position[name] for name in names]

    def matrix(self, rows: np.ndarray | slice, columns: list[int]) -> np.ndarray:
        """A copy of some rows and columns, contiguous by column as CatBoost reads it best."""
        by_column = self.features.T
        return np.ascontiguousarray(by_column[columns][:, rows]).T


def open_feature_file(path: str, has_shared_times: bool = False) -> FeatureFile:
    """Raises JobError `bad_file` naming what is wrong with the file.

    Open times rise from row to row; where rows of several instruments share times, they never fall.
    """
    try:
        header, data_start = _read_header(Path(path))
        mapped = np.memmap(path, mode="r", dtype=np.uint8)
    except OSError as error:
        raise bad_file(f"features_file: {error.strerror}: {path}") from error
    data = mapped[data_start:]
    shapes = _check_header(header)
    sections = _map_sections(header, data, shapes)
    if hashlib.sha256(data).hexdigest() != header["sha256"]:
        raise bad_file("features_file: sha256 of the data differs from the header's")
    opened = FeatureFile(
        names=tuple(header["columns"]),
        features=sections["features"].T,
        labels=sections["label"],
        forward_returns=sections["forward_return"],
        open_times=sections["open_time"],
        sha256=header["sha256"],
    )
    steps = np.diff(opened.open_times)
    if not np.all(steps >= 0 if has_shared_times else steps > 0):
        raise bad_file("features_file: open_time does not rise from row to row")
    return opened


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as handle:
        prefix = handle.read(PREFIX.size)
        if len(prefix) < PREFIX.size or prefix[:4] != MAGIC:
            raise bad_file("features_file: not a feature file")
        _, version, length = PREFIX.unpack(prefix)
        if version != VERSION:
            raise bad_file(f"features_file: version {version} instead of {VERSION}")
        text = handle.read(length) if length <= MAX_HEADER_BYTES else b""
    try:
        header = json.loads(text)
    except ValueError as error:
        raise bad_file(f"features_file: damaged header: {error}") from error
    if not isinstance(header, dict):
        raise bad_file("features_file: the header is not an object")
    end = PREFIX.size + length
    return header, end + -end % ALIGNMENT


def _check_header(header: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes by section; raises `bad_file` for a header that does not describe one."""
    fields = Fields(header)
    try:
        rows = fields.integer("rows", 1, MAX_ROWS)
        columns = len(fields.names("columns"))
        fields.choice("order", ("column-major",))
        fields.choice("dtype", ("float32",))
        fields.text("sha256", 64)
        fields.object("sections")
    except JobError as error:
        raise bad_file(f"features_file: header: {error}") from error
    if columns > MAX_COLUMNS:
        raise bad_file(f"features_file: header: {columns} columns, at most {MAX_COLUMNS}")
    return {name: (columns, rows) if name == "features" else (rows,) for name in DTYPES}


def _map_sections(
    header: dict[str, Any], data: np.ndarray, shapes: dict[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    sections: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        place = header["sections"].get(name)
        if not isinstance(place, dict):
            raise bad_file(f"features_file: header: no section {name}")
        offset, size = place.get("offset"), place.get("bytes")
        expected = int(np.prod(shape)) * np.dtype(DTYPES[name]).itemsize
        if type(offset) is not int or offset < 0 or offset % ALIGNMENT or size != expected:
            raise bad_file(f"features_file: section {name}: wrong offset or size in the header")
        if offset + size > len(data):
            raise bad_file(f"features_file: section {name}: the file ends before it does")
        sections[name] = data[offset : offset + size].view(DTYPES[name]).reshape(shape)
    return sections
