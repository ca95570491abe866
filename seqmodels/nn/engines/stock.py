"""Stock Keras: cuDNN on a GPU, a loop of small ops on a CPU. Every type, every derivative."""

from __future__ import annotations

import keras
import tensorflow as tf

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
    """As `engines.read`. The layer must return its state; `training` changes nothing here."""
    if backward:
        x = tf.reverse_sequence(x, lengths, seq_axis=1)
    mask = tf.sequence_mask(lengths, tf.shape(x)[1])  # [B, T]
    x = tf.where(mask[:, :, None], x, 0)  # Keras multiplies padding by zero, and NaN * 0 is NaN
    found, h, c = layer(x, mask=mask, initial_state=[h, c])  # type: ignore[misc]
    if not steps:
        return States(None, h, c)
    if backward:
        found = tf.reverse_sequence(found, lengths, seq_axis=1)
    return States(tf.identity(found), h, c)  # without the mask that Keras has hung on it
