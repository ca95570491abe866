"""Segments: many steps become one long step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, real


@register_layer("segments")
@dataclass(frozen=True, kw_only=True)
class Segments(Layer):
    """Cuts rows into segments, which may overlap (SegRNN, Lin et al. 2023).

    [B, T, C] -> [B, S, scales * length * C]: the segments themselves come first. The last segment
    of a row is filled up with zeros, whatever lies past the row's end.

    Args:
        length: Steps of a segment.
        stride: Steps from one segment to the next, up to `length`. None: `length`.
        max_segments: Segments of a row, from 2; in a longer row they begin further apart. None:
            no limit.
        scales: Context windows around the middle of a segment, each of `length` steps that lie
            twice as far apart as those of the one before. The first window is the segment.
    """

    length: int = 4
    stride: int | None = None
    max_segments: int | None = None
    scales: int = 1

    def width(self, width: int) -> int:
        return self.scales * self.length * width

    def steps(self, ops: Any, lengths: Any) -> Any:
        return 1 - -ops.maximum(lengths - self.length, 0) // self._strides(ops, lengths)

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        batch, steps = ops.shape(x)[:2]
        strides, counts = self._strides(ops, lengths), self.steps(ops, lengths)
        count = ops.max(counts)
        middle, widest = self.length // 2, 2 ** (self.scales - 1)
        before = middle * (widest - 1)
        room = ops.maximum(ops.max((counts - 1) * strides) + self.length - steps, 0)
        after = room + (self.length - 1 - middle) * (widest - 1)
        x = ops.where(real(ops, lengths, steps)[:, :, None], x, 0)
        x = ops.pad(x, [[0, 0], [before, after], [0, 0]])
        places = [
            before + middle + 2**i * (k - middle)
            for i in range(self.scales)
            for k in range(self.length)
        ]
        found = ops.convert_to_tensor(places, "int32")
        if self.max_segments is not None:
            starts = ops.minimum(ops.arange(count)[None, :], counts[:, None] - 1)
            pieces = ops.take_steps(x, (starts * strides[:, None])[..., None] + found)
        elif strides == self.length and self.scales == 1:
            pieces = x[:, : count * self.length]  # each step is in one place
        else:
            pieces = ops.take(x, found + ops.arange(count)[:, None] * strides, axis=1)
        width = len(places) * int(x.shape[-1] or 1)
        return ops.reshape(pieces, [batch, count, width])

    def _strides(self, ops: Any, lengths: Any) -> Any:
        """Return the steps between segments: one number, or one for each row [B]."""
        stride = self.stride or self.length
        if self.max_segments is None:
            return stride
        return ops.maximum(stride, -(-(lengths - self.length) // (self.max_segments - 1)))
