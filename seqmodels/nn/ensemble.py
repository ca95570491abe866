"""Loss of an ensemble: each member is trained on its own outputs."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def each(y: tf.Tensor, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the targets of every member, and the mean of the members' outputs.

    Args:
        y: Targets [B, ...].
        outputs: Of a network in training, [M * B, K]; without an ensemble M is 1.

    Returns:
        The targets [M * B, ...], and the mean over members [B, K].
    """
    rows: Any = tf.shape(y)[0]
    members = tf.shape(outputs)[0] // rows
    targets = tf.tile(y, [members, *[1] * (len(y.shape) - 1)])
    apart = tf.reshape(outputs, [members, rows, outputs.shape[-1]])
    return targets, tf.reduce_mean(apart, axis=0)
