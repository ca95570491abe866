"""Small layers beside the LSTM: what is kept of its steps. None of them reads padding."""

from __future__ import annotations

import keras
import tensorflow as tf


class Summary(keras.layers.Layer):
    """Maximum, mean, or both, over the real steps: [B, T, H] -> [B, H] or [B, 2H].

    Args:
        kind: "max", "mean" or "both" (the maximum first).
        name: Of the layer.
    """

    def __init__(self, kind: str, name: str | None = None):
        super().__init__(name=name)
        self.kind = kind

    def call(self, h: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        mask = tf.sequence_mask(lengths, tf.shape(h)[1])[:, :, None]  # [B, T, 1]
        parts = []
        if self.kind in ("max", "both"):
            parts.append(tf.reduce_max(tf.where(mask, h, h.dtype.min), axis=1))
        if self.kind in ("mean", "both"):
            total = tf.reduce_sum(tf.where(mask, h, 0), axis=1)
            parts.append(total / tf.cast(lengths, h.dtype)[:, None])
        return tf.concat(parts, axis=-1)


class LastStep(keras.layers.Layer):
    """The last real step of each row: [B, T, C] -> [B, C]."""

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return tf.gather(x, lengths - 1, axis=1, batch_dims=1)
