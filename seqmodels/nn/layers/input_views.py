"""Input views: each channel as it is, standardised within its row, and as changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, real

VIEWS = 3  # of each channel; saved models rely on it, and on the next
STILL = 1e-3  # added to a deviation, so that a channel that hardly moves stays small


@register_layer("input_views")
@dataclass(frozen=True, kw_only=True)
class InputViews(Layer):
    """Each channel in three ways side by side: [B, T, C] -> [B, T, 3 C].

    As it is; standardised by the mean and the deviation of its row's own steps; and the changes
    of this from step to step, in units of their own deviation, 0 at the first step.
    """

    def width(self, width: int) -> int:
        return VIEWS * width

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        inside = real(ops, lengths, ops.shape(x)[1])[:, :, None]  # [B, T, 1]
        count = ops.cast(lengths[:, None, None], "float32")
        steps, inside = ops.where(inside, x, 0.0), ops.cast(inside, "float32")

        def standard(h: Any, mean: Any) -> Any:
            squares = ops.sum(ops.square(h - mean) * inside, axis=1, keepdims=True)
            return (h - mean) * inside / (ops.sqrt(squares / count) + STILL)

        own = standard(steps, ops.sum(steps * inside, axis=1, keepdims=True) / count)
        changes = own - ops.concatenate([own[:, :1], own[:, :-1]], axis=1)
        return ops.concatenate([x, own, standard(changes, 0.0)], axis=-1)
