"""TensorFlow's fused op `BlockLSTMV2`, with the gradient that belongs to it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seqmodels.core.errors import InputError
from seqmodels.core.machine import cores
from seqmodels.nn.engines import States


def read(
    layer: keras.layers.LSTM,
    x: tf.Tensor,
    lengths: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    backward: bool,
    steps: bool,
    training: bool,
) -> States:
    """As `engines.read`; only float32. `training` changes nothing here.

    A traced function runs the parts of a batch side by side, one for each core. Steps past a
    row's end are zeros, and NaN in the padding reaches neither answers nor gradients.

    Raises:
        ValueError: While tracing, for a shape that cannot be right.
        tf.errors.InvalidArgumentError: For a shape or a length that is not.
    """
    cell: Any = layer.cell
    rows = _checked(cell, x, lengths, h, c)
    weights = tf.concat([cell.kernel, cell.recurrent_kernel], axis=0)  # [C + H, 4H]
    bias = tf.convert_to_tensor(cell.bias)
    count = cores()
    sizes = tf.stack([(tf.shape(rows[0])[0] + i) // count for i in range(count)])
    parts = zip(*(tf.split(tensor, sizes) for tensor in rows), strict=True)
    settings = {"weights": weights, "bias": bias, "backward": backward, "steps": steps}
    found = [_read(*part, **settings) for part in parts]
    every, h, c = (tf.concat(part, axis=0) for part in zip(*found, strict=True))
    return States(every if steps else None, h, c)


def _checked(cell: Any, *rows: tf.Tensor) -> list[tf.Tensor]:
    """Return (x, lengths, h, c) once their shapes are known to fit: the op itself would abort.

    That they have as many rows is for `tf.split` to check.
    """
    state = [None, cell.units]
    shapes = [[None, None, cell.kernel.shape[0]], [None], state, state]
    x, lengths, h, c = map(tf.ensure_shape, rows, shapes)
    message = "An LSTM needs lengths from 1 to the steps of x."
    longest = tf.shape(x, lengths.dtype)[1]
    checks = [
        tf.debugging.assert_positive(lengths, message),
        tf.debugging.assert_less_equal(lengths, longest, message),
    ]
    with tf.control_dependencies([check for check in checks if check is not None]):
        return [x, tf.identity(lengths), h, c]


def _read(
    x: tf.Tensor,
    lengths: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    weights: tf.Tensor,
    bias: tf.Tensor,
    backward: bool,
    steps: bool,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Read some rows: the steps [B, T, H], and the final h and c [B, H]; h for no steps."""
    mask = tf.sequence_mask(lengths, tf.shape(x)[1])[:, :, None]  # [B, T, 1]
    x = tf.where(mask, x, 0)  # a gradient of 0 times NaN would be NaN
    if backward:
        x = tf.reverse_sequence(x, lengths, seq_axis=1)
    every: Any
    every, cells = _block(tf.transpose(x, [1, 0, 2]), h, c, weights, bias)  # [T, B, H]
    last = tf.stack([lengths - 1, tf.range(tf.size(lengths), dtype=lengths.dtype)], axis=1)
    h, c = tf.gather_nd(every, last), tf.gather_nd(cells, last)  # [B, H]
    if not steps:
        return h, h, c
    every = tf.where(mask, tf.transpose(every, [1, 0, 2]), 0)  # [B, T, H]
    return tf.reverse_sequence(every, lengths, seq_axis=1) if backward else every, h, c


@tf.custom_gradient
def _block(
    x: tf.Tensor, h: tf.Tensor, c: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], Any]:
    """Return h and c of every step, [T, B, H], for x [T, B, C].

    The gradient that TensorFlow registers for this op is of another order of gates; see
    docs/raw-tensorflow.md.
    """
    none = tf.zeros_like(bias[: h.shape[1]])
    given = {
        "seq_len_max": tf.shape(x, tf.int64)[0],
        "x": x,
        "cs_prev": c,
        "h_prev": h,
        "w": weights,
        "wci": none,
        "wcf": none,
        "wco": none,
        "b": bias,
    }
    found = tf.raw_ops.BlockLSTMV2(**given, cell_clip=0.0, use_peephole=False)
    given |= found._asdict()

    def gradient(dh: tf.Tensor, dc: tf.Tensor) -> Any:
        return _gradient(list(given), *given.values(), dc, dh)

    return (found.h, found.cs), gradient


def _gradient(names: list[str], *tensors: tf.Tensor) -> Any:
    """Return the gradients of x, h, c, weights and bias."""

    @tf.custom_gradient
    def once(*tensors: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Any]:
        named = dict(zip([*names, "cs_grad", "h_grad"], tensors, strict=True))
        found = tf.raw_ops.BlockLSTMGradV2(**named, use_peephole=False)
        some = tf.size(named["cs_prev"]) > 0  # without rows the op leaves these two unset
        weights, bias = tf.where(some, found.w_grad, 0), tf.where(some, found.b_grad, 0)
        return (found.x_grad, found.h_prev_grad, found.cs_prev_grad, weights, bias), _refuse

    return once(*tensors)


def _refuse(*_: tf.Tensor) -> Any:
    raise InputError(
        "The LSTM's engine 'fused' has no second derivative. Set SEQMODELS_LSTM=keras, which has."
    )
