"""Head for one of two classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Gt, Lt

from seqmodels.core.encoder import learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_head
from seqmodels.heads.base import Head, Prediction, WeightedScores
from seqmodels.heads.classes import (
    Coded,
    Label,
    class_scores,
    index,
    labels,
    occurrences,
    prior,
    ranked,
    roc_auc,
)
from seqmodels.heads.linear import logistic
from seqmodels.plots import charts

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

WHO = "Head 'binary'"


@register_head("binary")
@dataclass(frozen=True, kw_only=True)
class Binary(Head):
    """One of two classes, and the probability of each.

    Args:
        positive: Label or labels of the second class; all other labels form the first class.
            None: the targets have two labels, and the later in order is the second class.
        threshold: Probability from which the answer is the second class, above 0, below 1.
        classes: Learned. Names of the two classes.
        counts: Learned. Number of training examples of each class.
    """

    positive: Label | tuple[Label, ...] | None = None
    threshold: Annotated[float, Gt(0), Lt(1)] = 0.5
    classes: tuple[Label, ...] | None = learned()
    counts: tuple[int, ...] | None = learned()

    def fit(self, targets: Sequence[Any]) -> Binary:
        values = labels(targets, WHO)
        found, _ = ranked(values)
        fitted = replace(self, classes=self._two(found))
        picks = fitted._index(values)
        return replace(fitted, counts=(int((picks == 0).sum()), int((picks == 1).sum())))

    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        return self._index(labels(targets, WHO))[:, None].astype(np.float32)  # [N, 1]

    @property
    def units(self) -> int:
        return 1

    def loss(self) -> keras.Loss:
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    def metrics(self) -> list[keras.Metric]:
        import keras

        level = float(np.log(self.threshold / (1 - self.threshold)))

        def hits(y_true: Any, y_pred: Any) -> Any:
            return keras.ops.equal(y_true > 0.5, y_pred >= level)

        return [keras.metrics.MeanMetricWrapper(hits, name="accuracy")]

    def decode(self, outputs: np.ndarray) -> Prediction:
        second = 0.5 * (1 + np.tanh(outputs[:, 0].astype(np.float64) / 2))  # sigmoid, [N]
        picks = (second >= self.threshold).astype(int)
        scores = np.stack([1 - second, second], axis=1)  # [N, 2]
        return Prediction(np.array(self.classes)[picks], scores, self.classes)

    def weighted_scores(self, targets: Sequence[Any], prediction: Prediction) -> WeightedScores:
        truth = self._index(labels(targets, WHO))
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        of_classes = class_scores(truth, picks, prediction.scores, 2)
        area = None if prediction.scores is None else roc_auc(truth, prediction.scores[:, 1])

        def scores(weights: np.ndarray) -> dict[str, np.ndarray]:
            found, f1 = of_classes(weights)
            found["f1"] = np.nan_to_num(f1[:, 1], nan=0.0)  # of a class that is never answered
            return found if area is None else found | {"roc_auc": area(weights)}

        return scores

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        outputs = logistic(x, y[:, 0], x_valid, y_valid[:, 0], x_test, 2)  # [L, 2]
        return outputs[:, 1:] - outputs[:, :1]

    def trivial(self, n: int) -> Prediction:
        return prior(self.classes or (), self.counts or (), n)

    def class_counts(self, y: np.ndarray) -> dict[Any, int]:
        return occurrences(y[:, 0], self.classes or ())

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        truth = self._index(labels(targets, WHO))
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        names = [str(name) for name in self.classes or ()]
        drawn = {"confusion": charts.confusion(truth, picks, names)}
        if prediction.scores is not None and len(np.unique(truth)) == 2:
            drawn["roc"] = charts.roc(truth, prediction.scores[:, 1], names[1])
        return drawn

    def _two(self, found: tuple[Label, ...]) -> tuple[Label, ...]:
        """Return the names of the two classes."""
        if len(found) < 2:
            raise InputError(
                f"{WHO} needs examples of 2 classes, found only {some(found)} in the training "
                f"part. There is nothing to tell apart."
            )
        if self.positive is None:
            if len(found) > 2:
                raise InputError(
                    f"{WHO} needs 2 classes, found {len(found)}: {some(found)}. "
                    f"Use head 'multiclass', or name the positive ones: positive={found[-1]!r}."
                )
            return found
        absent = sorted(self._positives() - {str(label) for label in found})
        second = [label for label in found if str(label) in self._positives()]
        if absent or len(second) == len(found):
            fault = f"no example of {some(absent)}" if absent else "no example of anything else"
            raise InputError(
                f"{WHO} with positive={self.positive!r} found {fault}. The labels are "
                f"{some(found, 20)}; name some of them, not all."
            )
        if len(found) == 2:
            return (next(label for label in found if label != second[0]), second[0])
        name = " or ".join(str(label) for label in second)
        return (f"not {name}", name)

    def _positives(self) -> set[str]:
        """Return the labels of the second class as text, so that 7 and "7" are the same."""
        given = self.positive if isinstance(self.positive, tuple) else (self.positive,)
        return {str(label) for label in given}

    def _index(self, values: Sequence[Label]) -> np.ndarray:
        """Return 0 or 1 for each label, [N]."""
        if self.positive is None:
            return index(values, self.classes, WHO)
        if isinstance(values, Coded):
            return self._index(values.names)[values.codes]
        return np.array([str(value) in self._positives() for value in values], dtype=np.int32)
