"""Fits of CatBoost in the order of time, reproducible by seed, whatever the number of threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from catboost import CatBoost, CatBoostClassifier, Pool

from .catboost_params import CatBoostParams

#: Called with the share (0 to 1) of the iterations that are done.
OnFraction = Callable[[float], None]
CLASSES = 3
LOSS = "MultiClass"


@dataclass(frozen=True)
class Part:
    """Rows to fit or to stop on: features float32 (rows, columns), labels 0 to CLASSES - 1 or targets."""

    features: np.ndarray
    labels: np.ndarray
    #: Raw scores to begin from, float64 (rows, CLASSES); from zero where there are none.
    baseline: np.ndarray | None = None

    def pool(self, settings: FitSettings) -> Pool:
        return Pool(
            self.features,
            self.labels,
            feature_names=settings.names,
            baseline=self.baseline,
            thread_count=settings.threads,
        )


@dataclass(frozen=True)
class FitSettings:
    """Of a classifier; `RegressionSettings` are those of a regressor."""

    names: list[str]
    params: CatBoostParams
    seed: int
    class_weights: tuple[float, ...] | None
    #: Of the processor.
    threads: int = 1

    loss = LOSS

    def estimator(self, iterations: int, **more: Any) -> CatBoost:
        if self.class_weights is not None:
            more["class_weights"] = list(self.class_weights)
        return CatBoostClassifier(
            loss_function=self.loss,
            class_names=list(range(CLASSES)),
            **self.common(iterations),
            **more,
        )

    def common(self, iterations: int) -> dict[str, Any]:
        """Arguments that every fit of ours has."""
        return {
            "boosting_type": "Plain",
            "has_time": True,
            "nan_mode": "Forbidden",
            "random_seed": self.seed,
            "thread_count": self.threads,
            "allow_writing_files": False,
            "logging_level": "Silent",
            **self.params.for_fit(iterations),
        }


@dataclass(frozen=True)
class Fit:
    model: CatBoost
    tree_count: int
    #: Of the settings' kind at the last kept tree, weighted by the class weights where there are any.
    train_loss: float
    validation_loss: float | None


def fit_judged(
    settings: FitSettings, train: Part, validation: Part, on_fraction: OnFraction
) -> Fit:
    """Stops early on the validation rows and keeps the trees up to the best of them, at least one."""
    params = settings.params
    model = settings.estimator(
        params.iterations,
        early_stopping_rounds=params.early_stopping_rounds,
        use_best_model=True,
    )
    model.fit(
        train.pool(settings),
        eval_set=validation.pool(settings),
        callbacks=[IterationReport(params.iterations, on_fraction)],
    )
    last = max(model.get_best_iteration() or 0, 0)
    losses = model.get_evals_result()
    return Fit(
        model=model,
        tree_count=last + 1,
        train_loss=losses["learn"][settings.loss][last],
        validation_loss=losses["validation"][settings.loss][last],
    )


def fit_fixed(settings: FitSettings, rows: Part, iterations: int, on_fraction: OnFraction) -> Fit:
    """Fits a given number of trees on all the rows handed in."""
    model = settings.estimator(iterations)
    report = IterationReport(iterations, on_fraction)
    model.fit(rows.pool(settings), callbacks=[report])
    loss = model.get_evals_result()["learn"][settings.loss][-1]
    return Fit(model, model.tree_count_, train_loss=loss, validation_loss=None)


def predict(model: CatBoostClassifier, features: np.ndarray) -> np.ndarray:
    """Probabilities, float32 (rows, CLASSES), columns in the order of the labels."""
    if list(model.classes_) != list(range(CLASSES)):
        raise RuntimeError(f"CatBoost ordered the classes {list(model.classes_)}")
    return model.predict_proba(features, thread_count=1).astype("<f4")


def importances(model: CatBoost) -> np.ndarray:
    """PredictionValuesChange of each feature; the sum is 100."""
    return np.asarray(model.get_feature_importance(type="PredictionValuesChange"))


class IterationReport:
    """CatBoost's callback: it calls `after_iteration` and goes on while the answer is true."""

    def __init__(self, iterations: int, on_fraction: OnFraction) -> None:
        self._iterations = iterations
        self._on_fraction = on_fraction

    def after_iteration(self, info: Any) -> bool:
        self._on_fraction(info.iteration / self._iterations)
        return True
