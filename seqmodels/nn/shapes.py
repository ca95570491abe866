"""Layers that read the shapes of whole sequences of numbers. None of them reads padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqmodels.nn.kernels import DILATIONS, TAPS, drawn, kept

# Saved models rely on all of these but MOST.
STILL = 1e-3  # added to a deviation: what hardly moves stays small
SHARP = 20.0  # how quickly a place counts as positive; a step would turn on a rounding
LEAST = 0.01  # added to the deviation of a feature
FAR = 5.0  # deviations that a feature may be from its mean
LOUD = 10.0  # length of all features of a row together
MOST = 100_000.0  # rows after which the mean of a feature forgets


class Views(keras.layers.Layer):
    """Each channel in three ways side by side: [B, T, C] -> [B, T, 3 C].

    As it is; standardised by the mean and the deviation of its row's own steps; and the changes
    of this from step to step, in units of their own deviation, 0 at the first step.
    """

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        steps: Any = tf.range(tf.shape(x)[1])[None, :, None]
        count: Any = lengths[:, None, None]
        real, count = tf.cast(steps < count, x.dtype), tf.cast(count, x.dtype)

        def standard(h: Any, mean: Any) -> tf.Tensor:
            squares: Any = tf.reduce_sum(tf.square(h - mean) * real, axis=1, keepdims=True)
            return (h - mean) * real / (tf.sqrt(squares / count) + STILL)

        own: Any = standard(x, tf.reduce_sum(x * real, axis=1, keepdims=True) / count)
        changes = own - tf.concat([own[:, :1], own[:, :-1]], axis=1)
        return tf.concat([x, own, standard(changes, 0.0)], axis=-1)


class Kernels(keras.layers.Layer):
    """What random kernels find in a row, wherever it is, and what that says: [B, T, C] -> [B, K].

    Each of N convolution kernels tells the share of the steps where it is positive and its
    largest value (ROCKET, Dempster et al. 2020). They are drawn once and never trained: nine
    taps, normal, centred; 1 to 32 steps apart; a bias of either sign from 0.01 to 3; of the
    channels some, at most nine. A feature is told by its distance to the mean of the training
    rows in units of their deviation, which are gathered while the network is trained,
    as long as the layer is `trainable`. What it says is linear in these, and nothing at first.

    Args:
        channels: C.
        outputs: K, numbers to tell.
        count: N, rounded up to as many of each dilation.
        views: Kinds of channels, C / views each; a kernel reads one kind.
        seed: Of the draw.
        name: Of the layer.
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        count: int,
        *,
        views: int,
        seed: int,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.taps, self.bias, self.rows, self.mean, self.spread, self.told = (
            self.add_weight(shape=shape, initializer="zeros", trainable=name == "told", name=name)
            for name, shape in kept(channels, outputs, count).items()
        )
        taps, bias = drawn(channels, count, views, seed)
        self.taps.assign(taps)
        self.bias.assign(bias)
        self.volume = LOUD / (2 * bias.size) ** 0.5

    def call(self, x: tf.Tensor, lengths: tf.Tensor, training: bool = False) -> tf.Tensor:
        found = self.found(x, lengths)
        if training and self.trainable:
            self._gather(found)
        deviation: Any = tf.sqrt(self.spread.value) + LEAST
        features: Any = tf.clip_by_value((found - self.mean.value) / deviation, -FAR, FAR)
        return features * self.volume @ self.told.value

    def found(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Return the shares and the largest values, [B, 2 N], as they are."""
        steps = tf.shape(x)[1]
        real = tf.sequence_mask(lengths, steps, x.dtype)[:, :, None]
        x = x * real
        count: Any = tf.cast(lengths, x.dtype)[:, None]
        shares, peaks = [], []
        for i, apart in enumerate(DILATIONS):
            side = TAPS // 2 * apart
            around: Any = tf.pad(x, [[0, 0], [side, side], [0, 0]])
            read = [around[:, k * apart : k * apart + steps] for k in range(TAPS)]
            value: Any = tf.concat(read, axis=-1) @ self.taps.value[i] + self.bias.value[i]
            positive: Any = tf.clip_by_value(SHARP * value + 0.5, 0, 1)
            shares.append(tf.reduce_sum(positive * real, axis=1) / count)
            peaks.append(tf.reduce_max(tf.where(real > 0, value, value.dtype.min), axis=1))
        return tf.concat([*shares, *peaks], axis=-1)

    def _gather(self, found: Any) -> None:
        """Add rows to the mean and the spread of those seen so far (Chan et al. 1983)."""
        new = tf.cast(tf.shape(found)[0], found.dtype)
        share = new / (self.rows.value + new)
        mean, spread = tf.nn.moments(found, axes=[0])
        away: Any = mean - self.mean.value
        change: Any = spread - self.spread.value + (1 - share) * tf.square(away)
        fine = tf.reduce_all(tf.math.is_finite(change))  # else the step is refused
        for weight, more in (
            (self.spread, share * change),
            (self.mean, share * away),
            (self.rows, tf.minimum(new, MOST - self.rows.value)),
        ):
            weight.assign_add(tf.where(fine, more, 0.0))


class Members(keras.layers.Layer):
    """What several members tell of B rows, [B, K] each: their mean, [B, K].

    In training one stands under the other, [M * B, K], so that each is corrected for what it
    says itself, and they stay different: see `each`.
    """

    def call(self, told: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        return tf.concat(told, axis=0) if training else tf.add_n(told) / len(told)


def each(y: tf.Tensor, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return targets for what every member tells, and what they tell together.

    Args:
        y: Targets [B, ...].
        outputs: What a network puts out in training, [M * B, K]; of most M is 1.

    Returns:
        The targets [M * B, ...], and the mean over members [B, K].
    """
    rows: Any = tf.shape(y)[0]
    members = tf.shape(outputs)[0] // rows
    targets = tf.tile(y, [members, *[1] * (len(y.shape) - 1)])
    apart = tf.reshape(outputs, [members, rows, outputs.shape[-1]])
    return targets, tf.reduce_mean(apart, axis=0)
