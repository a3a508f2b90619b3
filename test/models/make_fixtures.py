"""Trains the two small CatBoost classifiers beside this file and writes CatBoost's own answers.

Run from the project's folder with the trainer's interpreter:

    .venv/bin/python test/models/make_fixtures.py

Each `tiny-<letter>.onnx` has the served form: input `features` [N, 8] float32, one output
`probability_tensor` [N, 3] float32 in the order SELL, HOLD, BUY; CatBoost's ZipMap, which Node cannot
read, is dropped. `tiny-answers.json` holds rows and the probabilities that CatBoost itself gives them,
so that the ONNX runtime is checked against the engine that trained the model.

`tiny-window.onnx` has the form of a deep bot's model: input `features` [4, 8], a window of four rows, outputs
`probability_tensor` [1, 3] and `expected_return` [1, 1]. Of value k of the window, counted row by row from 1, the
return is k/100 times as much, and the logits of SELL, HOLD and BUY are -k, 0 and k times as much.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from catboost import CatBoostClassifier

FOLDER = Path(__file__).parent / "fixtures"
FEATURES = 8
ROWS = 4_000
WINDOW_ROWS = 4


def labelled_rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((ROWS, FEATURES)).astype(np.float32)
    score = rows[:, 0] - 0.7 * rows[:, 1] * rows[:, 2] + random.standard_normal(ROWS)
    low, high = np.quantile(score, [1 / 3, 2 / 3])
    return rows, np.where(score < low, 0, np.where(score > high, 2, 1))


def trained(seed: int) -> CatBoostClassifier:
    rows, labels = labelled_rows(seed)
    model = CatBoostClassifier(
        loss_function="MultiClass",
        iterations=12,
        depth=3,
        learning_rate=0.2,
        boosting_type="Plain",
        has_time=True,
        border_count=32,
        random_seed=seed,
        thread_count=1,
        allow_writing_files=False,
        verbose=False,
    )
    return model.fit(rows, labels)


def save_served_form(model: CatBoostClassifier, path: Path) -> None:
    model.save_model(str(path), format="onnx")
    graph_file = onnx.load(str(path))
    graph = graph_file.graph
    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        graph.node.remove(node)
    del graph.output[:]
    graph.output.append(
        onnx.helper.make_tensor_value_info(
            "probability_tensor", onnx.TensorProto.FLOAT, [None, 3]
        )
    )
    onnx.save(graph_file, str(path))


def save_window_form(path: Path) -> None:
    values = WINDOW_ROWS * FEATURES
    counts = np.arange(1, values + 1, dtype=np.float32)[:, None]
    tensors = {
        "flat": np.array([1, values], dtype=np.int64),
        "for_return": counts / 100,
        "for_classes": counts * np.array([[-1, 0, 1]], dtype=np.float32),
    }
    node, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [
            node("Reshape", ["features", "flat"], ["window"]),
            node("MatMul", ["window", "for_classes"], ["logits"]),
            node("Softmax", ["logits"], ["probability_tensor"], axis=1),
            node("MatMul", ["window", "for_return"], ["expected_return"]),
        ],
        "window",
        [value("features", kind, [WINDOW_ROWS, FEATURES])],
        [value("probability_tensor", kind, [1, 3]), value("expected_return", kind, [1, 1])],
        [onnx.numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    rows = np.random.default_rng(7).standard_normal((24, FEATURES)).astype(np.float32)
    answers: dict[str, object] = {"rows": rows.astype(float).tolist()}
    for letter, seed in (("a", 1), ("b", 2)):
        model = trained(seed)
        save_served_form(model, FOLDER / f"tiny-{letter}.onnx")
        answers[letter] = model.predict_proba(rows).tolist()
    save_window_form(FOLDER / "tiny-window.onnx")
    (FOLDER / "tiny-answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
