"""CatBoost's ONNX in a form that every runtime reads: one tensor in, one tensor of floats out."""

from __future__ import annotations

import onnx
from catboost import CatBoost, CatBoostClassifier
from onnx import TensorProto, helper

INPUT, OUTPUT = "features", "probability_tensor"
#: Of regressors: one value a row.
VALUE_OUTPUT = "expected_return"
DOMAIN = "evenkeel"


def write_onnx(model: CatBoostClassifier, path: str, column_count: int) -> None:
    """Writes `features` float [N, columns] -> `probability_tensor` float [N, classes].

    CatBoost ends the graph in ZipMap, a sequence of maps that onnxruntime-node cannot return; the
    tensor before it holds the same probabilities. Raises RuntimeError when the graph is not of the
    known form or orders its classes otherwise than 0, 1, 2.
    """
    classes = [int(name) for name in model.classes_]
    model.save_model(path, format="onnx", export_parameters={"onnx_domain": DOMAIN})
    exported = onnx.load(path)
    graph = exported.graph
    trees = [node for node in graph.node if node.op_type == "TreeEnsembleClassifier"]
    if len(trees) != 1 or {n.op_type for n in graph.node} - {"TreeEnsembleClassifier", "ZipMap"}:
        raise RuntimeError(f"CatBoost's graph has nodes {[node.op_type for node in graph.node]}")
    _check_classes(trees[0], classes)
    _check_wiring(trees[0], [value.name for value in graph.input])
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.append(trees[0])
    graph.input.append(_tensor(INPUT, column_count))
    graph.output.append(_tensor(OUTPUT, len(classes)))
    _save(exported, path)


def write_regressor_onnx(model: CatBoost, path: str, column_count: int) -> None:
    """Writes `features` float [N, columns] -> `expected_return` float [N, 1].

    Raises RuntimeError when the graph is not of the known form.
    """
    model.save_model(path, format="onnx", export_parameters={"onnx_domain": DOMAIN})
    exported = onnx.load(path)
    graph = exported.graph
    if [node.op_type for node in graph.node] != ["TreeEnsembleRegressor"]:
        raise RuntimeError(f"CatBoost's graph has nodes {[node.op_type for node in graph.node]}")
    trees = graph.node[0]
    if list(trees.input) != [INPUT] or len(trees.output) != 1:
        raise RuntimeError(f"CatBoost's graph reads {list(trees.input)}")
    trees.output[0] = VALUE_OUTPUT
    del graph.input[:], graph.output[:]
    graph.input.append(_tensor(INPUT, column_count))
    graph.output.append(_tensor(VALUE_OUTPUT, 1))
    _save(exported, path)


def _save(exported: onnx.ModelProto, path: str) -> None:
    # CatBoost notes the time, a random id and its whole log: the same fit must give the same bytes.
    del exported.metadata_props[:]
    exported.producer_name = DOMAIN
    onnx.checker.check_model(exported)
    onnx.save(exported, path)


def _check_classes(trees: onnx.NodeProto, classes: list[int]) -> None:
    for attribute in trees.attribute:
        if attribute.name == "classlabels_int64s":
            if list(attribute.ints) == classes == list(range(len(classes))):
                return
            raise RuntimeError(f"the ONNX graph orders its classes {list(attribute.ints)}")
    raise RuntimeError("the ONNX graph states no class order")


def _check_wiring(trees: onnx.NodeProto, inputs: list[str]) -> None:
    if list(trees.input) != [INPUT] or inputs != [INPUT] or trees.output[1] != OUTPUT:
        raise RuntimeError(f"CatBoost's graph reads {inputs} and writes {list(trees.output)}")


def _tensor(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
