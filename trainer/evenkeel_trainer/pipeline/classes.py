"""What every bot that answers with classes asks of a job and its rows, whatever library fits it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..errors import bad_file, bad_job, too_few_rows
from ..feature_file import NO_LABEL, FeatureFile
from ..job import Job

#: The classes in the order of their labels.
CLASS_ORDER = ("SELL", "HOLD", "BUY")
CLASSES = len(CLASS_ORDER)


def check_class_weights(job: Job) -> None:
    if job.class_weights is not None and len(job.class_weights) != CLASSES:
        raise bad_job(f"class_weights: expected {CLASSES} weights, read {len(job.class_weights)}")


def check_labels(data: FeatureFile) -> None:
    if np.any((data.labels < NO_LABEL) | (data.labels >= CLASSES)):
        raise bad_file(f"features_file: label: expected {NO_LABEL} to {CLASSES - 1}")


def check_all_classes(data: FeatureFile, train: np.ndarray) -> None:
    """Raises `too_few_rows` where no row of the training part has one of the classes."""
    for label, name in enumerate(CLASS_ORDER):
        if not np.any(data.labels[train] == label):
            raise too_few_rows(f"split.train: no row of class {name} (label {label})")


class Fitted(Protocol):
    """A fit of either library; log losses of the classes in nat."""

    @property
    def train_loss(self) -> float: ...

    @property
    def validation_loss(self) -> float | None: ...


def describe_losses(judged: Fitted, refit: Fitted) -> dict[str, Any]:
    return {
        "train_logloss": judged.train_loss,
        "validation_logloss": judged.validation_loss,
        "refit_logloss": refit.train_loss,
    }
