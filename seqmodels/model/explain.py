"""What each step of an input contributed to an answer, by integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from seqmodels.model.sequence_model import SequenceModel

POINTS = 64  # of the integral, at first
PANEL = 8  # points of a stretch of the way
MISSED = 0.02  # a gap from which on stretches that miss something are parted
ROUNDS = 4  # of parting, each into four
MOST = 48  # stretches that are looked at beyond the first
UNTOLD = 0.05  # a gap from which on the parts are not to be shown
BATCH = 2**14  # steps that are differentiated together, padding included


@dataclass(frozen=True, eq=False)
class Explained:
    """What the steps of one input contributed.

    Args:
        parts: What each step added to the output, [T].
        output: The output for the input.
        baseline: The output for the baseline: as many steps that say nothing.
    """

    parts: np.ndarray
    output: float
    baseline: float

    @property
    def gap(self) -> float:
        """What the parts miss of the difference of the outputs, as a share of the largest sum.

        The integral is over a finite number of points, so that it is not quite 0. Where the
        output jumps on the way, as it may for long inputs, it can be large.
        """
        missed = abs(float(self.parts.sum()) - (self.output - self.baseline))
        return missed / max(abs(self.output - self.baseline), float(np.abs(self.parts).sum()), 1e-9)

    @property
    def whole(self) -> bool:
        """Whether the parts make up the difference so nearly that they may be shown."""
        return self.gap <= UNTOLD


class Explainer:
    """Integrated gradients of a model's outputs along the way from a baseline to an input.

    Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", ICML. The way
    leads through the embeddings of words, or through the encoded numbers. It starts from a text
    of as many unknown words, or from steps of zeros, which for standardised numbers is the mean of
    the training part. What a step contributed is the sum over its features, and the steps
    together make up the difference of the outputs.

    It differentiates a network of the same weights that reads vectors and has no dropout, on
    the engine that the model runs on.

    Args:
        model: Trained.
        points: Of the integral at first, by the rule of Gauss and Legendre on stretches of the
            way. Stretches that miss something of what the output rises there are parted, so
            that the points lie where it jumps.
    """

    def __init__(self, model: SequenceModel, *, points: int = POINTS):
        import tensorflow as tf

        from seqmodels.nn import keras_network

        weights = keras_network.weights_of(model.network)
        network = model.backbone.network(model.encoder.spec, model.head.units)
        self.table: np.ndarray | None = None
        if network.spec.vocabulary is not None:
            self.table = np.asarray(weights["embedding/embeddings"])  # [V, C]
        self.ngrams = network.ngrams
        self._said = {
            key: np.asarray(weights[f"ngrams/{key}"]) for key in ("table", "scale") if self.ngrams
        }
        network = network.explained()
        twin = keras_network.build(network, still=True)
        for name, weight in keras_network.weights_of(twin).items():
            weight.assign(weights[name])
        self.points = points
        like = [
            ((None, None, network.spec.channels), "float32"),
            ((None,), "int32"),
            ((None,), "float32"),
        ]

        def slopes(x: tf.Tensor, lengths: tf.Tensor, unit: tf.Tensor) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs: Any = twin({"x": x, "lengths": lengths}, training=True)
                value = tf.linalg.matvec(outputs, unit)  # [B]
            return tape.gradient(value, x), value

        signature = [tf.TensorSpec(shape, kind) for shape, kind in like]
        self._slopes = tf.function(slopes, input_signature=signature, autograph=False)

    def explain(self, steps: np.ndarray, unit: np.ndarray) -> Explained:
        """Explain one encoded input.

        Args:
            steps: Ids [T] or numbers [T, C].
            unit: Which output is explained, as weights of the network's outputs, [units].
        """
        x, start = self._vectors(steps)
        unit = np.asarray(unit, np.float32)
        edges = np.linspace(0, 1, max(1, self.points // PANEL) + 1)
        todo, left = np.stack([edges[:-1], edges[1:]], axis=1), MOST  # stretches [S, 2]
        kept, values = [], {}
        for round_ in range(ROUNDS + 1):
            parts = self._parts(x, start, unit, todo)  # [S, T]
            values |= self._values(x, start, unit, [p for p in np.unique(todo) if p not in values])
            rise = np.array([values[high] - values[low] for low, high in todo])
            missed = np.abs(parts.sum(axis=1) - rise)
            size = max(abs(values[1.0] - values[0.0]), 1e-9)
            worst = np.argsort(-missed, kind="stable")[: left // 4]
            worst = worst[missed[worst] > MISSED / len(edges) * size]
            if round_ == ROUNDS or not len(worst):
                kept.append(parts.sum(axis=0))
                break
            kept.append(np.delete(parts, worst, axis=0).sum(axis=0))
            left -= 4 * len(worst)
            finer = np.linspace(todo[worst, 0], todo[worst, 1], 5)  # [5, S]
            todo = np.stack([finer[:-1].ravel(), finer[1:].ravel()], axis=1)
        beside = self._beside(steps, unit)
        parts = np.sum(kept, axis=0) + beside.parts
        return Explained(parts, values[1.0] + beside.output, values[0.0] + beside.baseline)

    def _parts(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, panels: np.ndarray
    ) -> np.ndarray:
        """Return the integral of the slopes along stretches of the way [S, 2], by step [S, T]."""
        places, shares = np.polynomial.legendre.leggauss(PANEL)  # from -1 to 1
        wide = (panels[:, 1] - panels[:, 0]) / 2  # [S]
        at = (panels.mean(axis=1)[:, None] + wide[:, None] * places).ravel()  # [S * PANEL]
        weights, way = (wide[:, None] * shares).ravel(), x - start
        found = np.zeros((len(at), len(x)))
        for here, slopes, _ in self._along(x, start, unit, at):
            found[here] = (slopes * way).sum(axis=-1) * weights[here, None]
        return found.reshape(len(panels), PANEL, len(x)).sum(axis=1)

    def _values(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, at: list[float]
    ) -> dict[float, float]:
        """Return the output at places of the way, by place."""
        found: dict[float, float] = {}
        for here, _, values in self._along(x, start, unit, np.array(at)):
            found |= dict(zip(at[here], values.tolist(), strict=True))
        return found

    def _along(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, at: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield slopes [B, T, C] and outputs [B] at places of the way [P], some at a time."""
        most = max(1, BATCH // len(x))
        for first in range(0, len(at), most):
            here = slice(first, first + most)
            batch = start + at[here, None, None].astype(np.float32) * (x - start)  # [B, T, C]
            slopes, values = self._slopes(batch, np.full(len(batch), len(x), np.int32), unit)
            yield here, np.asarray(slopes), np.asarray(values)

    def _beside(self, steps: np.ndarray, unit: np.ndarray) -> Explained:
        """Explain what words and n-grams say by themselves; each word of one has its share."""
        parts, ids = np.zeros(len(steps)), np.asarray(steps, np.int64)
        if self.ngrams is None:
            return Explained(parts, 0.0, 0.0)
        there, nowhere = (
            self.ngrams.contributions(self._said, one) @ unit for one in (ids, np.zeros_like(ids))
        )  # [G]
        more = there - nowhere
        for n in range(1, self.ngrams.longest + 1):
            here, more = np.split(more, [max(0, len(ids) - n + 1)])
            for i in range(n if len(here) else 0):
                parts[i : i + len(here)] += here / n
        return Explained(parts, float(there.sum()), float(nowhere.sum()))

    def _vectors(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of an input and of its baseline, [T, C] each."""
        if self.table is None:
            x = np.asarray(steps, np.float32)
            return x, np.zeros_like(x)
        ids = np.asarray(steps, np.int64)
        return self.table[ids], np.broadcast_to(self.table[0], (len(ids), self.table.shape[1]))
