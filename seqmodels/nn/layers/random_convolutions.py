"""Random convolutions: features of fixed random kernels, and a linear map of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Draw, Layer, Place, Weight, real

# Saved models rely on all of these but MOST.
TAPS = 9  # of a kernel
DILATIONS = (1, 2, 4, 8, 16, 32)  # steps between the taps: from small shapes to large ones
SHARP = 20.0  # how quickly a place counts as positive; a step would turn on a rounding
LEAST = 0.01  # added to the deviation of a feature
FAR = 5.0  # deviations that a feature may be from its mean
LOUD = 10.0  # length of all features of a row together
MOST = 100_000.0  # rows after which the mean of a feature forgets


@register_layer("random_convolutions")
@dataclass(frozen=True, kw_only=True)
class RandomConvolutions(Layer):
    """Features of random convolution kernels and a linear map of them: [B, T, C] -> [B, K].

    Each of N kernels yields two features: the share of the steps where it is positive, and its
    largest value (ROCKET, Dempster et al. 2020). Kernels are drawn once and never trained: nine
    taps, normal, centred; 1 to 32 steps apart; a bias of either sign from 0.01 to 3; of the
    channels some, at most nine. Features are standardised by their mean and deviation over the
    training rows, which are gathered in training. The linear map starts from zero.

    Args:
        count: N, rounded up to as many of each dilation.
        outputs: K.
        views: Kinds of channels, C / views each; a kernel reads one kind.
    """

    place: ClassVar[Place] = "averaged"
    count: int = 6
    outputs: int = 1
    views: int = 1

    def weights(self, width: int) -> dict[str, Weight]:
        sets = len(DILATIONS)
        each = -(-self.count // sets)
        features = (2 * sets * each,)

        def taps(shape: tuple[int, ...], seed: int) -> np.ndarray:
            return drawn(width, self.count, self.views, seed)[0]

        def bias(shape: tuple[int, ...], seed: int) -> np.ndarray:
            return drawn(width, self.count, self.views, seed)[1]

        return {
            "taps": Weight((sets, TAPS * width, each), taps, trainable=False),
            "bias": Weight((sets, each), bias, trainable=False),
            "rows": Weight((), trainable=False),
            "mean": Weight(features, trainable=False),
            "spread": Weight(features, trainable=False),
            "told": Weight((*features, self.outputs)),
        }

    def width(self, width: int) -> int:
        return self.outputs

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return self._outputs(ops, weights, self.features(ops, weights, x, lengths))

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, dict[str, Any]]:
        found = self.features(ops, weights, x, lengths)
        new = self._gathered(ops, weights, found) if learns else {}
        return self._outputs(ops, {**weights, **new}, found), new

    def _outputs(self, ops: Any, weights: Arrays, found: Any) -> Any:
        deviation = ops.sqrt(ops.convert_to_tensor(weights["spread"])) + LEAST
        features = ops.clip((found - weights["mean"]) / deviation, -FAR, FAR)
        return features * (LOUD / int(found.shape[-1]) ** 0.5) @ weights["told"]

    def features(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        """Return the shares and the largest values, [B, 2 N], not standardised."""
        steps = ops.shape(x)[1]
        mask = real(ops, lengths, steps)[:, :, None]  # [B, T, 1]
        x, inside = ops.where(mask, x, 0.0), ops.cast(mask, "float32")
        count = ops.cast(lengths, "float32")[:, None]
        shares, peaks = [], []
        for i, dilation in enumerate(DILATIONS):
            side = TAPS // 2 * dilation
            around = ops.pad(x, [[0, 0], [side, side], [0, 0]])
            read = [around[:, k * dilation : k * dilation + steps] for k in range(TAPS)]
            value = ops.concatenate(read, axis=-1) @ weights["taps"][i] + weights["bias"][i]
            positive = ops.clip(SHARP * value + 0.5, 0, 1)
            shares.append(ops.sum(positive * inside, axis=1) / count)
            peaks.append(ops.max(ops.where(mask, value, -3e38), axis=1))
        return ops.concatenate([*shares, *peaks], axis=-1)

    def _gathered(self, ops: Any, weights: Arrays, found: Any) -> dict[str, Any]:
        """Return the mean and the spread of all rows seen, these included (Chan et al. 1983)."""
        new = ops.cast(ops.shape(found)[0], "float32")
        rows, mean, spread = (
            ops.convert_to_tensor(weights[name]) for name in ("rows", "mean", "spread")
        )
        share = new / (rows + new)
        centre = ops.mean(found, axis=0)
        away = centre - mean
        own = ops.mean(ops.square(found - centre), axis=0)
        change = own - spread + (1 - share) * ops.square(away)
        fine = ops.all(ops.isfinite(change))  # else the step is refused
        more = {"spread": share * change, "mean": share * away}
        more["rows"] = ops.minimum(new, MOST - rows)
        old = {"rows": rows, "mean": mean, "spread": spread}
        return {
            name: old[name] + ops.stop_gradient(ops.where(fine, value, 0.0))
            for name, value in more.items()
        }


def drawn(channels: int, count: int, views: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return kernels [D, 9 C, n], a column each, and their biases [D, n], for D dilations."""
    shape = (len(DILATIONS), -(-count // len(DILATIONS)))
    rng = np.random.default_rng(seed)
    taps = np.zeros((*shape, TAPS, channels), np.float32)
    width = channels // views
    for place in np.ndindex(*shape):
        some = int(2 ** rng.uniform(0, np.log2(min(width, TAPS) + 1)))  # of the channels
        read = rng.choice(width, some, replace=False) + width * (place[1] % views)
        kernel = rng.normal(size=(TAPS, some))
        taps[place][:, read] = 2 * (kernel - kernel.mean(axis=0)) / (TAPS * some) ** 0.5
    bias = rng.choice([-1, 1], shape) * 10 ** rng.uniform(-2, 0.5, shape)
    columns = taps.reshape(*shape, TAPS * channels).swapaxes(1, 2)
    return columns, bias.astype(np.float32)
