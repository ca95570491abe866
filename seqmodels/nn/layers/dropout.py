"""Dropout of the features before the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Draw, Layer, Place


@register_layer("dropout")
@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """Sets random features to zero in training.

    Args:
        rate: Share of the features.
    """

    place: ClassVar[Place] = "features"
    random: ClassVar[bool] = True
    rate: float = 0.2

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return x

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, dict[str, Any]]:
        return draw.dropout(x, self.rate), {}
