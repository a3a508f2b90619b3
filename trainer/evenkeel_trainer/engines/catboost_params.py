"""CatBoost parameters that a job may set, checked before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import bad_job
from ..fields import Fields

#: Those that accept `subsample`; CatBoost fails in the middle of a fit when Bayesian is given it.
SAMPLING_BOOTSTRAPS = ("Bernoulli", "MVS")
BOOTSTRAPS = (*SAMPLING_BOOTSTRAPS, "Bayesian", "No")
MAX_ITERATIONS = 20_000
#: A symmetric tree has 2**depth leaves for each class, and ONNX spells every one out.
MAX_DEPTH = 10
MAX_BORDERS = 255


@dataclass(frozen=True)
class CatBoostParams:
    iterations: int
    depth: int
    learning_rate: float
    l2_leaf_reg: float
    rsm: float
    bootstrap_type: str
    subsample: float | None
    border_count: int
    early_stopping_rounds: int

    def for_fit(self, iterations: int) -> dict[str, Any]:
        """Arguments of CatBoost's constructor, without those for early stopping."""
        arguments: dict[str, Any] = {
            "iterations": iterations,
            "depth": self.depth,
            "learning_rate": self.learning_rate,
            "l2_leaf_reg": self.l2_leaf_reg,
            "rsm": self.rsm,
            "bootstrap_type": self.bootstrap_type,
            "border_count": self.border_count,
        }
        if self.subsample is not None:
            arguments["subsample"] = self.subsample
        return arguments


def parse_catboost_params(raw: dict[str, Any]) -> CatBoostParams:
    """Every parameter is named by the job, so that the library's defaults decide nothing."""
    fields = Fields(raw, "params.")
    bootstrap = fields.choice("bootstrap_type", BOOTSTRAPS)
    params = CatBoostParams(
        iterations=fields.integer("iterations", 1, MAX_ITERATIONS),
        depth=fields.integer("depth", 1, MAX_DEPTH),
        learning_rate=fields.number("learning_rate", 0, 1),
        l2_leaf_reg=fields.number("l2_leaf_reg", 0, 1e6),
        rsm=fields.number("rsm", 0, 1),
        bootstrap_type=bootstrap,
        subsample=_parse_subsample(fields, bootstrap),
        border_count=fields.integer("border_count", 1, MAX_BORDERS),
        early_stopping_rounds=fields.integer("early_stopping_rounds", 1, MAX_ITERATIONS),
    )
    fields.refuse_rest()
    return params


def _parse_subsample(fields: Fields, bootstrap: str) -> float | None:
    if bootstrap in SAMPLING_BOOTSTRAPS:
        return fields.number("subsample", 0, 1)
    if fields.optional("subsample") is not None:
        raise bad_job(
            f"params.subsample: must be left out with bootstrap_type {bootstrap},"
            f" it belongs to {' and '.join(SAMPLING_BOOTSTRAPS)}"
        )
    return None
