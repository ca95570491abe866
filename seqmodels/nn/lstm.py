"""The LSTM layer: stock Keras weights over right-padded sequences, in one or two directions.

Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8), with the
forget gate of Gers et al. 2000, as Keras computes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from seqmodels.nn import engines

Summary = Literal["last", "max", "mean", "both"]


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
        summary: What of the steps is returned: the "last" state, the "max" or the "mean" over
            time of each feature, or "both" maximum and mean, [B, H] or [B, 2H]; None: every
            step, [B, T, H]. H is `units`, or twice that for two directions.
        dropout: Share of the input's features dropped in training, the same at every step.
        table: A built layer of embeddings [V, C], which ids are looked up in; None: it reads
            numbers.
        seed: Of the initial weights; same seed, same weights.
        engine: Which one reads, of `engines.NAMES`; None: the fastest there is. Same weights,
            same answers.
        name: Of the layer.
    """

    def __init__(
        self,
        units: int,
        *,
        bidirectional: bool = False,
        memory: int | None = None,
        summary: Summary | None = "last",
        dropout: float = 0,
        table: keras.layers.Embedding | None = None,
        seed: int = 0,
        engine: str | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.summary = summary
        self.table = table
        self.drop = keras.layers.SpatialDropout1D(dropout, seed=seed) if dropout else None
        self.engine = engine or engines.chosen(units)
        names = ("forward", "backward") if bidirectional else ("forward",)
        start: Any = keras.initializers.GlorotUniform
        turn: Any = keras.initializers.Orthogonal

        def bias(direction: int) -> Any:
            return "zeros" if memory is None else Fading(memory, seed + direction)

        self.directions = [
            keras.layers.LSTM(
                units,
                return_sequences=summary != "last",
                return_state=True,
                kernel_initializer=start(seed=seed + 2 * i),
                seed=seed,  # unused without dropout, but part of the state that is compared
                unit_forget_bias=memory is None,
                bias_initializer=bias(i),
                recurrent_initializer=turn(seed=seed + 2 * i + 1),
                name=direction,
            )
            for i, direction in enumerate(names)
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        width = input_shape[-1] if self.table is None else self.table.output_dim
        for layer in self.directions:
            layer.build((None, None, width))

    def call(
        self,
        x: tf.Tensor,
        lengths: tf.Tensor,
        initial: Sequence[tuple[tf.Tensor, tf.Tensor]] | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Read `x` [B, T, C] or ids [B, T], whose row i has `lengths[i]` real steps, from 1 to T.

        Args:
            x: What lies past a row's end is never read.
            lengths: [B] int32.
            initial: The states (h, c) that each direction starts from, [B, H] each; None: zeros.
            training: Whether a gradient will follow.
        """
        table: Any = self.table and self.table.embeddings
        if training and self.drop is not None:
            x = self.drop(x if table is None else tf.gather(table.value, x), training=True)
            table = None
        found = []
        for i, layer in enumerate(self.directions):
            zeros = tf.zeros([tf.shape(x)[0], layer.units], self.compute_dtype)
            h, c = initial[i] if initial else (zeros, zeros)
            states = engines.read(
                layer,
                x,
                lengths,
                h,
                c,
                backward=i == 1,
                steps=self.summary is None,
                summary=self.summary in ("max", "mean", "both"),
                training=bool(training),
                table=table,
                engine=self.engine,
            )
            found.append(states)
        kept = {None: ("steps",), "last": ("h",), "max": ("peak",), "mean": ("mean",)}
        names = kept.get(self.summary, ("peak", "mean"))
        parts: Any = [getattr(states, name) for name in names for states in found]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=-1)


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
