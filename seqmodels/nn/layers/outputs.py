"""The outputs: a linear map of the features to the numbers that a head reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Place, Weight, dense, dense_weights


@register_layer("dense")
@dataclass(frozen=True, kw_only=True)
class Dense(Layer):
    """Maps features linearly: [B, F] -> [B, units]; or those of each step.

    Args:
        units: K.
    """

    place: ClassVar[Place] = "outputs"
    units: int = 1

    def weights(self, width: int) -> dict[str, Weight]:
        return dense_weights(width, self.units)

    def width(self, width: int) -> int:
        return self.units

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return dense(ops, weights, x)
