"""The LSTM layer: stock Keras weights over right-padded sequences, in one or two directions.

Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8), with the
forget gate of Gers et al. 2000, as Keras computes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqmodels.nn import engines
from seqmodels.nn.keras_layer import KerasLayer, start
from seqmodels.nn.layers import Lstm


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
        states: What is returned in place of every step, [B, T, H], side by side: the last state
            "h", the "peak" or the "mean" over time of each feature. H is `units`, or twice that
            for two directions.
        dropout: Share of the input's features dropped in training, the same at every step.
        table: The layer of the embeddings [V, C] of ids. None: the layer reads numbers.
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
        states: Sequence[str] = ("h",),
        dropout: float = 0,
        table: KerasLayer | None = None,
        seed: int = 0,
        engine: str | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.states = tuple(states)
        self.table = table
        self.drop = keras.layers.SpatialDropout1D(dropout, seed=seed) if dropout else None
        self.engine = engine or engines.chosen(units)
        layer = Lstm(units=units, bidirectional=bidirectional, memory=memory)
        weights = layer.weights(0)

        def begun(name: str) -> Any:
            return start(weights[name], seed)

        self.directions = [
            keras.layers.LSTM(
                units,
                return_sequences=self.states != ("h",),
                return_state=True,
                kernel_initializer=begun(f"{name}/kernel"),
                seed=seed,  # unused without dropout, but part of the state that is compared
                unit_forget_bias=False,
                bias_initializer=begun(f"{name}/bias"),
                recurrent_initializer=begun(f"{name}/recurrent_kernel"),
                name=name,
            )
            for name in layer.directions
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        width = (
            input_shape[-1] if self.table is None else self.table.by_name["embeddings"].shape[-1]
        )
        for layer in self.directions:
            layer.build((None, None, width))

    def call(
        self,
        x: tf.Tensor,
        lengths: tf.Tensor,
        initial: Sequence[tuple[tf.Tensor, tf.Tensor]] | None = None,
        training: bool = False,
        return_state: bool = False,
    ) -> Any:
        """Read `x` [B, T, C] or ids [B, T], whose row i has `lengths[i]` real steps, from 1 to T.

        Args:
            x: What lies past a row's end is never read.
            lengths: [B] int32.
            initial: The states (h, c) that each direction starts from, [B, H] each; None: zeros.
            training: Whether a gradient will follow.
            return_state: Return the states (h, c) that each direction ends in too.
        """
        table: Any = None if self.table is None else self.table.by_name["embeddings"]
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
                steps=not self.states,
                summary=bool({"peak", "mean"} & set(self.states)),
                training=bool(training),
                table=table,
                engine=self.engine,
            )
            found.append(states)
        names = self.states or ("steps",)
        parts: Any = [getattr(states, name) for name in names for states in found]
        y = parts[0] if len(parts) == 1 else tf.concat(parts, axis=-1)
        return (y, [(states.h, states.c) for states in found]) if return_state else y
