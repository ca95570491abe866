"""Interface of heads: everything that depends on the kind of prediction."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import take
from seqmodels.core.reads import PER_STEP, Reads
from seqmodels.core.sequences import Sequences
from seqmodels.heads.prediction import Prediction

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure


WeightedScores = Callable[[np.ndarray], dict[str, np.ndarray]]


class Head(abc.ABC):
    """Turns targets into numbers and the network's outputs into answers. Saved with the model.

    A frozen dataclass of JSON types, like an encoder: learned fields default to `learned()`,
    which is None, and `fit` returns a copy with these fields filled in. The network's outputs
    are logits or plain numbers; only `decode` applies an activation. Methods import Keras when
    they need it, so that targets can be checked without it.

    What the methods below get depends on `reads` (see `seqmodels.core.reads`):

    - "summary": encoded targets [N, ...] and outputs [N, units].
    - "steps": `encode` returns `Sequences`, one target for each step. Loss and metrics get the
      real steps of a batch end to end, targets [S, ...] and outputs [S, units], so that padding
      cannot count. `decode` gets `Sequences` of outputs, values [L, units].
    - "next": as "steps"; there is no target column. `fit` gets the encoder's `Spec`; targets are
      the encoded input from its second step on, and scores compare answers with them.
    - "whole": `encode` returns `Sequences`, each of its own length. `loss` returns a function of
      two `Padded`, targets and outputs, that gives the mean over rows. `decode` as for "steps".

    Attributes:
        reads: Output of the network that the head reads.
        headline: Name of the headline score.
        higher_is_better: Whether a larger headline score is better.
        baseline: Name of the constant baseline, for tables: "majority class".
        passes: Most passes of `linear` over its features; limits the number of examples that a
            simple model is fitted on.
    """

    reads: ClassVar[Reads] = "summary"
    headline: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    baseline: ClassVar[str] = "majority class"
    passes: ClassVar[int] = 50

    @property
    def log(self) -> bool:
        """Whether the network predicts logs of the targets."""
        return False

    @abc.abstractmethod
    def fit(self, targets: Any) -> Self:
        """Return a copy that has learned from the training targets.

        Args:
            targets: One for each example; the encoder's fitted `Spec` for a head that reads
                "next".

        Raises:
            InputError: The head cannot read these targets; the message names a head that can.
        """

    @abc.abstractmethod
    def encode(self, targets: Sequence[Any]) -> Any:
        """Return what the loss compares with the outputs, [N, ...], or `Sequences` of it."""

    def check_lengths(self, y: Sequences, steps: np.ndarray) -> None:
        """Refuse targets whose number does not suit the number of the network's outputs.

        The default refuses, for a head that reads "steps", all but one target for each step.

        Args:
            y: Encoded targets.
            steps: Outputs of the network for each example, [N].

        Raises:
            InputError: Names the rows.
        """
        wrong = np.flatnonzero(y.lengths != steps)
        if self.reads == "steps" and len(wrong):
            first = wrong[0]
            raise InputError(
                f"{type(self).__name__} needs one target for each step; row "
                f"{some(wrong.tolist())} (counted from 0) has {y.lengths[first]:,} targets and "
                f"{steps[first]:,} steps. Where the encoder cuts sequences, raise its length."
            )

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """Number of network outputs per example, or per step."""

    @abc.abstractmethod
    def loss(self) -> keras.Loss | Callable[[Any, Any], Any]:
        """Return a fresh loss on (encoded targets, outputs [B, units])."""

    def metrics(self) -> list[keras.Metric]:
        """Return fresh metrics on (encoded targets, outputs) to watch while training."""
        return []

    @abc.abstractmethod
    def decode(self, outputs: Any) -> Prediction:
        """Turn outputs [N, units], or `Sequences` of them, into answers."""

    def score(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, float]:
        """Return the scores of answers against targets, in the user's own units.

        A head defines either this method or `weighted_scores`, which is faster for intervals.
        The default gives each example the weight 1 and leaves undefined scores out.
        """
        return _of_one(self.weighted_scores(targets, prediction), np.ones(len(prediction)))

    def weighted_scores(self, targets: Sequence[Any], prediction: Prediction) -> WeightedScores:
        """Return the scores as a function of the weights of the examples, for many draws at once.

        Bootstrap intervals need the scores of a thousand resamples; in each of them an example
        counts as often as it was drawn. With weights of 1 the scores equal those of `score`. The
        default repeats rows and calls `score`: slow, and only for integer weights.

        Args:
            targets: In the user's own units.
            prediction: One answer per target.

        Returns:
            A function of weights [R, N] from 0 up, N examples in each of R draws. It returns
            each score by name, [R]; an undefined score is NaN.
        """
        kind = type(self)
        if kind.score is Head.score and kind.weighted_scores is Head.weighted_scores:
            raise NotImplementedError(f"Head {kind.__name__} needs score or weighted_scores.")
        whole = self.reads != "summary" or hasattr(targets, "iloc")
        given = targets if whole else np.asarray(targets)

        def scores(weights: np.ndarray) -> dict[str, np.ndarray]:
            counts = np.asarray(weights, dtype=np.int64)
            each = [np.repeat(np.arange(len(prediction)), row) for row in counts]
            return _stacked([self.score(take(given, i), prediction.take(i)) for i in each])

        return scores

    def weighted(
        self, targets: Sequence[Any], prediction: Prediction
    ) -> Callable[[np.ndarray], dict[str, float]]:
        """Return `weighted_scores` of a single draw: a function of weights [N].

        Undefined scores are left out. Kept for heads that define this method instead of
        `weighted_scores`.
        """
        scores, _ = scorer(self, targets, prediction)
        return lambda weights: _of_one(scores, weights)

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        """Return the outputs of a scikit-learn linear model, for `decode`. None: no such model.

        The model is a baseline on simple features. Its regularisation is chosen on `x_valid`.

        Args:
            x: Features of the training part, [N, F], an array or a SciPy sparse matrix.
            y: Encoded targets of the training part, [N, ...].
            x_valid: Features of the validation part, [M, F].
            y_valid: Encoded targets of the validation part, [M, ...].
            x_test: Features to predict for, [L, F].

        Returns:
            Outputs [L, units].
        """
        return None

    @abc.abstractmethod
    def trivial(self, n: Any) -> Prediction:
        """Return the constant baseline's predictions.

        Args:
            n: Number of examples; where each step has an answer ("steps", "next"), the number of
                answers of each example, [N].
        """

    def class_counts(self, y: Any) -> dict[Any, int]:
        """Return how often each class occurs among encoded targets; empty for numbers."""
        return {} if type(self).counted is Head.counted else self.counted(y)

    def counted(self, y: Any) -> dict[Any, int]:
        """Return `class_counts`. Kept for heads that define this former name."""
        return self.class_counts(y)

    def naive(self, forecasts: Any) -> Prediction | None:
        """Return forecasts in the target's units as answers. None: not possible for this head."""
        return None

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a linear forecast, [C, D] and [D], in the units of the network's outputs.

        None: not possible for this head.
        """
        return None

    def relative(self, scores: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
        """Return scores relative to those of a naive forecast on the training part."""
        return {}

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        """Return figures by name, for the report of a run."""
        return {}


def constant(head: Head, lengths: np.ndarray) -> Prediction:
    """Return the predictions of a head's constant baseline for examples of `lengths` [N]."""
    return head.trivial(lengths if head.reads in PER_STEP else len(lengths))


def scorer(
    head: Head, targets: Sequence[Any], prediction: Prediction
) -> tuple[WeightedScores, bool]:
    """Return the weighted scores of a head, and whether they are faster than repeating rows.

    Uses the method among `weighted_scores`, `weighted` and `score` that the most derived class
    defines: a subclass that changes only `score` gets intervals of that score.
    """
    for kind in type(head).__mro__:
        own = vars(kind)
        if "weighted_scores" in own and own["weighted_scores"] is not Head.weighted_scores:
            return head.weighted_scores(targets, prediction), True
        if "weighted" in own and own["weighted"] is not Head.weighted:
            return _each_draw(head.weighted(targets, prediction)), True
        if {"weighted_scores", "weighted", "score"} & set(own):
            break
    return Head.weighted_scores(head, targets, prediction), False


def _each_draw(single: Callable[[np.ndarray], dict[str, float]]) -> WeightedScores:
    """Return the scores of many resamples, [R, N], from a function of one resample, [N]."""
    return lambda weights: _stacked([single(row) for row in weights])


def _stacked(rows: Sequence[dict[str, float]]) -> dict[str, np.ndarray]:
    """Return the scores of R draws as arrays [R]; NaN for scores that a draw lacks."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def _of_one(scores: WeightedScores, weights: np.ndarray) -> dict[str, float]:
    """Return the defined scores of a single draw with weights [N]."""
    found = scores(np.asarray(weights)[None])
    return {name: float(one[0]) for name, one in found.items() if not np.isnan(one[0])}
