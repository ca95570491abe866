"""Base class of layers: place in the network, weights and formula. NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from seqmodels.core.sequences import Sequences

Place = Literal[
    "steps", "summary", "features", "outputs", "joined", "beside", "averaged", "ensemble"
]
Start = str | Callable[[tuple[int, ...], int], np.ndarray]
Arrays = Mapping[str, Any]  # the weights of a layer by name: tensors, or NumPy arrays


@dataclass(frozen=True)
class Weight:
    """One array of weights.

    Args:
        shape: Of the array.
        start: Initial values: "zeros", "ones", "uniform" (from -0.05 to 0.05),
            "glorot_uniform", "orthogonal", or a function of (shape, seed).
        trainable: Whether the optimizer moves it.
        draw: Added to the seed of the layer, so that two weights start differently.
    """

    shape: tuple[int, ...]
    start: Start = "zeros"
    trainable: bool = True
    draw: int = 0


class Draw(Protocol):
    """Random numbers of a layer in training."""

    def uniform(self, shape: Any) -> Any:
        """Return numbers from 0 to 1."""
        ...

    def dropout(self, x: Any, rate: float) -> Any:
        """Return `x` with a share of its numbers set to zero, the others scaled up."""
        ...


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the network: a frozen dataclass of JSON types.

    A layer writes its formula once, over an array namespace `ops`: `keras.ops` in training, and
    NumPy where answers are computed without TensorFlow. `ops` has more than these:
    `ops.lookup(table, ids)`, the rows of a table [V, C]; `ops.take_steps(x, places)`, the
    steps of each row [B, T, C] at places [B, ...]; and `ops.add_n(arrays)`.

    Attributes:
        place: What the layer reads, and where its result goes.

            - "steps": steps [B, T, C] become steps.
            - "summary": steps [B, T, H] become features [B, F] of the sequence.
            - "features": features become features.
            - "outputs": features become outputs [B, K], or outputs become outputs.
            - "joined": reads steps; its result is laid beside the features.
            - "beside": reads steps; its result [B, K] is added to the outputs.
            - "averaged": reads steps; its result [B, K] is averaged with the outputs.
            - "ensemble": the outputs of all members become outputs.
        ids: Whether the steps that it reads are ids [B, T].
        random: Whether `train` draws random numbers.
        rows: "split" where a row of the batch becomes several, "merged" where this is undone.
    """

    place: ClassVar[Place] = "steps"
    ids: ClassVar[bool] = False
    random: ClassVar[bool] = False
    rows: ClassVar[Literal["kept", "split", "merged"]] = "kept"

    def weights(self, width: int) -> dict[str, Weight]:
        """Return the weights by name, for steps or features of this width; default: none."""
        return {}

    def width(self, width: int) -> int:
        """Return the width of the result for this width of the input; default: the same."""
        return width

    def steps(self, ops: Any, lengths: Any) -> Any:
        """Return how many steps each row has after the layer, [B]; default: as many."""
        return lengths

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        """Return the result of the layer: its formula.

        Args:
            ops: Array namespace: `keras.ops` or its NumPy counterpart.
            weights: By the names of `weights`.
            x: Steps [B, T, C], or features [B, F] at the places "features" and "outputs".
            lengths: Real steps of each row, [B] int32. What lies past them must change nothing,
                and may be NaN.
        """
        raise NotImplementedError

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, Mapping[str, Any]]:
        """Return the result in training, and new values of weights; default: the formula.

        Args:
            ops: As of `forward`.
            weights: As of `forward`.
            x: As of `forward`.
            lengths: As of `forward`.
            draw: Random numbers, if the layer is `random`.
            learns: Whether weights may get new values.
        """
        return self.forward(ops, weights, x, lengths), {}

    def adapt(
        self,
        weights: Mapping[str, np.ndarray],
        sequences: Sequences,
        pulls: np.ndarray,
        unlabelled: Sequences | None,
        seed: int,
    ) -> Mapping[str, np.ndarray]:
        """Return weights that are learned from the training part before the first step.

        Args:
            weights: As they are now.
            sequences: Encoded inputs of the training part.
            pulls: Where each example would have the outputs go, [N, K], in units of their spread;
                zeros where each example has several targets.
            unlabelled: More inputs, without a target.
            seed: Of the layer.

        Returns:
            New values by name; default: none.
        """
        return {}


def real(ops: Any, lengths: Any, steps: Any) -> Any:
    """Return whether each of so many steps is a real one, [B, T]."""
    return ops.arange(steps)[None, :] < lengths[:, None]


def last_step(ops: Any, x: Any, lengths: Any) -> Any:
    """Return the last real step of each row: [B, T, C] -> [B, C]."""
    return ops.take_steps(x, lengths - 1)


def dense(ops: Any, weights: Arrays, x: Any) -> Any:
    """Return x @ kernel + bias."""
    return ops.add(ops.matmul(x, weights["kernel"]), weights["bias"])


def dense_weights(width: int, units: int) -> dict[str, Weight]:
    """Return the kernel and the bias of `dense`."""
    return {"kernel": Weight((width, units), "glorot_uniform"), "bias": Weight((units,))}
