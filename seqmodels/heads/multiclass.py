"""One of several classes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from seqmodels import plots
from seqmodels.errors import InputError, some
from seqmodels.heads.base import Head, Prediction
from seqmodels.heads.classes import UNDEFINED, Label, class_scores, index, labels, prior, ranked
from seqmodels.heads.regression import numbers
from seqmodels.registry import register_head

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

WHO = "Head 'multiclass'"


@register_head("multiclass")
@dataclass(frozen=True, kw_only=True)
class Multiclass(Head):
    """One logit per class.

    Args:
        bins: Turn numbers into this many classes of equal share, 2 to 100, cut at quantiles of
            the training targets (fewer where many targets are equal). None: targets are labels.
        edges: Learned, with `bins`. The numbers between the classes, in the target's units; a
            number on an edge belongs to the class below.
        classes: Learned. The labels, in order.
        counts: Learned. Training examples of each.
    """

    bins: Annotated[int, Ge(2), Le(100)] | None = None
    edges: tuple[float, ...] | None = None
    classes: tuple[Label, ...] | None = None
    counts: tuple[int, ...] | None = None

    def fit(self, targets: Sequence[Any]) -> Multiclass:
        fitted = self if self.bins is None else self._cut(numbers(targets, WHO))
        values = fitted._labels(targets)
        classes, counts = ranked(values)
        if fitted.classes is not None:  # named by the edges, in their order
            tally = dict(zip(classes, counts, strict=True))
            classes, counts = fitted.classes, tuple(tally.get(c, 0) for c in fitted.classes)
        if len(classes) < 2:
            raise InputError(
                f"{WHO} needs examples of at least 2 classes, found only {some(classes)} in the "
                f"training part. There is nothing to tell apart."
            )
        if len(values) >= 50 and len(classes) > len(values) / 2:
            raise InputError(
                f"{WHO} found {len(classes)} classes in {len(values)} training examples, too few "
                f"of each to learn from. Use head 'regression' for numbers, or bins=4."
            )
        return replace(fitted, classes=classes, counts=counts)

    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        return index(self._labels(targets), self.classes, WHO)  # [N]

    @property
    def units(self) -> int:
        return len(self.classes or ())

    def loss(self) -> keras.Loss:
        import keras

        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def metrics(self) -> list[keras.Metric]:
        import keras

        return [keras.metrics.SparseCategoricalAccuracy("accuracy")]

    def decode(self, outputs: np.ndarray) -> Prediction:
        outputs = outputs.astype(np.float64)
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))  # no overflow
        scores = shifted / shifted.sum(axis=1, keepdims=True)  # [N, K]
        return Prediction(np.array(self.classes)[scores.argmax(axis=1)], scores, self.classes)

    def score(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, float]:
        from sklearn.metrics import f1_score

        truth = self.encode(targets)
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        scores = class_scores(truth, picks, prediction.scores, self.units)
        scores["macro_f1"] = float(f1_score(truth, picks, average="macro", zero_division=UNDEFINED))
        if prediction.scores is not None and self.units > 3:
            best = np.argsort(-prediction.scores, axis=1, kind="stable")[:, :3]  # [N, 3]
            scores["top_3"] = float((best == truth[:, None]).any(axis=1).mean())
        return scores

    def trivial(self, n: int) -> Prediction:
        return prior(self.classes or (), self.counts or (), n)

    def naive(self, forecasts: Any) -> Prediction | None:
        if self.edges is None:
            return None
        return Prediction(np.array(self._labels(forecasts)), columns=self.classes)

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        names = [str(name) for name in self.classes or ()]
        return {"confusion": plots.confusion(self.encode(targets), picks, names)}

    def _cut(self, values: np.ndarray) -> Multiclass:
        """Return a copy that knows the edges and the names of its classes."""
        if values.shape[1] != 1:
            raise InputError(
                f"{WHO} with bins= needs one number per example, got {values.shape[1]}. "
                f"Use head 'regression' for several."
            )
        inner = np.quantile(values[:, 0], np.arange(1, self.bins or 2) / (self.bins or 2))
        edges = np.unique(inner[inner < values.max()])
        if not len(edges):
            raise InputError(
                f"{WHO} cannot cut targets into {self.bins} bins: nearly all are "
                f"{float(np.median(values)):g}. There is nothing to tell apart."
            )
        shown = [f"{edge:.4g}" for edge in edges]
        if len(set(shown)) < len(shown):
            shown = [repr(float(edge)) for edge in edges]
        between = [f"{low} to {high}" for low, high in itertools.pairwise(shown)]
        names = (f"up to {shown[0]}", *between, f"above {shown[-1]}")
        return replace(self, edges=tuple(edges.tolist()), classes=names)

    def _labels(self, targets: Sequence[Any]) -> list[Label]:
        if self.edges is None or self.classes is None:
            return labels(targets, WHO)
        places = np.searchsorted(self.edges, numbers(targets, WHO)[:, 0], side="left")
        return [self.classes[place] for place in places]
