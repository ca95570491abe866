"""Which engine runs the LSTM: the native kernel, TensorFlow's fused op, or stock Keras.

An engine reads the weights of a stock `keras.layers.LSTM` and gives its answers; it is one
function, `read`, of one module. This file alone decides which of them runs.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from seqmodels.core.errors import InputError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

VARIABLE = "SEQMODELS_LSTM"
NAMES = ("native", "fused", "keras")
WIDE = 64  # units from which stock Keras, whose products are oneDNN's, is quicker than the fused op


class States(NamedTuple):
    """Outputs of an LSTM: every step, and the state after each row's last real step.

    Attributes:
        steps: [B, T, H], aligned with the steps of the input in either direction; what lies
            past a row's end has no meaning. None when not asked for.
        h: [B, H].
        c: [B, H].
        peak: The largest value of each feature over a row's real steps, [B, H]. None when no
            summary was asked for.
        mean: The same for the mean.
    """

    steps: tf.Tensor | None
    h: tf.Tensor
    c: tf.Tensor
    peak: tf.Tensor | None = None
    mean: tf.Tensor | None = None


def read(
    layer: keras.layers.LSTM,
    x: tf.Tensor,
    lengths: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    backward: bool = False,
    steps: bool = True,
    summary: bool = False,
    training: bool = False,
    table: keras.Variable | None = None,
    engine: str | None = None,
) -> States:
    """Read right-padded rows with the weights of a stock layer.

    Args:
        layer: Built; its kernel [C, 4H], recurrent kernel [H, 4H] and bias [4H] are used.
        x: [B, T, C]; with a table, ids [B, T] of its rows.
        lengths: Real steps of each row, [B] int32, from 1 to T.
        h: Where the state starts, [B, H].
        c: Where the cell starts, [B, H].
        backward: Read each row from its own last real step to its first.
        steps: Return every step too.
        summary: Return the maximum and the mean over time too.
        training: A gradient will be wanted: keep what it needs.
        table: Embeddings [V, C], looked up here; None: x is what is read.
        engine: One of `NAMES`; None: `chosen(H)`.
    """
    import tensorflow as tf

    engine = engine or chosen(layer.units)
    if layer.dtype != "float32" or (table is None and x.dtype != "float32"):
        engine = "keras"  # the others know one type
    if engine == "native":
        from seqmodels.nn.engines import native

        return native.read(
            layer,
            x,
            lengths,
            h,
            c,
            backward=backward,
            steps=steps,
            summary=summary,
            training=training,
            table=table,
        )
    if table is not None:
        x = tf.gather(table.value, x)  # [B, T, C]
    if engine == "fused":
        from seqmodels.nn.engines import fused as module
    else:
        from seqmodels.nn.engines import stock as module
    every = steps or summary
    states = module.read(layer, x, lengths, h, c, backward=backward, steps=every, training=training)
    return _over_time(states, lengths) if summary else states


def _over_time(states: States, lengths: tf.Tensor) -> States:
    """Add the maximum and the mean over each row's real steps."""
    import tensorflow as tf

    steps: tf.Tensor = states.steps  # type: ignore[assignment]
    mask = tf.sequence_mask(lengths, tf.shape(steps)[1])[:, :, None]  # [B, T, 1]
    peak = tf.reduce_max(tf.where(mask, steps, steps.dtype.min), axis=1)
    total = tf.reduce_sum(tf.where(mask, steps, 0), axis=1)
    return states._replace(peak=peak, mean=total / tf.cast(lengths, steps.dtype)[:, None])


@cache
def chosen(units: int) -> str:
    """Return the engine for that many units: the fastest here, or what SEQMODELS_LSTM asks for.

    Raises:
        InputError: SEQMODELS_LSTM names no engine, or one that this machine lacks.
    """
    from seqmodels.nn.engines import native

    asked = os.environ.get(VARIABLE)
    if asked is not None and asked not in NAMES:
        raise InputError(f"{VARIABLE} must be one of {', '.join(NAMES)}; got {asked!r}.")
    missing = native.missing()
    if asked == "native" and missing:
        raise InputError(f"{VARIABLE}=native cannot be had: {missing}")
    if asked:
        return asked
    if _on_gpu():
        return "keras"  # which calls cuDNN there
    if missing:
        return "fused" if units < WIDE else "keras"
    return "native"


def describe(units: int) -> str:
    """Return one line for people: the engine, and why it is not a faster one."""
    from seqmodels.nn.engines import native

    name = chosen(units)
    if name == "native":
        return f"LSTM engine: native ({native.instructions()}, {native.threads()} threads)"
    if os.environ.get(VARIABLE):
        return f"LSTM engine: {name} ({VARIABLE} asks for it)"
    if _on_gpu():
        return f"LSTM engine: {name} (cuDNN on the GPU)"
    return f"LSTM engine: {name}; the native one is several times faster, but {native.missing()}"


def _on_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
