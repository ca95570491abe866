"""The ensemble mean: members answer together, and learn each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Draw, Layer, Place


@register_layer("ensemble_mean")
@dataclass(frozen=True, kw_only=True)
class EnsembleMean(Layer):
    """The mean of the members' outputs (Hansen and Salamon 1990): M of [B, K] -> [B, K].

    In training the outputs stand one under the other, [M * B, K], so that the loss corrects each
    member for its own outputs, and the members stay different: see `seqmodels.nn.ensemble.each`.
    """

    place: ClassVar[Place] = "ensemble"

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return ops.add_n(list(x)) / len(x)

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, dict[str, Any]]:
        return ops.concatenate(list(x), axis=0), {}
