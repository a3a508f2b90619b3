"""The fits of `deep-pool`: reads one JSON object, writes what each way says of each member's test part.

No fit and no choice reads a test row. The trainer's own code selects, fits and answers.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch

from evenkeel_trainer.base_model_job import BaseModelJob, Cuts
from evenkeel_trainer.engines.torch_fit import Fit, Fitting, Part, fit_judged, new_network, predict
from evenkeel_trainer.engines.torch_network import Network, scaler_of
from evenkeel_trainer.engines.torch_params import DeepParams
from evenkeel_trainer.engines.torch_residual import fit_residual_judged
from evenkeel_trainer.feature_file import NO_LABEL, open_feature_file
from evenkeel_trainer.job import Selection
from evenkeel_trainer.member_rows import read_members
from evenkeel_trainer.pipeline.pool_fitting import PoolFitting
from evenkeel_trainer.pipeline.ranking import rank_apart, rank_pool_apart

DEVICE = torch.device("cpu")
Asked = dict[str, Any]


def main() -> None:
    asked = json.load(sys.stdin)
    shared = rank_pool_apart(_pool_job(asked, asked["seeds"][0]))
    own = [_select_own(member, asked) for member in asked["members"]]
    facts = []
    for seed in asked["seeds"]:
        base, took = _fit_pool(asked, shared, seed)
        for member, names in zip(asked["members"], own):
            found = _compare(asked, member, {"seed": seed, "base": base, "names": (names, shared)})
            facts.append({**found, "pool_sec": took})
    print(json.dumps({"shared": shared, "facts": facts}))


def _pool_job(asked: Asked, seed: int) -> BaseModelJob:
    return BaseModelJob(
        uid="",
        bot=asked["bot"],
        members=tuple(member["file"] for member in asked["members"]),
        output_dir="",
        seed=seed,
        cuts=Cuts(**asked["cuts"]),
        params=asked["params"],
        selection=_selection(asked),
        candidates=tuple(asked["candidates"]),
        selection_rows=asked["selection_rows"],
        max_rows=asked["max_rows"],
        threads=1,
        describe={},
    )


def _selection(asked: Asked) -> Selection:
    return Selection("importance", asked["max_features"], 0, ())


def _select_own(member: Asked, asked: Asked) -> list[str]:
    data = open_feature_file(member["file"])
    rows = _ends(data, member["train"], asked["params"]["window_rows"]).tolist()
    columns = data.column_indexes(tuple(member["names"]))
    settings = {"seed": asked["seeds"][0], "class_weights": None}
    chosen = rank_apart(member["file"], rows, columns, _selection(asked), settings)
    return [data.names[column] for column in chosen]


def _fit_pool(asked: Asked, names: list[str], seed: int) -> tuple[Fit, float]:
    """The network and the seconds of its fit."""
    job = _pool_job(asked, seed)
    fitting = PoolFitting(job, DeepParams(**asked["params"]), read_members(job.members, job.cuts), names)
    started = time.monotonic()
    return fitting.judge(lambda _: None), time.monotonic() - started


def _compare(asked: Asked, member: Asked, what: Asked) -> Asked:
    """The member's three models; each answers its test windows once it is fitted."""
    params, seed, (own, shared) = DeepParams(**asked["params"]), what["seed"], what["names"]
    how = Fitting(params, seed, None, DEVICE)
    started = time.monotonic()
    train, validation, test = _parts(member, own, params.window_rows)
    separate = new_network(asked["bot"], len(own), how)
    separate.begin_from(train.features[train.ends], train.labels, train.returns)
    fit = fit_judged(separate, how, (train, validation), lambda _: None)
    took = time.monotonic() - started
    _answer(separate, test, member, f"separate-{seed}")

    train, validation, test = _parts(member, shared, params.window_rows)
    network = new_network(asked["bot"], len(shared), how)
    network.load_state_dict(what["base"].network.state_dict())
    network.take_scaler(scaler_of(train.features[train.ends], train.returns))
    _answer(network, test, member, f"pool-{seed}")
    residual = fit_residual_judged(network, how, (train, validation), lambda _: None)
    _answer(network, test, member, f"residual-{seed}")
    return {
        "seed": seed,
        "separate_epochs": fit.epochs,
        "separate_sec": took,
        "pool_epochs": what["base"].epochs,
        "residual_epochs": residual.epochs,
    }


def _parts(member: Asked, names: list[str], window_rows: int) -> tuple[Part, Part, Part]:
    data = open_feature_file(member["file"])
    rows = data.matrix(slice(None), data.column_indexes(tuple(names)))
    features = torch.from_numpy(np.ascontiguousarray(rows))

    def part(name: str) -> Part:
        ends = _ends(data, member[name], window_rows)
        labels = torch.from_numpy(data.labels[ends].astype(np.int64))
        returns = torch.from_numpy(data.forward_returns[ends].astype(np.float32))
        return Part(features, torch.from_numpy(ends), labels, returns)

    return part("train"), part("validation"), part("test")


def _ends(data: Any, span: list[int], window_rows: int) -> np.ndarray:
    rows = np.arange(max(span[0], window_rows - 1), span[1], dtype=np.int64)
    return rows[data.labels[rows] != NO_LABEL]


def _answer(network: Network, test: Part, member: Asked, way: str) -> None:
    predict(network, DEVICE, test).tofile(f"{member['answers']}-{way}.f32")


main()
