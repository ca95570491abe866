"""Adam in few operations; of a table of embeddings a step touches only the rows it has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from seqmodels.nn.engines import native

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
PIECE = 8192  # rows that settle at a time, to spare memory

# Numbers in a table from which on only rows are moved. Both ways give the same bits. Rows cost a
# dozen operations more, and TensorFlow copies a table that is updated by rows when it is read as
# a whole. CPU milliseconds of a training step of 10 units (128 x 300 ids, Zipf's distribution with
# exponent 1.3, settled every 100 steps), all rows moved and only those read:
#   5,000 x 15: 4.1, 4.3     20,000 x 128: 12.1, 11.5    50,000 x 128: 17.5, 15.0
#   20,000 x 64: 7.5, 8.2    50,000 x 64: 12.0, 11.1     50,000 x 256: 27.0, 23.5
ROWS_FROM = 2_500_000


class Read(NamedTuple):
    """The rows of the table that a batch reads, U of them, as they are before its step.

    Attributes:
        rows: [U] int32, distinct, rising.
        w: [U, E], the weights, which have taken every step so far.
        m: [U, E], the first moments, as of the last step that the row took.
        v: [U, E], the second moments, likewise.
    """

    rows: tf.Tensor
    w: tf.Tensor
    m: tf.Tensor
    v: tf.Tensor


class Adam:
    """The optimizer of one training.

    The method is Adam (Kingma and Ba 2015) with the constants of `keras.optimizers.Adam`, and
    its answers up to rounding: with g the gradient of step t,

        m += (g - m) * (1 - 0.9),  v += (g^2 - v) * (1 - 0.999),
        w -= alpha_t * m / (sqrt(v) + 1e-7),  alpha_t = rate * sqrt(1 - 0.999^t) / (1 - 0.9^t),

    where the rate may fall in a straight line: it is then `rate * max(0, 1 - fall * (t - 1))`.

    A row of the table that a batch does not read has a gradient of zero, but Adam moves it
    nevertheless: its momentum goes on. Here such a row waits. Before it is read again it takes
    the steps that it has missed, one by one, each with its own alpha_t, in registers; so does
    every row in `settle`. As nobody has looked in the meantime, and as each number goes through
    the same operations in the same order, the answers are those of an Adam that moves every row
    in every step, bit for bit. (When a row's steps have become too small to change it, only its
    moments go on; why no later step can change it is proved beside the kernel's loop.)

    In a step that is not finite nothing moves and nothing is counted.

    Attributes:
        variables: What a checkpoint must hold after `settle`, in a fixed order: steps taken,
            the moments of each weight, and for each row of the table the last step it took.
    """

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        learning_rate: float,
        *,
        fall: float = 0.0,
        clip: float | None = None,
        table: keras.Variable | None = None,
    ):
        """Start with moments of zero.

        Args:
            weights: What is trained, in the order of the gradients.
            learning_rate: Above 0.
            fall: Share of the learning rate that it loses with each step, down to 0.
            clip: Cut the gradients to this norm over all of them; None: do not.
            table: The one of the weights, [V, E], that is read by ids; None: there is none.
        """
        self.rate, self.fall, self.clip = learning_rate, fall, clip
        self.weights = list(weights)
        self.place = next((i for i, w in enumerate(self.weights) if w is table), None)
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
        self.table: list[keras.Variable] = []
        if self.place is not None and table is not None:
            self.table = [table, *self.moments[self.place]]
            self.size = int(table.shape[0])
            self.seen = _zeros((self.size,), "int64", "seen")
            self.variables.append(self.seen)
        self.by_rows = bool(self.native and table is not None and np.prod(table.shape) >= ROWS_FROM)

    def read(self, ids: tf.Tensor) -> Read | None:
        """Bring the rows of these ids up to date, before the network of the step reads them.

        Args:
            ids: Every id that the network will look up, of any shape, from 0 to V - 1.

        Returns:
            What `apply` will ask for; None where the table is no different from the rest.

        Raises:
            tf.errors.InvalidArgumentError: An id is not in the table.
        """
        if not self.by_rows:
            return None
        table, m, v = self._table()
        rows = native.ops().seqmodels_distinct(tf.cast(ids, tf.int32), size=self.size)
        old = [variable.sparse_read(rows) for variable in (table, m, v)]
        w = self._caught_up(rows, old, moments=False)[0]
        table.scatter_update(tf.IndexedSlices(w, rows))
        return Read(rows, w, *old[1:])

    def apply(
        self,
        loss: tf.Tensor,
        gradients: Sequence[tf.Tensor | tf.IndexedSlices],
        read: Read | None = None,
    ) -> tf.Tensor:
        """Take a step, if the loss and the norm of the gradients are finite.

        Args:
            loss: [].
            gradients: One for each of the weights.
            read: What `read` gave, if there is a table.

        Returns:
            Whether the step was taken, [] bool.
        """
        summed = [self._summed(g, i, read) for i, g in enumerate(gradients)]
        if not self.native:
            return self._apply_anywhere(loss, summed)
        rows = [] if read is None or self.place is None else [self.place]
        whole = [i for i in range(len(summed)) if i not in rows]
        moved = [[self.weights[i] for i in whole]]
        moved += [[self.moments[i][kind] for i in whole] for kind in (0, 1)]
        good, taken, scale, *found = native.ops().seqmodels_adam(
            loss,
            self.steps.value,
            [summed[i] for i in (*whole, *rows)],
            *[[variable.value for variable in part] for part in moved],
            clip=float("inf") if self.clip is None else self.clip,
            **self._settings(),
        )
        for part, values in zip(moved, found, strict=True):
            for variable, value in zip(part, values, strict=True):
                variable.value.assign(value)
        if read is not None:
            self._move_rows(read, good, scale, summed[rows[0]])
        self.steps.value.assign(taken)
        return good

    def settle(self) -> None:
        """Bring every row up to date: before weights are used elsewhere, or saved."""
        if not self.table:
            return
        steps = self.steps.numpy()
        behind = np.flatnonzero(self.seen.numpy() < steps) if self.by_rows else np.empty(0)
        for start in range(0, len(behind), PIECE):
            rows = tf.constant(behind[start : start + PIECE], tf.int32)
            old = [variable.sparse_read(rows) for variable in self._table()]
            found = self._caught_up(rows, old, moments=True)
            for variable, value in zip(self._table(), found, strict=True):
                variable.scatter_update(tf.IndexedSlices(value, rows))
        self.seen.assign(np.full(self.size, steps))

    def _caught_up(self, rows: tf.Tensor, old: list[tf.Tensor], moments: bool) -> list[tf.Tensor]:
        """Return w, m and v of rows after the steps that they have missed, [U, E] each."""
        return native.ops().seqmodels_adam_catch_up(
            *old, self.seen.value, rows, self.steps.value, moments=moments, **self._settings()
        )

    def _summed(self, gradient: Any, place: int, read: Read | None) -> tf.Tensor:
        """Return a gradient with the slices of each row added up: [U, E] of those read, or all."""
        if not isinstance(gradient, tf.IndexedSlices):
            return gradient
        if not self.native or place != self.place:
            return tf.math.unsorted_segment_sum(
                gradient.values, gradient.indices, self.weights[place].shape[0]
            )
        return native.ops().seqmodels_sum_rows(
            gradient.values,
            tf.cast(gradient.indices, tf.int32),
            tf.zeros([0], tf.int32) if read is None else read.rows,
            all=read is None,
            size=self.size,
            **_how(),
        )

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

    def _move_rows(self, read: Read, good: Any, scale: Any, gradient: tf.Tensor) -> None:
        *found, seen = native.ops().seqmodels_adam_rows(
            read.w, read.m, read.v, self.seen.value, read.rows, self.steps.value,
            good, scale, gradient, **self._settings(),
        )  # fmt: skip
        for variable, value in zip(self._table(), found, strict=True):
            variable.scatter_update(tf.IndexedSlices(value, read.rows))
        self.seen.value.assign(seen)

    def _table(self) -> list[tf.Variable]:
        return [variable.value for variable in self.table]

    def _settings(self) -> dict[str, Any]:
        return {"rate": self.rate, "fall": self.fall, **_how()}


def _how() -> dict[str, Any]:
    return {"threads": native.threads(), "bits": native.BITS}


def _zeros(shape: Any, dtype: str, name: str) -> keras.Variable:
    return keras.Variable("zeros", shape=shape, dtype=dtype, trainable=False, name=name)
