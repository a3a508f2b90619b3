"""The choice of columns by trees, in a process of its own.

Trees keep much of what they needed, and PyTorch needs as much again: one after the other they fit into the memory of
a trainer, on top of each other they do not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from ..errors import JobError
from ..job import Selection

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
    asked = {
        "features_file": features_file,
        "rows": rows,
        "candidates": candidates,
        "selection": vars(selection),
        **settings,
    }
    command = [sys.executable, "-m", "evenkeel_trainer.pipeline.ranking"]
    run = subprocess.run(
        command,
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        last = run.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise JobError("internal", f"the ranking of features ended with {run.returncode}: {last}")
    return [int(column) for column in json.loads(run.stdout)]


def main() -> None:
    from ..lifeline import settle_process

    settle_process()
    asked = json.load(sys.stdin)
    from ..engines.catboost_engine import FitSettings, Part
    from ..engines.catboost_params import CatBoostParams
    from ..engines.catboost_selection import select_columns
    from ..feature_file import open_feature_file

    data, candidates = open_feature_file(asked["features_file"]), asked["candidates"]
    settings = FitSettings(
        names=[data.names[column] for column in candidates],
        params=CatBoostParams(**RANKING),
        seed=asked["seed"],
        class_weights=asked["class_weights"],
    )
    selection = Selection(**asked["selection"])
    part = Part(data.matrix(asked["rows"], candidates), data.labels[asked["rows"]])
    chosen = select_columns(settings, part, selection, lambda _: None)
    print(json.dumps([candidates[position] for position in chosen]))


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
