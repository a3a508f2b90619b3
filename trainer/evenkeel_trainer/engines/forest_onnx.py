"""A forest of scikit-learn as ONNX, written by hand: a Scaler and one TreeEnsembleRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from ..errors import bad_job
from .forest_engine import Forest

INPUT, SCALED, OUTPUT = "features", "scaled", "expected_return"
PRODUCER = "evenkeel"
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
#: What a node takes in the file, generously: its ids, mode and value, and half a leaf.
BYTES_A_NODE = 40
BYTES_A_MB = 1_000_000


def check_size(forest: Forest, max_model_mb: float) -> None:
    """Refuses a forest before its file, which takes many times as much memory to write, is begun."""
    nodes = sum(tree.tree_.node_count for tree in forest.trees.estimators_)
    size_mb = nodes * BYTES_A_NODE / BYTES_A_MB
    if size_mb > max_model_mb:
        raise bad_job(
            f"params.max_model_mb: {nodes} nodes make about {size_mb:.0f} MB, at most"
            f" {max_model_mb:g} may serve: raise min_samples_leaf or lower max_samples"
        )


def write_forest_onnx(forest: Forest, path: str) -> None:
    """Writes `features` float [N, columns] -> `expected_return` float [N, 1]."""
    scaler = forest.scaler
    columns = len(scaler.offset)
    nodes = [
        helper.make_node(
            "Scaler",
            [INPUT],
            [SCALED],
            domain="ai.onnx.ml",
            offset=scaler.offset.tolist(),
            scale=scaler.scale.tolist(),
        ),
        helper.make_node(
            "TreeEnsembleRegressor",
            [SCALED],
            [OUTPUT],
            domain="ai.onnx.ml",
            n_targets=1,
            aggregate_function="AVERAGE",
            post_transform="NONE",
            **_tree_attributes(forest),
        ),
    ]
    graph = helper.make_graph(nodes, PRODUCER, [_tensor(INPUT, columns)], [_tensor(OUTPUT, 1)])
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    model = helper.make_model(
        graph, opset_imports=opsets, producer_name=PRODUCER, ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _tree_attributes(forest: Forest) -> dict[str, Any]:
    trees = [estimator.tree_ for estimator in forest.trees.estimators_]
    counts = [tree.node_count for tree in trees]
    tree_ids = np.repeat(np.arange(len(trees)), counts)
    node_ids = np.concatenate([np.arange(count) for count in counts])
    left = np.concatenate([tree.children_left for tree in trees])
    right = np.concatenate([tree.children_right for tree in trees])
    is_leaf = left < 0
    features = np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees]))
    thresholds = _round_down(np.concatenate([tree.threshold for tree in trees]))
    values = np.concatenate([tree.value[:, 0, 0] for tree in trees])
    modes = np.where(is_leaf, "LEAF", "BRANCH_LEQ")
    return {
        "nodes_treeids": tree_ids.tolist(),
        "nodes_nodeids": node_ids.tolist(),
        "nodes_featureids": features.tolist(),
        "nodes_modes": modes.tolist(),
        "nodes_values": np.where(is_leaf, 0, thresholds).astype("<f4").tolist(),
        "nodes_truenodeids": np.where(is_leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(is_leaf, 0, right).tolist(),
        "target_treeids": tree_ids[is_leaf].tolist(),
        "target_nodeids": node_ids[is_leaf].tolist(),
        "target_ids": np.zeros(int(is_leaf.sum()), dtype=np.int64).tolist(),
        "target_weights": values[is_leaf].astype("<f4").tolist(),
    }


def _round_down(thresholds: np.ndarray) -> np.ndarray:
    """The greatest float32 at or below: a float32 lies at or below one exactly if below the other."""
    nearest = thresholds.astype("<f4")
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def _tensor(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
