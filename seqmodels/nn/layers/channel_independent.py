"""Channel independence: each channel is read by itself, all with the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Place


@register_layer("channel_independent")
@dataclass(frozen=True, kw_only=True)
class ChannelIndependent(Layer):
    """Makes each of some channels a row of its own (PatchTST, Nie et al. 2023).

    [B, T, C] -> [B * G, T, 1].

    Args:
        channels: The G channels.
    """

    rows: ClassVar[Literal["kept", "split", "merged"]] = "split"
    channels: tuple[int, ...] = (0,)

    def width(self, width: int) -> int:
        return 1

    def steps(self, ops: Any, lengths: Any) -> Any:
        return ops.repeat(lengths, len(self.channels))

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        batch, steps = ops.shape(x)[:2]
        x = ops.transpose(ops.take(x, list(self.channels), axis=2), [0, 2, 1])  # [B, G, T]
        return ops.reshape(x, [batch * len(self.channels), steps, 1])


@register_layer("channels_together")
@dataclass(frozen=True, kw_only=True)
class ChannelsTogether(Layer):
    """Undoes channel independence: the outputs of the G channels side by side.

    [B * G, H] -> [B, G * H].

    Args:
        channels: G.
    """

    place: ClassVar[Place] = "outputs"
    rows: ClassVar[Literal["kept", "split", "merged"]] = "merged"
    channels: int = 1

    def width(self, width: int) -> int:
        return self.channels * width

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return ops.reshape(x, [-1, self.channels * int(x.shape[-1])])
