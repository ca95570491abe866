"""The one Keras layer that runs every layer of the network but the LSTM."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from seqmodels.nn import keras_ops
from seqmodels.nn.layers import Layer, Weight
from seqmodels.nn.tracing import array_of

_STARTS: dict[str, Any] = {
    "uniform": lambda seed: keras.initializers.RandomUniform(-0.05, 0.05, seed=seed),
    "glorot_uniform": lambda seed: keras.initializers.GlorotUniform(seed=seed),
    "orthogonal": lambda seed: keras.initializers.Orthogonal(seed=seed),
}


class KerasLayer(keras.layers.Layer):
    """Makes the weights that a layer asks for, and calls its formula.

    Args:
        layer: What it computes.
        width: Of the steps or features that it reads.
        seed: Of the initial weights, and of random numbers in training.
        still: Whether the formula is used in training too.
        name: Of the Keras layer.

    Attributes:
        by_name: The variables by the names that the layer gave them.
    """

    def __init__(
        self, layer: Layer, width: int, *, seed: int = 0, still: bool = False, name: str | None
    ):
        super().__init__(name=name)
        self.layer, self.seed, self.still = layer, seed, still
        self.by_name = {
            key: self.add_weight(
                shape=weight.shape,
                initializer=start(weight, seed),
                trainable=weight.trainable,
                name=key,
            )
            for key, weight in layer.weights(width).items()
        }
        drawn = layer.random and not still
        self.generator = keras.random.SeedGenerator(seed) if drawn else None

    def call(self, x: Any, lengths: Any = None, training: bool = False) -> Any:
        weights = {key: variable.value for key, variable in self.by_name.items()}
        if training and not self.still:
            draw, learns = _Draw(self.generator), bool(self.trainable)
            y, new = self.layer.train(keras_ops, weights, x, lengths, draw, learns)
            for key, value in new.items():
                self.by_name[key].assign(value)
        else:
            y = self.layer.forward(keras_ops, weights, x, lengths)
        return (y, self.layer.steps(keras_ops, lengths)) if changes_lengths(self.layer) else y

    def values(self) -> dict[str, np.ndarray]:
        """Return the weights by name."""
        return {key: array_of(variable) for key, variable in self.by_name.items()}


class _Draw:
    """Random numbers of one layer."""

    def __init__(self, generator: keras.random.SeedGenerator | None):
        self.generator = generator

    def uniform(self, shape: Any) -> Any:
        return keras.random.uniform(shape, seed=self.generator)

    def dropout(self, x: Any, rate: float) -> Any:
        return keras.random.dropout(x, rate, seed=self.generator)


def changes_lengths(layer: Layer) -> bool:
    """Return whether rows have another number of steps after a layer."""
    return type(layer).steps is not Layer.steps


def start(weight: Weight, seed: int) -> Any:
    """Return the Keras initializer of an array of weights."""
    if isinstance(weight.start, str):
        known = _STARTS.get(weight.start)
        return weight.start if known is None else known(seed + weight.draw)
    own = weight.start

    def made(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return own(tuple(shape), seed + weight.draw)

    return made
