"""The answers of a test part beside the truth: which were wrong, where, and how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.heads.base import Head, Prediction

Row = dict[str, Any]
Z = 1.959964  # of 95 %
BINS = 10  # of calibration


@dataclass(frozen=True, eq=False)
class Answers:
    """Truth and answers of N test examples, either as classes or as numbers.

    Args:
        names: The K classes; of numbers, what the D of them are called.
        truth: Positions of the true classes [N], or numbers [N, D].
        picks: Positions of the answers [N], or numbers [N, D].
        sure: The probability of each class, [N, K]; None: these are numbers.
        lengths: Steps that the network read of each example, [N]; None: unknown.
    """

    names: tuple[str, ...]
    truth: np.ndarray
    picks: np.ndarray
    sure: np.ndarray | None = None
    lengths: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        head: Head,
        targets: Sequence[Any],
        prediction: Prediction,
        lengths: np.ndarray | None = None,
    ) -> Answers | None:
        """Return answers beside the truth; None where they are neither classes nor numbers."""
        sure, columns = prediction.scores, prediction.columns
        if sure is not None and columns is not None:
            try:
                truth = np.asarray(head.encode(targets))
            except InputError:
                return None
            if truth.size != len(prediction) or truth.min() < 0 or truth.max() >= len(columns):
                return None
            places = {str(name): i for i, name in enumerate(columns)}
            picks = np.array([places[str(one)] for one in prediction.answers.tolist()])
            codes = truth.reshape(-1).astype(np.int64)
            return cls(tuple(map(str, columns)), codes, picks, sure, lengths)
        try:
            truth = np.asarray(targets, dtype=np.float64)
            answers = np.asarray(prediction.answers, dtype=np.float64)
        except (TypeError, ValueError):
            return None
        if truth.size != answers.size:
            return None
        truth = truth.reshape(len(prediction), -1)
        names = columns or ("answer",) * truth.shape[1]
        return cls(tuple(map(str, names)), truth, answers.reshape(truth.shape), None, lengths)

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def good(self) -> np.ndarray:
        """How good each answer is, [N]: 1 or 0 of a class, minus the mean error of numbers."""
        if self.sure is not None:
            return (self.truth == self.picks).astype(np.float64)
        return -np.abs(self.truth - self.picks).mean(axis=1)

    @property
    def measure(self) -> str:
        """What the mean of `good` is called."""
        return "accuracy" if self.sure is not None else "mean absolute error"

    def probabilities(self, i: int) -> np.ndarray | None:
        """Return the probability of each class for one example, [K]; None of numbers."""
        return None if self.sure is None else self.sure[i]

    def worst(self, count: int) -> np.ndarray:
        """Return the examples that are most surely wrong, or farthest off, worst first."""
        if self.sure is None:
            spread = self.truth.std(axis=0)
            off = (np.abs(self.truth - self.picks) / np.where(spread > 0, spread, 1)).mean(axis=1)
            return np.argsort(-off, kind="stable")[:count]
        wrong = np.flatnonzero(self.truth != self.picks)
        there = self.sure[wrong, self.truth[wrong]]  # the probability of the truth
        return wrong[np.argsort(there, kind="stable")[:count]]

    def best(self, count: int) -> np.ndarray:
        """Return right answers that are surest, one a class as far as there are; or the nearest."""
        if self.sure is None:
            return np.argsort(-self.good, kind="stable")[:count]
        right = np.flatnonzero(self.truth == self.picks)
        order = right[np.argsort(-self.sure[right, self.truth[right]], kind="stable")]
        _, first = np.unique(self.truth[order], return_index=True)
        return order[np.sort(first)][:count]

    def by_class(self) -> list[Row]:
        """Return recall with its 95 % interval, and precision, of each class in the test part.

        The classes come in the order of `ordered`.
        """
        if self.sure is None:
            return []
        k = len(self.names)
        there, said = np.bincount(self.truth, minlength=k), np.bincount(self.picks, minlength=k)
        hits = np.bincount(self.truth[self.truth == self.picks], minlength=k)
        rows = []
        for i in ordered(self.names, there.tolist()):
            name = self.names[i]
            n, answered = int(there[i]), int(said[i])
            low, high = wilson(hits[i], n) if n else (None, None)
            rows.append({
                "class": name, "n": n, "recall": hits[i] / n if n else None, "low": low,
                "high": high, "answered": answered,
                "precision": hits[i] / answered if answered else None,
            })  # fmt: skip
        return rows

    def by_length(self, bins: int = 6) -> list[Row]:
        """Return how good the answers are by length, about as many examples in each bin."""
        if self.lengths is None or self.lengths.min() == self.lengths.max():
            return []
        edges = np.unique(np.quantile(self.lengths, np.linspace(0, 1, bins + 1)).round())
        places = np.clip(np.searchsorted(edges, self.lengths, side="right") - 1, 0, len(edges) - 2)
        good, rows = self.good, []
        for i in np.unique(places):
            inside = places == i
            values, long = good[inside], self.lengths[inside]
            rows.append({
                "from": int(long.min()), "to": int(long.max()), "n": len(values),
                **self._mean(values),
            })  # fmt: skip
        return rows

    def calibration(self) -> tuple[list[Row], float, str]:
        """Return how often the answers were right where the model said so, in ten bins.

        Of two classes, the probability of the second is looked at; of more, that of the answer.

        Returns:
            A row a bin that has examples; the expected calibration error, the mean distance
            between the two weighted by examples (Naeini et al. 2015, "Obtaining well calibrated
            probabilities using Bayesian binning", AAAI); and what the probability is of.
        """
        if self.sure is None:
            return [], 0.0, ""
        if len(self.names) == 2:
            said, came, of = self.sure[:, 1], self.truth == 1, f"'{self.names[1]}'"
        else:
            said, came = self.sure[np.arange(len(self)), self.picks], self.truth == self.picks
            of = "the answer"
        places = np.clip((said * BINS).astype(int), 0, BINS - 1)
        rows, error = [], 0.0
        for i in np.unique(places):
            inside = places == i
            n, hits = int(inside.sum()), int(came[inside].sum())
            low, high = wilson(hits, n)
            rows.append({
                "from": i / BINS, "to": (i + 1) / BINS, "n": n, "said": float(said[inside].mean()),
                "came": hits / n, "low": low, "high": high,
            })  # fmt: skip
            error += n / len(self) * abs(rows[-1]["said"] - rows[-1]["came"])
        return rows, error, of

    def _mean(self, values: np.ndarray) -> Row:
        """Return the mean of `good` with its 95 % interval, examples taken as independent."""
        if self.sure is not None:
            low, high = wilson(values.sum(), len(values))
            return {"score": float(values.mean()), "low": low, "high": high}
        mean, n = float(-values.mean()), len(values)
        if n < 2:
            return {"score": mean, "low": None, "high": None}
        wide = Z * float(values.std(ddof=1)) / n**0.5
        return {"score": mean, "low": max(mean - wide, 0.0), "high": mean + wide}


def ordered(names: Sequence[str], counts: Sequence[int]) -> list[int]:
    """Return the places of classes as tables show them: numbers by size, others by count."""
    try:
        keys = [float(name) for name in names]
    except ValueError:
        keys = [-float(count) for count in counts]
    return sorted(range(len(names)), key=lambda i: keys[i])


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, "Probable inference", JASA 22)."""
    share, z2 = float(hits) / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    wide = Z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)) ** 0.5
    return max(middle - wide, 0.0), min(middle + wide, 1.0)
