"""Which engine runs the LSTM: the native kernel, TensorFlow's fused op, or stock Keras.

An engine reads the weights of a stock `keras.layers.LSTM` and gives its answers; it is one
function, `read`, of one module. This file alone decides which of them runs.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from seqmodels.errors import InputError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

VARIABLE = "SEQMODELS_LSTM"
NAMES = ("native", "fused", "keras")


class States(NamedTuple):
    """What an LSTM leaves: every step, and the state after each row's last real step.

    Attributes:
        steps: [B, T, H], aligned with the steps of the input in either direction; what lies
            past a row's end has no meaning. None when not asked for.
        h: [B, H].
        c: [B, H].
    """

    steps: tf.Tensor | None
    h: tf.Tensor
    c: tf.Tensor


def read(
    layer: keras.layers.LSTM,
    x: tf.Tensor,
    lengths: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    backward: bool = False,
    steps: bool = True,
    training: bool = False,
    engine: str | None = None,
) -> States:
    """Read right-padded rows with the weights of a stock layer.

    Args:
        layer: Built; its kernel [C, 4H], recurrent kernel [H, 4H] and bias [4H] are used.
        x: [B, T, C].
        lengths: Real steps of each row, [B] int32, from 1 to T.
        h: Where the state starts, [B, H].
        c: Where the cell starts, [B, H].
        backward: Read each row from its own last real step to its first.
        steps: Return every step too.
        training: A gradient will be wanted: keep what it needs.
        engine: One of `NAMES`; None: `chosen()`.
    """
    engine = engine or chosen()
    if x.dtype != "float32":
        engine = "keras"  # the others know one type
    if engine == "native":
        from seqmodels.engines import native as module
    elif engine == "fused":
        from seqmodels.engines import fused as module
    else:
        from seqmodels.engines import stock as module
    return module.read(layer, x, lengths, h, c, backward=backward, steps=steps, training=training)


@cache
def chosen() -> str:
    """Return the engine of this process: the fastest there is, or what SEQMODELS_LSTM asks for.

    Raises:
        InputError: SEQMODELS_LSTM names no engine, or one that this machine lacks.
    """
    import tensorflow as tf

    from seqmodels.engines import native

    asked = os.environ.get(VARIABLE)
    if asked is not None and asked not in NAMES:
        raise InputError(f"{VARIABLE} must be one of {', '.join(NAMES)}; got {asked!r}.")
    missing = native.missing()
    if asked == "native" and missing:
        raise InputError(f"{VARIABLE}=native cannot be had: {missing}")
    if asked:
        return asked
    if tf.config.list_physical_devices("GPU"):
        return "keras"  # which calls cuDNN there
    return "fused" if missing else "native"


def says() -> str:
    """Return one line for people: the engine, and why it is not a faster one."""
    from seqmodels.engines import native

    name = chosen()
    if name == "native":
        return f"LSTM engine: native ({native.instructions()}, {native.threads()} threads)"
    asked = f" ({VARIABLE} asks for it)" if os.environ.get(VARIABLE) else ""
    missing = native.missing()
    if name == "fused" and missing and not asked:
        return f"LSTM engine: fused; the native one is several times faster, but {missing}"
    return f"LSTM engine: {name}{asked}"
