"""The bare work of training: CatBoost's fits and refits of given matrices, and nothing around them.

Reads one JSON line from stdin, a list of {file, features, split, params, seed, iterations}; writes the
seconds that all fits, and all refits, took. Run in the trainer's folder by the trainer's interpreter.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from evenkeel_trainer.engines.catboost_engine import FitSettings, Part, fit_fixed, fit_judged
from evenkeel_trainer.engines.catboost_params import parse_catboost_params
from evenkeel_trainer.feature_file import open_feature_file


def main() -> None:
    seconds = {"fit": 0.0, "refit": 0.0}
    for work in json.loads(sys.stdin.readline()):
        data = open_feature_file(work["file"])
        columns = data.column_indexes(tuple(work["features"]))

        def part(start: int, end: int) -> Part:
            rows = np.arange(start, end)
            return Part(data.matrix(rows, columns), data.labels[rows])

        settings = FitSettings(
            names=work["features"],
            params=parse_catboost_params(work["params"]),
            seed=work["seed"],
            class_weights=None,
        )
        train, validation = part(*work["split"]["train"]), part(*work["split"]["validation"])
        complete = part(0, data.rows)
        started = time.perf_counter()
        fit = fit_judged(settings, train, validation, lambda _: None)
        seconds["fit"] += time.perf_counter() - started
        started = time.perf_counter()
        fit_fixed(settings, complete, fit.tree_count, lambda _: None)
        seconds["refit"] += time.perf_counter() - started
    print(json.dumps(seconds))


main()
