"""How bots of CatBoost choose their columns."""

from __future__ import annotations

from ..engines.catboost_engine import FitSettings, Part
from ..engines.catboost_selection import select_columns
from .base import Workbench


def choose_columns(
    bench: Workbench, settings: FitSettings, train: Part, candidates: list[int]
) -> list[int]:
    """Of the candidates, which are the columns of `train`, those that the job's selection keeps."""
    report = bench.progress.begin("select")
    with bench.stopwatch.stage("select"):
        chosen = select_columns(settings, train, bench.job.selection, report)
    return [candidates[position] for position in chosen]
