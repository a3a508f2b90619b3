"""A bounded random forest on standardised features, reproducible by seed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from ..fields import Fields

#: Called with the share (0 to 1) of the trees that are grown.
OnFraction = Callable[[float], None]
MAX_TREES = 1_000
#: Grown at once; between them progress is told.
TREES_A_STEP = 10
#: Trees are grown on threads that share the rows: a second one costs a few megabytes.
MAX_THREADS = 2


@dataclass(frozen=True)
class ForestParams:
    trees: int
    max_features: float
    min_samples_leaf: int
    max_samples: float
    max_model_mb: float


def parse_forest_params(raw: dict[str, Any]) -> ForestParams:
    """Every bound is named by the job: an unbounded forest takes minutes and 180 MB."""
    fields = Fields(raw, "params.")
    params = ForestParams(
        trees=fields.integer("trees", 1, MAX_TREES),
        max_features=fields.number("max_features", 0, 1),
        min_samples_leaf=fields.integer("min_samples_leaf", 1, 1_000_000),
        max_samples=fields.number("max_samples", 0, 1),
        max_model_mb=fields.number("max_model_mb", 0, 10_000),
    )
    fields.refuse_rest()
    return params


@dataclass(frozen=True)
class Scaler:
    """(x - offset) * scale in float32, step by step as ONNX's Scaler does it, so that both agree."""

    offset: np.ndarray
    scale: np.ndarray

    def apply(self, features: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((features - self.offset) * self.scale)


def fit_scaler(features: np.ndarray) -> Scaler:
    """Mean 0 and deviation 1; a feature that never changes is left as wide as it is."""
    deviation = features.std(axis=0, dtype=np.float64)
    scale = 1 / np.where(deviation > 0, deviation, 1)
    offset = features.mean(axis=0, dtype=np.float64)
    return Scaler(offset.astype("<f4"), scale.astype("<f4"))


@dataclass(frozen=True)
class Forest:
    scaler: Scaler
    trees: RandomForestRegressor

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Float32 (rows,)."""
        return self.trees.predict(self.scaler.apply(features)).astype("<f4")


def fit_forest(
    params: ForestParams,
    seed: int,
    rows: tuple[np.ndarray, np.ndarray],
    on_fraction: OnFraction,
) -> Forest:
    """Features float32 (rows, columns) and targets (rows,)."""
    features, targets = rows
    scaler = fit_scaler(features)
    trees = RandomForestRegressor(
        n_estimators=0,
        max_features=params.max_features,
        min_samples_leaf=params.min_samples_leaf,
        max_samples=params.max_samples,
        random_state=seed % 2**32,
        n_jobs=min(MAX_THREADS, os.cpu_count() or 1),
        warm_start=True,
    )
    scaled = scaler.apply(features)
    while trees.n_estimators < params.trees:
        trees.set_params(n_estimators=min(trees.n_estimators + TREES_A_STEP, params.trees))
        trees.fit(scaled, targets)
        on_fraction(trees.n_estimators / params.trees)
    trees.set_params(n_jobs=1)
    return Forest(scaler, trees)
