"""The network as one list of layers, and the one walk along it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seqmodels.core.encoder import Spec
from seqmodels.core.errors import InputError
from seqmodels.core.reads import Reads
from seqmodels.nn import numpy_ops
from seqmodels.nn.layers import EnsembleMean, Layer, Level, Ngrams, Skip, Weight

MEMBER = 1000  # from the seeds of one member to those of the next


@dataclass(frozen=True)
class Placed:
    """A layer in the network.

    Args:
        name: Of the layer, first part of the names of its weights.
        layer: What it is.
        draw: Added to the network's seed.
    """

    name: str
    layer: Layer
    draw: int = 0


class Walker(Protocol):
    """Action of a walk along the network on each layer."""

    def apply(
        self, name: str, placed: Placed, x: Any, lengths: Any, seed: int, following: Layer | None
    ) -> tuple[Any, Any]:
        """Return the result of a layer, and the lengths after it."""
        ...

    def add(self, name: str, y: Any, more: Any) -> Any:
        """Return the sum of two outputs."""
        ...

    def join(self, name: str, parts: list[Any]) -> Any:
        """Return features side by side."""
        ...


@dataclass(frozen=True, kw_only=True)
class Network:
    """Layers from the steps of a batch to the outputs that a head reads.

    The list is walked from its first layer to its last. Layers at the place "joined", "beside"
    and "averaged" read the steps as they are at their position in the list. Building, loading,
    explaining and answering without TensorFlow are walks along the same list.

    Args:
        spec: What a step is.
        layers: Of each member, in their order.
        shared: Layers before those, which all members read through; they have no weights.
        members: Ensemble size; members differ in their seed.
        reads: "summary": outputs [B, K]; else every step's outputs [B, T', K], and the lengths.
    """

    spec: Spec
    layers: tuple[Placed, ...]
    shared: tuple[Placed, ...] = ()
    members: int = 1
    reads: Reads = "summary"

    def walk(self, walker: Walker, x: Any, lengths: Any, seed: int = 0) -> Any:
        """Return the result of a walker on the steps `x` and their lengths."""
        shared = _Way(x, lengths)
        for placed in self.shared:
            shared.step(walker, placed.name, placed, seed, None)
        answers, way = [], shared
        for member in range(self.members):
            way = shared.copied()
            after = [placed.layer for placed in self.layers[1:]] + [None]
            for placed, following in zip(self.layers, after, strict=True):
                name = named(placed.name, member)
                way.step(walker, name, placed, seed + MEMBER * member, following)
            answers += [way.x, *way.averaged]
        if self.reads != "summary":
            return way.x, way.lengths
        if len(answers) == 1:
            return answers[0]
        together = Placed("members", EnsembleMean())
        return walker.apply("members", together, answers, None, seed, None)[0]

    def weights(self) -> Iterator[tuple[str, Weight]]:
        """Yield each array of weights by name, none of which is made for it.

        Names are those of a stock Keras LSTM: "lstm_0/forward/kernel".
        """
        for member in range(self.members):
            one = dataclasses.replace(self, members=1)
            found = _Shapes()
            one.walk(found, self.spec.channels or 0, None)
            for name, weight in found.weights:
                yield named(name, member), weight

    def answer(self, weights: Mapping[str, Any], x: Any, lengths: Any, ops: Any = numpy_ops) -> Any:
        """Return the outputs for a batch, computed by the layers' formulas.

        Args:
            weights: Arrays by the names of `weights`.
            x: Ids [B, T] or numbers [B, T, C].
            lengths: [B] int32.
            ops: Array namespace; default: NumPy.
        """
        return self.walk(_Formulas(ops, weights), x, lengths)

    def steps(self, lengths: np.ndarray) -> np.ndarray:
        """Return how many outputs rows of these lengths have, [N], where every step has one."""
        for placed in (*self.shared, *self.layers):
            if placed.layer.place == "steps":
                lengths = placed.layer.steps(numpy_ops, lengths)
        return lengths

    def explained(self) -> Network:
        """Return the network that reads the vectors of an embedding, without n-grams."""
        names = [placed.name for placed in self.layers]
        if "embedding" not in names:
            return self
        table: Any = self.layers[names.index("embedding")].layer
        kept = self.layers[names.index("embedding") + 1 :]
        return dataclasses.replace(self, spec=Spec(channels=table.units), layers=kept)

    @property
    def ngrams(self) -> Ngrams | None:
        """The n-gram layer, whose contributions are known exactly."""
        found = [placed.layer for placed in self.layers if isinstance(placed.layer, Ngrams)]
        return found[0] if found else None

    def starts_from(self, kernel: np.ndarray, bias: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield weights by name that make the outputs follow from the last step alone.

        Training can then only add to it: the LSTM has no effect on the outputs yet, and its own
        weights get gradients from the second step on.

        Args:
            kernel: From the channels of the last step to the outputs, [C, K].
            bias: [K].
        """
        placed = [*self.shared, *self.layers]
        shapes = {name: weight.shape for name, weight in self.weights()}
        levels = [one.name for one in placed if isinstance(one.layer, Level)]
        skips = any(isinstance(one.layer, Skip) for one in placed)
        for member in range(self.members):
            name = f"{named('outputs', member)}/kernel"
            start = np.zeros(shapes[name], np.float32)
            for level in levels:
                yield f"{named(level, member)}/kernel", kernel.astype(np.float32)
                yield f"{named(level, member)}/bias", bias.astype(np.float32)
            if skips:
                start[-len(kernel) :] = kernel  # what is joined comes last
                yield f"{named('outputs', member)}/bias", bias.astype(np.float32)
            yield name, start


def named(name: str, member: int) -> str:
    """Return the name of a part of a member; that of the first member is plain."""
    return f"member_{member}_{name}" if member else name


class _Way:
    """State of a walk: the steps, and the arrays to join, add and average."""

    def __init__(self, x: Any, lengths: Any):
        self.x, self.lengths = x, lengths
        self.joined: list[Any] = []
        self.averaged: list[Any] = []
        self.beside: list[list[tuple[str, Any]]] = [[]]  # one list more where channels are rows

    def copied(self) -> _Way:
        other = _Way(self.x, self.lengths)
        other.joined, other.averaged = [*self.joined], [*self.averaged]
        other.beside = [[*parts] for parts in self.beside]
        return other

    def step(
        self, walker: Walker, name: str, placed: Placed, seed: int, following: Layer | None
    ) -> None:
        layer, place = placed.layer, placed.layer.place
        if place == "outputs" and self.joined:
            self.x = walker.join(f"{name}_joined", [self.x, *self.joined])
            self.joined = []
        y, lengths = walker.apply(name, placed, self.x, self.lengths, seed, following)
        if place in ("joined", "averaged"):
            {"joined": self.joined, "averaged": self.averaged}[place].append(y)
        elif place == "beside":
            self.beside[-1].append((name, y))
        else:
            self.x, self.lengths = y, lengths
        if layer.rows == "split":
            self.beside.append([])
        elif layer.rows == "merged":
            self.beside.pop()
        if place == "outputs":
            for part, more in self.beside[-1]:
                self.x = walker.add(f"{part}_added", self.x, more)
            self.beside[-1].clear()


class _Shapes:
    """The walk that collects the weights: steps and features are their widths."""

    def __init__(self) -> None:
        self.weights: list[tuple[str, Weight]] = []

    def apply(
        self, name: str, placed: Placed, x: Any, lengths: Any, seed: int, following: Layer | None
    ) -> tuple[Any, Any]:
        if isinstance(x, list):
            return x[0], None
        found = placed.layer.weights(x)
        self.weights += [(f"{name}/{key}", weight) for key, weight in found.items()]
        return placed.layer.width(x), None

    def add(self, name: str, y: Any, more: Any) -> Any:
        if y != more:
            raise InputError(f"Layer {name!r} needs as many outputs as the network, {y}.")
        return y

    def join(self, name: str, parts: list[Any]) -> Any:
        return sum(parts)


class _Formulas:
    """The walk that computes: each layer by its formula."""

    def __init__(self, ops: Any, weights: Mapping[str, Any]):
        self.ops = ops
        self.weights: dict[str, dict[str, Any]] = {}
        for path, value in weights.items():
            name, _, key = path.partition("/")
            self.weights.setdefault(name, {})[key] = value

    def apply(
        self, name: str, placed: Placed, x: Any, lengths: Any, seed: int, following: Layer | None
    ) -> tuple[Any, Any]:
        layer, weights = placed.layer, self.weights.get(name, {})
        y = layer.forward(self.ops, weights, x, lengths)
        return y, lengths if lengths is None else layer.steps(self.ops, lengths)

    def add(self, name: str, y: Any, more: Any) -> Any:
        return self.ops.add(y, more)

    def join(self, name: str, parts: list[Any]) -> Any:
        return self.ops.concatenate(parts, axis=-1)
