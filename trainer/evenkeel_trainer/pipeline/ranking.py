"""The choice of columns by trees, in a process of its own.

Trees keep much of what they needed, and PyTorch needs as much again: one after the other they fit into the memory of
a trainer, on top of each other they do not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ..base_model_job import BaseModelJob
from ..errors import JobError
from ..job import Selection

if TYPE_CHECKING:
    from ..engines.catboost_engine import Part

#: A ranking takes seconds. The caller kills the whole group long before.
TIMEOUT_SECONDS = 3_600


def rank_apart(
    features_file: str,
    rows: list[int],
    candidates: list[int],
    selection: Selection,
    settings: dict[str, Any],
) -> list[int]:
    """Of the candidates those that the selection keeps; `settings` are seed and class weights."""
    asked = {"features_file": features_file, "rows": rows, "candidates": candidates}
    chosen = _ask({**asked, "selection": vars(selection), **settings})
    return [candidates[position] for position in chosen]


def rank_pool_apart(job: BaseModelJob) -> list[str]:
    """The same of the columns of many files, by rows of all of them before the cut."""
    asked = {"members": job.members, "cuts": vars(job.cuts), "limit": job.selection_rows}
    settings = {"seed": job.seed, "class_weights": None}
    candidates = list(job.candidates)
    chosen = _ask({**asked, "candidates": candidates, "selection": vars(job.selection), **settings})
    return [candidates[position] for position in chosen]


def _ask(asked: dict[str, Any]) -> list[int]:
    """Positions of the chosen candidates."""
    run = subprocess.run(
        [sys.executable, "-m", "evenkeel_trainer.pipeline.ranking"],
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        last = run.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise JobError("internal", f"the ranking of features ended with {run.returncode}: {last}")
    return [int(position) for position in json.loads(run.stdout)]


def main() -> None:
    from ..lifeline import settle_process

    settle_process()
    asked = json.load(sys.stdin)
    from ..check import import_catboost

    import_catboost()
    from ..engines.catboost_engine import FitSettings
    from ..engines.catboost_params import CatBoostParams
    from ..engines.catboost_selection import select_columns

    names, part = _read_pool(asked) if "members" in asked else _read_file(asked)
    settings = FitSettings(
        names=names,
        params=CatBoostParams(**RANKING),
        seed=asked["seed"],
        class_weights=asked["class_weights"],
    )
    print(json.dumps(select_columns(settings, part, Selection(**asked["selection"]), lambda _: None)))


def _read_file(asked: dict[str, Any]) -> tuple[list[str], Part]:
    from ..engines.catboost_engine import Part
    from ..feature_file import open_feature_file

    data, columns = open_feature_file(asked["features_file"]), asked["candidates"]
    part = Part(data.matrix(asked["rows"], columns), data.labels[asked["rows"]])
    return [data.names[column] for column in columns], part


def _read_pool(asked: dict[str, Any]) -> tuple[list[str], Part]:
    from ..base_model_job import Cuts
    from ..member_rows import gather, read_members, subsample

    members = read_members(asked["members"], Cuts(**asked["cuts"]))
    names = asked["candidates"]
    return names, gather(members, subsample(members, asked["limit"]), names)


#: Enough to rank a few hundred features.
RANKING: dict[str, Any] = {
    "iterations": 150,
    "depth": 4,
    "learning_rate": 0.03,
    "l2_leaf_reg": 10,
    "rsm": 0.3,
    "bootstrap_type": "Bernoulli",
    "subsample": 0.7,
    "border_count": 64,
    "early_stopping_rounds": 50,
}

if __name__ == "__main__":
    main()
