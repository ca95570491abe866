"""The LSTM: its weights, and its formula step by step.

Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8), with the
forget gate of Gers et al. 2000, as Keras computes it. In training an engine computes it:
`seqmodels.nn.lstm`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Weight, real

State = tuple[Any, Any]  # h and c, [B, H] each


@register_layer("lstm")
@dataclass(frozen=True, kw_only=True)
class Lstm(Layer):
    """Reads the real steps of each row: [B, T, C] -> [B, T, H].

    H is `units`, or twice that for two directions. The second direction reads each row from its
    own last real step to its first.

    Args:
        units: Width of each direction.
        bidirectional: Read from both ends.
        memory: Steps that a state is to last before training: gate biases are drawn so that
            states fade over 1 to `memory` steps (chrono initialisation, Tallec and Ollivier 2018,
            "Can recurrent neural networks warp time?"). None: a forget bias of 1.
        dropout: Share of the input's features dropped in training, the same at every step.
    """

    units: int = 8
    bidirectional: bool = False
    memory: int | None = None
    dropout: float = 0.0

    @property
    def directions(self) -> tuple[str, ...]:
        return ("forward", "backward") if self.bidirectional else ("forward",)

    def weights(self, width: int) -> dict[str, Weight]:
        found = {}
        for i, name in enumerate(self.directions):
            gates = 4 * self.units
            found[f"{name}/kernel"] = Weight((width, gates), "glorot_uniform", draw=2 * i)
            turn = Weight((self.units, gates), "orthogonal", draw=2 * i + 1)
            found[f"{name}/recurrent_kernel"] = turn
            found[f"{name}/bias"] = Weight((gates,), self._bias, draw=i)
        return found

    def width(self, width: int) -> int:
        return len(self.directions) * self.units

    def _bias(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        """Return gate biases [4H], in Keras's order: input, forget, cell, output."""
        size = shape[0] // 4
        if self.memory is None:
            return np.repeat(np.array([0, 1, 0, 0], np.float32), size)
        spans = np.random.default_rng(seed).uniform(1, self.memory - 1, size)
        forget = np.log(spans)
        return np.concatenate([-forget, forget, np.zeros(2 * size)]).astype(np.float32)

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return self.read(ops, weights, x, lengths)[0]

    def read(
        self,
        ops: Any,
        weights: Arrays,
        x: Any,
        lengths: Any,
        initial: Sequence[State] | None = None,
    ) -> tuple[Any, list[State]]:
        """Return every step [B, T, H], and the state after the last step of each direction.

        Args:
            ops: As of `forward`; T must be known.
            weights: As of `forward`.
            x: Steps [B, T, C].
            lengths: [B].
            initial: The states that each direction starts from. None: zeros.
        """
        batch, steps = ops.shape(x)[:2]
        inside = real(ops, lengths, steps)[:, :, None]  # [B, T, 1]
        x = ops.where(inside, x, 0)
        backward = ops.maximum(lengths[:, None] - 1 - ops.arange(steps)[None, :], 0)  # [B, T]
        found, states = [], []
        for i, name in enumerate(self.directions):
            own = {key: weights[f"{name}/{key}"] for key in ("kernel", "recurrent_kernel", "bias")}
            start = initial[i] if initial else (ops.zeros((batch, self.units)),) * 2
            read = x if i == 0 else ops.take_steps(x, backward)
            every, state = _scan(ops, own, read, inside, *start)
            found.append(every if i == 0 else ops.take_steps(every, backward))
            states.append(state)
        return (found[0] if len(found) == 1 else ops.concatenate(found, axis=-1)), states


def _scan(ops: Any, weights: Arrays, x: Any, inside: Any, h: Any, c: Any) -> tuple[Any, State]:
    """Return every h [B, T, H], and the state after the last real step of each row."""
    gates = ops.add(ops.matmul(x, weights["kernel"]), weights["bias"])  # [B, T, 4H]
    every = []
    for t in range(int(x.shape[1])):
        z = ops.add(gates[:, t], ops.matmul(h, weights["recurrent_kernel"]))
        i, f, g, o = ops.split(z, 4, axis=-1)  # input, forget, cell, output
        cell = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        state = ops.sigmoid(o) * ops.tanh(cell)
        h, c = ops.where(inside[:, t], state, h), ops.where(inside[:, t], cell, c)
        every.append(h)
    return ops.stack(every, axis=1), (h, c)
