"""Checks of layers of the network."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqmodels.core.registry import LAYERS
from seqmodels.nn import numpy_ops
from seqmodels.nn.layers import Layer
from seqmodels.testing.parts import check_round_trip


def check_layer(layer: Layer, *, width: int = 4, tolerance: float = 1e-6) -> None:
    """Check a layer of the network: one formula, whatever computes it and however long rows are.

    The layer must give the same result in Keras and in NumPy, ignore padding (NaN included), have
    finite gradients, and survive JSON unchanged.

    Args:
        layer: Registered.
        width: Channels of a step, or features, that it gets to read.
        tolerance: Largest difference of a result, as a share of its largest entry.
    """
    import tensorflow as tf

    from seqmodels.nn.keras_network import made, weights_of

    rng = np.random.default_rng(0)
    lengths = np.array([5, 1, 3, 7], np.int32)
    x = _given(layer, width, rng)
    keras_layer: Any = made(layer, width)
    keras_layer(x, lengths)  # makes the weights
    variables = {name.partition("/")[2]: v for name, v in weights_of(keras_layer).items()}
    shapes = {name: weight.shape for name, weight in layer.weights(width).items()}
    assert {name: tuple(v.shape) for name, v in variables.items()} == shapes, "weights as stated"
    for variable in variables.values():
        drawn = rng.normal(size=variable.shape) / 3
        variable.assign(drawn if variable.trainable else np.abs(drawn) + 0.1)
    weights = {name: np.asarray(v.value.numpy()) for name, v in variables.items()}

    def real_steps(y: Any, counts: Any) -> np.ndarray:
        if layer.place != "steps":
            return np.asarray(y)
        inside = np.arange(np.shape(y)[1]) < np.asarray(counts)[:, None]
        return np.where(inside.reshape(*inside.shape, *[1] * (np.ndim(y) - 2)), y, 0)

    def same(y: np.ndarray, right: np.ndarray, where: str) -> None:
        least = tolerance * max(float(np.abs(right).max()), 1e-3)
        np.testing.assert_allclose(y, right, rtol=0, atol=least, err_msg=where)

    def numpy_result(x: Any, lengths: np.ndarray) -> np.ndarray:
        counts = layer.steps(numpy_ops, lengths)
        return real_steps(layer.forward(numpy_ops, weights, x, lengths), counts)

    def keras_result(x: Any, lengths: np.ndarray) -> np.ndarray:
        y = keras_layer(x, lengths)
        y, counts = y if isinstance(y, tuple) else (y, lengths)
        return real_steps(y, counts)

    right = numpy_result(x, lengths)
    if not (layer.ids and layer.place == "steps" and right.ndim == 2):
        assert right.shape[-1] == layer.width(width), "the result is as wide as `width` says"
    same(keras_result(x, lengths), right, "in Keras as in NumPy")
    if layer.place not in ("features", "outputs", "ensemble"):
        for padded in _padded(layer, x, lengths, rng):
            for result in (numpy_result, keras_result):
                found = result(padded, lengths)
                if found.ndim == right.ndim and layer.place == "steps":
                    found = found[:, : right.shape[1]]
                same(found, right, "padding changes nothing")
    floats = not layer.ids and layer.place != "ensemble"
    given = tf.constant(x) if floats else x
    trained = [v.value for v in variables.values() if v.trainable]
    with tf.GradientTape() as tape:
        tape.watch([given] if floats else [])
        y = keras_layer(given, lengths, training=True)
        value: Any = tf.reduce_sum(
            tf.square(tf.cast(y[0] if isinstance(y, tuple) else y, "float32"))
        )
    asked = [*trained, *([given] if floats else [])]
    for slope in tape.gradient(value, asked) if asked else []:
        assert slope is not None, "each trained weight has a gradient"
        assert np.isfinite(np.asarray(tf.convert_to_tensor(slope))).all(), "gradients are finite"
    check_round_trip(LAYERS, layer)


def _given(layer: Layer, width: int, rng: np.random.Generator) -> Any:
    """Return a batch of four rows that a layer can read, at most 7 steps long."""
    if layer.ids:
        return rng.integers(0, 10, (4, 7)).astype(np.int32)
    if layer.place == "ensemble":
        return [rng.normal(size=(4, width)).astype(np.float32) for _ in range(3)]
    shape = (4, width) if layer.place in ("features", "outputs") else (4, 7, width)
    return rng.normal(size=shape).astype(np.float32)


def _padded(layer: Layer, x: Any, lengths: np.ndarray, rng: np.random.Generator) -> list[Any]:
    """Return the batch with other padding, and with more of it."""
    noise = rng.integers(0, 10, x.shape).astype(x.dtype) if layer.ids else np.float32(np.nan)
    inside = (np.arange(x.shape[1]) < lengths[:, None]).reshape(*x.shape[:2], *[1] * (x.ndim - 2))
    noisy = np.where(inside, x, noise).astype(x.dtype)
    more = np.full((len(x), 5, *x.shape[2:]), 0 if layer.ids else np.nan, x.dtype)
    return [noisy, np.concatenate([noisy, more], axis=1)]
