"""How bots of CatBoost choose their columns."""

from __future__ import annotations

from ..engines.catboost_engine import FitSettings, Part
from ..engines.catboost_selection import select_columns
from .base import TrainingContext


def choose_columns(
    context: TrainingContext, settings: FitSettings, train: Part, candidates: list[int]
) -> list[int]:
    """Of the candidates, which are the columns of `train`, those that the job's selection keeps."""
    report = context.progress.begin("select")
    with context.stopwatch.stage("select"):
        chosen = select_columns(settings, train, context.job.selection, report)
    return [candidates[position] for position in chosen]
