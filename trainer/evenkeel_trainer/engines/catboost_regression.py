"""Fits of CatBoost's regressor: the same engine with another loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from catboost import CatBoost, CatBoostRegressor

from .catboost_engine import FitSettings


class RegressionSettings(FitSettings):
    """The loss is the root mean squared error, in the unit of the targets.

    The trees start from 0, which is what persistence expects, and not from the targets' mean: the
    drift of the last months is no forecast.
    """

    loss = "RMSE"

    def estimator(self, iterations: int, **more: Any) -> CatBoost:
        return CatBoostRegressor(
            loss_function=self.loss, boost_from_average=False, **self.common(iterations), **more
        )


def predict_values(model: CatBoost, features: np.ndarray) -> np.ndarray:
    """Float32 (rows,)."""
    return model.predict(features, thread_count=1).astype("<f4")
