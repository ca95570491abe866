"""Adam, a step of all weights in one operation where the kernel is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seqmodels.nn.engines import native

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NARROW = 8  # columns of a table below which TensorFlow adds up its rows faster than the kernel


class Adam:
    """The optimizer of one training.

    The method is Adam (Kingma and Ba 2015) with the constants of `keras.optimizers.Adam`, and
    its answers up to rounding: with g the gradient of step t,

        m += (g - m) * (1 - 0.9),  v += (g^2 - v) * (1 - 0.999),
        w -= alpha_t * m / (sqrt(v) + 1e-7),  alpha_t = rate * sqrt(1 - 0.999^t) / (1 - 0.9^t),

    where the rate may fall in a straight line: it is then `rate * max(0, 1 - fall * (t - 1))`.
    A row of a table that a batch did not read has a gradient of zero, and moves on by its
    momentum like every other weight.

    In a step that is not finite nothing moves and nothing is counted.

    Attributes:
        variables: What a checkpoint must hold, in a fixed order: steps taken, and the moments
            of each weight.
    """

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        learning_rate: float,
        *,
        fall: float = 0.0,
        clip: float | None = None,
    ):
        """Start with moments of zero.

        Args:
            weights: What is trained, in the order of the gradients.
            learning_rate: Above 0.
            fall: Share of the learning rate that it loses with each step, down to 0.
            clip: Cut the gradients to this norm over all of them; None: do not.
        """
        self.rate, self.fall, self.clip = learning_rate, fall, clip
        self.weights = list(weights)
        self.native = (
            native.missing() is None
            and not tf.config.list_physical_devices("GPU")
            and all(w.dtype == "float32" for w in self.weights)
        )
        self.steps = _zeros((), "int64", "steps")
        self.moments = [
            (_zeros(w.shape, w.dtype, "m"), _zeros(w.shape, w.dtype, "v")) for w in self.weights
        ]
        self.variables = [self.steps, *(moment for pair in self.moments for moment in pair)]

    def apply(
        self, loss: tf.Tensor, gradients: Sequence[tf.Tensor | tf.IndexedSlices]
    ) -> tf.Tensor:
        """Take a step, if the loss and the norm of the gradients are finite.

        Args:
            loss: [].
            gradients: One for each of the weights; slices may name a row several times.

        Returns:
            Whether the step was taken, [] bool.
        """
        summed = [self._summed(g, w) for g, w in zip(gradients, self.weights, strict=True)]
        if not self.native:
            return self._apply_anywhere(loss, summed)
        moved = [self.weights, *zip(*self.moments, strict=True)]  # w, m, v
        good, taken, *found = native.ops().seqmodels_adam(
            loss,
            self.steps.value,
            summed,
            *[[variable.value for variable in part] for part in moved],
            rate=self.rate,
            fall=self.fall,
            clip=float("inf") if self.clip is None else self.clip,
            **_how(),
        )
        for part, values in zip(moved, found, strict=True):
            for variable, value in zip(part, values, strict=True):
                variable.value.assign(value)
        self.steps.value.assign(taken)
        return good

    def _summed(self, gradient: Any, weight: keras.Variable) -> tf.Tensor:
        """Return the gradient of the whole weight; the slices of each row are added up."""
        if not isinstance(gradient, tf.IndexedSlices):
            return gradient
        values, ids, size = gradient.values, gradient.indices, weight.shape[0]
        if not self.native or len(weight.shape) != 2 or weight.shape[1] < NARROW:
            return tf.math.unsorted_segment_sum(values, ids, size)
        ids = tf.cast(ids, tf.int32)
        return native.ops().seqmodels_sum_rows(values, ids, size=size, **_how())

    def _apply_anywhere(self, loss: tf.Tensor, gradients: list[tf.Tensor]) -> tf.Tensor:
        """As `apply`, where the kernel is not.

        A refused step is one that moves nothing: no rate, nothing forgotten, no gradient.
        """
        norm = tf.linalg.global_norm(gradients)
        good = tf.math.is_finite(loss) & tf.math.is_finite(norm)
        if self.clip is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip, norm)
        taken = self.steps.value + tf.cast(good, tf.int64)
        t = tf.cast(taken, tf.float64)
        rate = self.rate * tf.maximum(1 - self.fall * (t - 1), 0)
        alpha = rate * tf.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        for weight, (m, v), gradient in zip(self.weights, self.moments, gradients, strict=True):

            def number(value: Any, idle: float, dtype: str = weight.dtype) -> tf.Tensor:
                return tf.where(good, tf.cast(value, dtype), tf.constant(idle, dtype))

            tf.raw_ops.ResourceApplyAdam(
                var=weight.value.handle,
                m=m.value.handle,
                v=v.value.handle,
                beta1_power=tf.constant(0, weight.dtype),  # alpha has them already
                beta2_power=tf.constant(0, weight.dtype),
                lr=number(alpha, 0),
                beta1=number(BETA_1, 1),
                beta2=number(BETA_2, 1),
                epsilon=tf.constant(EPSILON, weight.dtype),
                grad=tf.where(good, gradient, tf.zeros_like(gradient)),
            )
        self.steps.value.assign(taken)
        return good


def _how() -> dict[str, Any]:
    return {"threads": native.threads(), "bits": native.BITS}


def _zeros(shape: Any, dtype: str, name: str) -> keras.Variable:
    return keras.Variable("zeros", shape=shape, dtype=dtype, trainable=False, name=name)
