"""Summaries: the steps of a sequence become its features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Place, last_step, real


class Summary(Layer):
    """A layer that reads all steps of a row and returns its features: [B, T, H] -> [B, F].

    Attributes:
        states: What an LSTM engine returns in place of the steps, side by side; such a summary
            right after an LSTM is computed by the engine. Empty: the engine returns the steps.
    """

    place: ClassVar[Place] = "summary"
    states: ClassVar[tuple[str, ...]] = ()


@register_layer("last")
@dataclass(frozen=True, kw_only=True)
class Last(Summary):
    """The state after the last step that was read.

    Args:
        bidirectional: Whether the second half of the features was read from the end, so that its
            last step read is the first one.
    """

    states: ClassVar[tuple[str, ...]] = ("h",)
    bidirectional: bool = False

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        last = last_step(ops, x, lengths)
        if not self.bidirectional:
            return last
        half = int(x.shape[-1]) // 2
        return ops.concatenate([last[:, :half], x[:, 0, half:]], axis=-1)


@register_layer("max")
@dataclass(frozen=True, kw_only=True)
class Max(Summary):
    """The maximum of each feature over the real steps."""

    states: ClassVar[tuple[str, ...]] = ("peak",)

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        inside = real(ops, lengths, ops.shape(x)[1])[:, :, None]
        return ops.max(ops.where(inside, x, -3e38), axis=1)


@register_layer("mean")
@dataclass(frozen=True, kw_only=True)
class Mean(Summary):
    """The mean of each feature over the real steps."""

    states: ClassVar[tuple[str, ...]] = ("mean",)

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        inside = real(ops, lengths, ops.shape(x)[1])[:, :, None]
        total = ops.sum(ops.where(inside, x, 0.0), axis=1)
        return total / ops.cast(lengths, "float32")[:, None]


@register_layer("both")
@dataclass(frozen=True, kw_only=True)
class Both(Summary):
    """The maximum and the mean of each feature over the real steps, side by side."""

    states: ClassVar[tuple[str, ...]] = ("peak", "mean")

    def width(self, width: int) -> int:
        return 2 * width

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        parts = [one.forward(ops, weights, x, lengths) for one in (Max(), Mean())]
        return ops.concatenate(parts, axis=-1)
