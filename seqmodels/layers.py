"""Small layers beside the LSTM: what is kept of its steps. None of them reads padding."""

from __future__ import annotations

import keras
import tensorflow as tf


class LastStep(keras.layers.Layer):
    """The last real step of each row: [B, T, C] -> [B, C]."""

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return tf.gather(x, lengths - 1, axis=1, batch_dims=1)
