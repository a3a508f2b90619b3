"""Choice of features, always and only on the rows that it is handed: those of the training part."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from typing import Any

import numpy as np

from ..job import Selection
from .catboost_engine import FitSettings, OnFraction, Part, fit_fixed, importances

#: Enough to rank a few hundred features. Over all candidates the histograms of deep trees would need
#: more memory than anything else in the job: with 430 features a whole process peaks at 220 MB with
#: depth 4 and 64 borders, at 540 MB with depth 6 and 128.
RANKING_ITERATIONS, RANKING_DEPTH = 150, 4
RFE_ALGORITHM = "RecursiveByPredictionValuesChange"


def select_columns(
    settings: FitSettings, train: Part, selection: Selection, on_fraction: OnFraction
) -> list[int]:
    """Positions of the chosen columns, ascending; all of them where there is nothing to choose."""
    columns = list(range(train.features.shape[1]))
    if selection.method in ("none", "reuse") or len(columns) <= selection.max_features:
        return columns
    choose = _eliminate if selection.method == "rfe" else _rank
    return sorted(choose(settings, train, selection, on_fraction))


def _rank(
    settings: FitSettings, train: Part, selection: Selection, on_fraction: OnFraction
) -> list[int]:
    ranking = _for_ranking(settings)
    fit = fit_fixed(ranking, train, ranking.params.iterations, on_fraction)
    order = np.argsort(-importances(fit.model), kind="stable")
    return [int(column) for column in order[: selection.max_features]]


def _eliminate(
    settings: FitSettings, train: Part, selection: Selection, on_fraction: OnFraction
) -> list[int]:
    ranking = _for_ranking(settings)
    # CatBoost makes folders for plots even where it may write no files, by itself in the folder of the
    # trainer: that is read-only under systemd and in a container.
    with tempfile.TemporaryDirectory(prefix="evenkeel-plots-") as plots:
        model = ranking.estimator(ranking.params.iterations, train_dir=plots)
        answer: dict[str, Any] = model.select_features(
            train.pool(settings),
            features_for_select=f"0-{train.features.shape[1] - 1}",
            num_features_to_select=selection.max_features,
            algorithm=RFE_ALGORITHM,
            steps=selection.steps,
            train_final_model=False,
            logging_level="Verbose",
            log_cout=_StepReport(selection.steps, on_fraction),
        )
    return [int(column) for column in answer["selected_features"]]


def _for_ranking(settings: FitSettings) -> FitSettings:
    params = settings.params
    bounded = replace(
        params,
        iterations=min(params.iterations, RANKING_ITERATIONS),
        depth=min(params.depth, RANKING_DEPTH),
    )
    return replace(settings, params=bounded)


class _StepReport:
    """Reads the steps out of CatBoost's log: its elimination takes no callback."""

    def __init__(self, steps: int, on_fraction: OnFraction) -> None:
        self._steps = steps
        self._on_fraction = on_fraction
        self._done = 0.0

    def write(self, text: str) -> None:
        step = re.search(r"Step #(\d+)", text)
        if step is not None:
            self._done = (int(step[1]) - 1) / self._steps
        self._on_fraction(self._done)

    def flush(self) -> None:
        return
