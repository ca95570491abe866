"""The LSTM layer: stock Keras weights over right-padded sequences, in one or two directions.

Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8), with the
forget gate of Gers et al. 2000, as Keras computes it.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class LSTM(keras.layers.Layer):
    """Reads the real steps of each row and nothing of its padding.

    The second direction reads each row from its own last real step to its first, so that
    both directions see right-padded rows, which is what cuDNN needs.

    Args:
        units: Width of each direction.
        bidirectional: Read from both ends.
        memory: Steps that a state is to last before anything is learned: gate biases are drawn
            so that states fade over 1 to `memory` steps (Tallec and Ollivier 2018, "Can
            recurrent neural networks warp time?"). None: Keras's start, a forget bias of 1.
        steps: Return every step, [B, T, H]; else the state after the last real step, [B, H].
            H is `units`, or twice that for two directions.
        seed: Of the initial weights; same seed, same weights.
        name: Of the layer.
    """

    def __init__(
        self,
        units: int,
        *,
        bidirectional: bool = False,
        memory: int | None = None,
        steps: bool = False,
        seed: int = 0,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.steps = steps
        names = ("forward", "backward") if bidirectional else ("forward",)
        start: Any = keras.initializers.GlorotUniform
        turn: Any = keras.initializers.Orthogonal

        def bias(direction: int) -> Any:
            return "zeros" if memory is None else Fading(memory, seed + direction)

        self.directions = [
            keras.layers.LSTM(
                units,
                return_sequences=steps,
                kernel_initializer=start(seed=seed + 2 * i),
                seed=seed,  # unused without dropout, but part of the state that is compared
                unit_forget_bias=memory is None,
                bias_initializer=bias(i),
                recurrent_initializer=turn(seed=seed + 2 * i + 1),
                name=direction,
            )
            for i, direction in enumerate(names)
        ]

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Read `x` [B, T, C], whose row i has `lengths[i]` real steps, from 1 to T."""
        mask = tf.sequence_mask(lengths, tf.shape(x)[1])  # [B, T]
        forward = self.directions[0](x, mask=mask)
        if len(self.directions) == 1:
            return tf.identity(forward)  # without the mask that Keras has hung on it
        backward = self.directions[1](tf.reverse_sequence(x, lengths, seq_axis=1), mask=mask)
        if self.steps:
            backward = tf.reverse_sequence(backward, lengths, seq_axis=1)
        return tf.concat([forward, backward], axis=-1)


class Fading(keras.initializers.Initializer):
    """Gate biases [4H], in Keras's order, whose states fade over 1 to `memory` steps."""

    def __init__(self, memory: int, seed: int):
        self.memory = memory
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        spans = np.random.default_rng(self.seed).uniform(1, self.memory - 1, shape[0] // 4)
        forget = np.log(spans)
        rest = np.zeros(2 * len(forget))
        return np.concatenate([-forget, forget, rest]).astype(dtype or "float32")
