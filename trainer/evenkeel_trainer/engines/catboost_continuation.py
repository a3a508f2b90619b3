"""Further trees on top of a classifier that was fitted before (CatBoost's `init_model`)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from catboost import CatBoostClassifier, CatBoostError

from ..errors import bad_file
from .catboost_engine import FitSettings, IterationReport, OnFraction, Part, predict


@dataclass(frozen=True)
class Continued:
    model: CatBoostClassifier
    parent_path: str


def load_model(path: str) -> CatBoostClassifier:
    """Raises JobError `bad_file` for what CatBoost cannot read."""
    model = CatBoostClassifier()
    try:
        return model.load_model(path)
    except CatBoostError as error:
        raise bad_file(f"parent: cannot be read: {error}") from error


def continue_fit(
    settings: FitSettings, rows: Part, parent: tuple[str, int], on_fraction: OnFraction
) -> Continued:
    """Adds trees to the model at a path; their seed differs from that of any tree before them."""
    path, iterations = parent
    before = load_model(path)
    if list(before.feature_names_) != settings.names:
        raise bad_file("parent: has other features than the job")
    seeded = replace(settings, seed=settings.seed + before.tree_count_)
    model = seeded.estimator(iterations)
    report = IterationReport(iterations, on_fraction)
    model.fit(rows.pool(settings), init_model=before, callbacks=[report])
    return Continued(model, path)


def log_loss(model: CatBoostClassifier, rows: Part) -> float:
    """In nat a row, as the probabilities are, without class weights."""
    said = predict(model, rows.features)[np.arange(len(rows.labels)), rows.labels]
    return float(-np.log(np.clip(said.astype(np.float64), 1e-15, 1)).mean())
