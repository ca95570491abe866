"""Small layers beside the LSTM: what is kept of its steps. None of them reads padding."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class LastStep(keras.layers.Layer):
    """The last real step of each row: [B, T, C] -> [B, C]."""

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return tf.gather(x, lengths - 1, axis=1, batch_dims=1)


class Recent(keras.layers.Layer):
    """The last real steps of each row side by side: [B, T, C] -> [B, count * C].

    A row that has fewer begins with zeros.

    Args:
        count: Steps.
        name: Of the layer.
    """

    def __init__(self, count: int, name: str | None = None):
        super().__init__(name=name)
        self.count = count

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        places: Any = lengths[:, None] - self.count + tf.range(self.count)  # [B, count]
        steps = tf.gather(x, tf.maximum(places, 0), axis=1, batch_dims=1)  # [B, count, C]
        steps = tf.where((places >= 0)[:, :, None], steps, 0)
        return tf.reshape(steps, [tf.shape(x)[0], self.count * int(x.shape[-1] or 1)])


class Segments(keras.layers.Layer):
    """Cuts rows into segments, which may overlap: steps that hold many steps.

    The last segment of a row is filled up with zeros, whatever lies past the row's end.

    Args:
        size: Steps of a segment.
        hop: Steps from one segment to the next, up to `size`.
        most: Segments of a row, from 2; in a longer one they begin further apart. None: no limit.
        scales: Times that as many steps are read around the same middle, each time twice as far
            apart: what lies beside a segment, more and more coarsely.
        name: Of the layer.
    """

    def __init__(
        self,
        size: int,
        hop: int,
        scales: int = 1,
        most: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.size, self.hop, self.scales, self.most = size, hop, scales, most

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return segments of `x` [B, T, C], and how many of each row are real.

        Returns:
            [B, S, scales * size * C]: the segments themselves come first.
        """
        shape: Any = tf.shape(x)
        real = tf.sequence_mask(lengths, shape[1])[:, :, None]  # [B, T, 1]
        hops: Any = self.hop  # of each row [B], where they differ
        if self.most is not None:
            hops = tf.maximum(self.hop, -(-(lengths - self.size) // (self.most - 1)))
        counts: Any = 1 - -tf.maximum(lengths - self.size, 0) // hops  # [B]
        count: Any = tf.reduce_max(counts)
        middle, widest = self.size // 2, 2 ** (self.scales - 1)
        before = middle * (widest - 1)
        room = tf.maximum(tf.reduce_max((counts - 1) * hops) + self.size - shape[1], 0)
        after = room + (self.size - 1 - middle) * (widest - 1)
        x = tf.pad(tf.where(real, x, 0), [[0, 0], [before, after], [0, 0]])
        beside = [
            middle + 2**i * (k - middle) for i in range(self.scales) for k in range(self.size)
        ]
        places: Any = before + tf.constant(beside)
        if self.most is not None:
            places += (tf.minimum(tf.range(count), counts[:, None] - 1) * hops[:, None])[..., None]
            pieces = tf.gather(x, places, axis=1, batch_dims=1)
        elif self.hop == self.size and self.scales == 1:
            pieces = x[:, : count * self.size]  # each step is in one place
        else:
            pieces = tf.gather(x, places + tf.range(count)[:, None] * self.hop, axis=1)
        width = len(beside) * int(x.shape[-1] or 1)
        return tf.reshape(pieces, [shape[0], count, width]), counts


class FromLast(keras.layers.Layer):
    """Each step's difference to the last real step of its row: [B, T, C] -> [B, T, C]."""

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return x - tf.gather(x, lengths[:, None] - 1, axis=1, batch_dims=1)


class Apart(keras.layers.Layer):
    """Makes each of some channels a row of its own: [B, T, C] -> [B * G, T, 1].

    Args:
        channels: The G channels.
        name: Of the layer.
    """

    def __init__(self, channels: tuple[int, ...], name: str | None = None):
        super().__init__(name=name)
        self.channels = channels

    def call(self, x: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count, shape = len(self.channels), tf.shape(x)
        x = tf.transpose(tf.gather(x, list(self.channels), axis=2), [0, 2, 1])  # [B, G, T]
        return tf.reshape(x, [shape[0] * count, shape[1], 1]), tf.repeat(lengths, count)


class Together(keras.layers.Layer):
    """Lays the answers for the G channels of an example side by side: [B * G, H] -> [B, G * H].

    Args:
        width: G * H.
        name: Of the layer.
    """

    def __init__(self, width: int, name: str | None = None):
        super().__init__(name=name)
        self.width = width

    def call(self, y: tf.Tensor) -> tf.Tensor:
        return tf.reshape(y, [-1, self.width])


class Blanks(keras.layers.Layer):
    """Makes some ids the unknown word's, in training: [B, T] -> [B, T].

    Args:
        rate: Share of the ids.
        seed: Of the draw.
        name: Of the layer.
    """

    def __init__(self, rate: float, seed: int, name: str | None = None):
        super().__init__(name=name)
        self.rate, self.draw = rate, keras.random.SeedGenerator(seed)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return x
        kept: Any = keras.random.uniform(tf.shape(x), seed=self.draw) >= self.rate
        return tf.where(kept, x, 0)
