"""The native kernel: one sequence in each SIMD lane, the lanes of a group of like lengths.

The kernel is the C++ of `seqmodels/nn/engines/kernel/`, compiled when the package is installed on
a machine that has a compiler. It speaks TensorFlow's stable C interface.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from seqmodels.core.errors import InputError
from seqmodels.core.machine import cores
from seqmodels.nn.engines import States

BITS = 512  # widest vectors to use; fewer where the processor has fewer


def missing() -> str | None:
    """Return why the kernel cannot be had here; None when it can."""
    if _path() is None:
        return "it was not built when seqmodels was installed: that takes a C++ compiler."
    try:
        ops()
    except (tf.errors.OpError, AttributeError, OSError) as error:
        return f"it does not suit this TensorFlow: {str(error).splitlines()[0]}"
    return None


def instructions() -> str:
    """Return the instruction set that the kernel uses here: "avx512", "avx2" or "plain"."""
    library = ctypes.CDLL(str(_path()))
    library.seqmodels_instructions.restype = ctypes.c_char_p
    return library.seqmodels_instructions(BITS).decode()


def threads() -> int:
    """Return how many threads a pass may use: the cores of this process, or TensorFlow's limit."""
    return tf.config.threading.get_intra_op_parallelism_threads() or cores()


def read(
    layer: keras.layers.LSTM,
    x: tf.Tensor,
    lengths: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    backward: bool,
    steps: bool,
    summary: bool,
    training: bool,
    table: tf.Variable | None = None,
) -> States:
    """As `engines.read`. What lies past a row's end is never touched, NaN included.

    With a table, each distinct id of the batch goes through the kernel [C, 4H] once, however
    often it is read.
    """
    cell = layer.cell
    size = layer.units
    settings = {
        "backward": backward,
        "steps": steps,
        "summary": summary,
        "threads": threads(),
        "bits": BITS,
    }
    known = ops()

    @tf.custom_gradient
    def run(*inputs: tf.Tensor) -> Any:
        *whole, kept, words = known.seqmodels_lstm(*inputs, keep=training, **settings)

        def gradient(*above: tf.Tensor) -> Any:
            remembered = kept
            if not training:  # a gradient that was not announced: read once more
                *_, remembered, _ = known.seqmodels_lstm(*inputs, keep=True, **settings)
            dx, dkernel, drecurrent, dbias, dh, dc, rows = known.seqmodels_lstm_gradient(
                *inputs[:6], remembered, *above, words, keep=True, **settings
            )
            if table is not None:
                dx = tf.IndexedSlices(dx, rows, tf.shape(inputs[0]))
            return dx, None, dkernel, drecurrent, dbias, None, dh, dc

        return tuple(whole), gradient

    weights = map(tf.convert_to_tensor, (cell.kernel, cell.recurrent_kernel, cell.bias))
    if table is None:
        start, ids = x, tf.zeros([0, 0], tf.int32)
    else:
        start, ids = tf.convert_to_tensor(table), x
    every, h, c, peak, mean = run(start, lengths, *weights, ids, h, c)  # type: ignore[misc]
    every.set_shape([x.shape[0], x.shape[1] if steps else 0, size])
    for state in (h, c):
        state.set_shape([x.shape[0], size])
    if not summary:
        return States(every if steps else None, h, c)
    for state in (peak, mean):
        state.set_shape([x.shape[0], size])
    return States(every if steps else None, h, c, peak, mean)


def used(graph: tf.Graph) -> bool:
    """Return whether the kernel reads in this graph."""
    return any(operation.type == "SeqmodelsLstm" for operation in graph.get_operations())


@cache
def ops() -> Any:
    """Return the kernel's TensorFlow ops; there must be none `missing`."""
    found = tf.load_op_library(str(_path()))
    if not hasattr(found, "seqmodels_lstm"):
        raise AttributeError("its C interface was not found.")
    return found


@cache
def _path() -> Path | None:
    """Return where the compiled kernel lies."""
    found = sorted(Path(__file__).parent.glob("_kernel*.so"))
    return found[0] if found else None


@tf.RegisterGradient("SeqmodelsLstmGradient")
def _second(op: Any, *_: Any) -> Any:
    raise InputError(
        "The native LSTM has no second derivative. Set SEQMODELS_LSTM=keras, which has."
    )
