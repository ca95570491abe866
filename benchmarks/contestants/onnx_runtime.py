"""ONNX Runtime with the LSTM operator, on a graph that is built here from our weights."""

from importlib import import_module
from typing import Any

import numpy as np

from contestants import Job, Ready
from contestants.material import Reviews

onnx: Any = import_module("onnx")  # optional, both: the type checker need not find them
runtime: Any = import_module("onnxruntime")
BATCH = 256
OPSET, IR = 17, 8  # what every version that the benchmark admits can read


def predict(job: Job) -> Ready:
    """Answer all reviews in batches of like length."""
    reviews = Reviews.load(job["folder"])
    session = _session(reviews.weights)

    def run() -> np.ndarray:
        answers = np.empty(len(reviews.probabilities))
        for rows in reviews.batches(BATCH):
            answers[rows] = _answers(session, *reviews.steps.padded(rows))
        return answers

    return Ready(run, {"largest_difference": reviews.difference(run())})


def latency(job: Job) -> Ready:
    """Answer one short review."""
    reviews = Reviews.load(job["folder"])
    session = _session(reviews.weights)
    x = reviews.short(job["length"])
    lengths = np.array([job["length"]])
    return Ready(lambda: _answers(session, x, lengths))


def _answers(session: Any, x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the probabilities [B] for ids [B, T]."""
    fed = {"ids": np.ascontiguousarray(x.T), "lengths": lengths.astype(np.int32)}
    return session.run(None, fed)[0][:, 0]


def _session(weights: list[np.ndarray]) -> Any:
    embedding, kernel, recurrent, bias, out, out_bias = weights
    units = len(recurrent)
    values = {
        "embedding": embedding,
        "kernel": _gates(kernel.T)[None],  # [1, 4H, C]
        "recurrent": _gates(recurrent.T)[None],
        "bias": np.concatenate([_gates(bias), np.zeros_like(bias)])[None],  # [1, 8H]
        "out": out,
        "out_bias": out_bias,
        "direction": np.array([0]),
    }
    node, tensor = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    read = ["x", "kernel", "recurrent", "bias", "lengths"]
    nodes = [
        node("Gather", ["embedding", "ids"], ["x"]),  # [T, B, C]
        node("LSTM", read, ["", "last"], hidden_size=units),  # [1, B, H]
        node("Squeeze", ["last", "direction"], ["h"]),
        node("MatMul", ["h", "out"], ["product"]),
        node("Add", ["product", "out_bias"], ["logits"]),
        node("Sigmoid", ["logits"], ["probabilities"]),
    ]
    kinds = onnx.TensorProto
    ids = tensor("ids", kinds.INT32, ["T", "B"])
    lengths = tensor("lengths", kinds.INT32, ["B"])
    graph = onnx.helper.make_graph(
        nodes,
        "tutorial",
        [ids, lengths],
        [tensor("probabilities", kinds.FLOAT, ["B", 1])],
        [onnx.numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=IR)
    onnx.checker.check_model(model)
    provider = ["CPUExecutionProvider"]
    return runtime.InferenceSession(model.SerializeToString(), providers=provider)


def _gates(array: np.ndarray) -> np.ndarray:
    """Return Keras's gates i, f, g, o [4H, ...] in the order of ONNX: i, o, f, g."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])
