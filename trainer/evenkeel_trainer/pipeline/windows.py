"""Rows of a bot that answers from a window of rows: the file's rows in a row, up to the one that counts.

The file's labels already leave out rows whose window would reach across missing bars; here only the first rows of
the file are left out, before which there are not enough.
"""

from __future__ import annotations

import numpy as np

from ..errors import bad_file, too_few_rows
from ..feature_file import NO_LABEL, FeatureFile
from ..job import Job
from .columns import Rows, find_labelled_rows


def find_windows(data: FeatureFile, job: Job, window_rows: int, least: dict[str, int]) -> Rows:
    """Last rows of the windows by use, the test part's too only where they have a label.

    Raises `too_few_rows` where a part has fewer than `least` asks for.
    """
    labelled = find_labelled_rows(data, job, {})
    first = job.split.train.start + window_rows - 1
    tested = labelled.test[data.labels[labelled.test] != NO_LABEL]
    rows = Rows(
        train=labelled.train[labelled.train >= first],
        validation=labelled.validation[labelled.validation >= first],
        test=tested[tested >= first],
        complete=labelled.complete[labelled.complete >= first],
    )
    for name, needed in least.items():
        count = len(getattr(rows, name))
        if count < needed:
            raise too_few_rows(
                f"split.{name}: {count} labelled rows with the {window_rows} rows of a window,"
                f" at least {needed} are needed"
            )
    return rows


def check_window_values(data: FeatureFile, columns: list[int], first: int) -> None:
    """Every row from the training part's first on may be part of a window."""
    for column in columns:
        wrong = np.flatnonzero(~np.isfinite(data.features[first:, column]))
        if len(wrong) > 0:
            row = first + int(wrong[0])
            raise bad_file(f"features_file: {data.names[column]} is not a number in row {row}")
