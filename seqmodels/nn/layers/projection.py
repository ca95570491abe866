"""The projection: a linear map of each step's channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Weight, dense, dense_weights


@register_layer("projection")
@dataclass(frozen=True, kw_only=True)
class Projection(Layer):
    """Maps each step linearly: [B, T, C] -> [B, T, units].

    Args:
        units: Width of the result.
        positive: Keep only what is positive (ReLU).
    """

    units: int = 8
    positive: bool = False

    def weights(self, width: int) -> dict[str, Weight]:
        return dense_weights(width, self.units)

    def width(self, width: int) -> int:
        return self.units

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        h = dense(ops, weights, x)
        return ops.relu(h) if self.positive else h
