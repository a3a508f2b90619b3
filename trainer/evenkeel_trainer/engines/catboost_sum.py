"""A residual on the raw scores of a base model, and the sum of the two as one classifier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from catboost import CatBoostClassifier, CatBoostError, sum_models, to_classifier

from ..errors import bad_file
from .catboost_engine import CLASSES, Fit


def load_base_model(path: str, names: list[str]) -> CatBoostClassifier:
    """Raises JobError `bad_file` where the file is no base model of just these features."""
    model = CatBoostClassifier()
    try:
        model.load_model(path, format="cbm")
    except CatBoostError as error:
        raise bad_file(f"base_model: cannot be read: {path}: {error}") from error
    if list(model.feature_names_) != names or list(model.classes_) != list(range(CLASSES)):
        raise bad_file(f"base_model: another order of features or classes: {path}")
    return model


def raw_scores(model: CatBoostClassifier, features: np.ndarray) -> np.ndarray:
    """What a residual begins from: float64 (rows, CLASSES)."""
    return model.predict(features, prediction_type="RawFormulaVal", thread_count=1)


def add_residual(base_model: CatBoostClassifier, residual: Fit) -> Fit:
    """The same fit with the sum for its model; its trees are counted without the base model's."""
    return replace(residual, model=to_classifier(sum_models([base_model, residual.model])))
