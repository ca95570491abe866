"""Answers to a test part beside the truth: mistakes, errors by class and length, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.heads.base import Head, Prediction

Row = dict[str, Any]
Z = 1.959964  # quantile of the normal distribution for 95 % intervals
BINS = 10  # of calibration


@dataclass(frozen=True, eq=False)
class Answers:
    """Truth and answers of N test examples, either as classes or as numbers.

    Args:
        names: The K classes, or the names of the D numbers.
        truth: Positions of the true classes [N], or numbers [N, D].
        picks: Positions of the answers [N], or numbers [N, D].
        probabilities: Of each class, [N, K]; None: the answers are numbers.
        lengths: Steps that the network read of each example, [N]; None: unknown.
    """

    names: tuple[str, ...]
    truth: np.ndarray
    picks: np.ndarray
    probabilities: np.ndarray | None = None
    lengths: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        head: Head,
        targets: Sequence[Any],
        prediction: Prediction,
        lengths: np.ndarray | None = None,
    ) -> Answers | None:
        """Return answers beside the truth; None if they are not one class or number each."""
        if head.reads != "summary":
            return None
        probabilities, columns = prediction.scores, prediction.columns
        if probabilities is not None and columns is not None:
            try:
                truth = np.asarray(head.encode(targets))
            except InputError:
                return None
            if truth.size != len(prediction) or truth.min() < 0 or truth.max() >= len(columns):
                return None
            places = {str(name): i for i, name in enumerate(columns)}
            picks = np.array([places[str(one)] for one in prediction.answers.tolist()])
            codes = truth.reshape(-1).astype(np.int64)
            return cls(tuple(map(str, columns)), codes, picks, probabilities, lengths)
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
        """Quality of each answer, [N]: classes 1 or 0, numbers minus their mean absolute error."""
        if self.probabilities is not None:
            return (self.truth == self.picks).astype(np.float64)
        return -np.abs(self.truth - self.picks).mean(axis=1)

    @property
    def measure(self) -> str:
        """Name of the mean of `good`."""
        return "accuracy" if self.probabilities is not None else "mean absolute error"

    def worst(self, count: int) -> np.ndarray:
        """Return rows of the worst answers, worst first.

        Of classes, those where the truth got the lowest probability; of numbers, those with the
        largest error in standard deviations of the targets.
        """
        if self.probabilities is None:
            spread = self.truth.std(axis=0)
            off = (np.abs(self.truth - self.picks) / np.where(spread > 0, spread, 1)).mean(axis=1)
            return np.argsort(-off, kind="stable")[:count]
        wrong = np.flatnonzero(self.truth != self.picks)
        there = self.probabilities[wrong, self.truth[wrong]]  # the probability of the truth
        return wrong[np.argsort(there, kind="stable")[:count]]

    def best(self, count: int) -> np.ndarray:
        """Return rows of the best answers: the most probable one of each class, or the nearest."""
        if self.probabilities is None:
            return np.argsort(-self.good, kind="stable")[:count]
        right = np.flatnonzero(self.truth == self.picks)
        order = right[np.argsort(-self.probabilities[right, self.truth[right]], kind="stable")]
        _, first = np.unique(self.truth[order], return_index=True)
        return order[np.sort(first)][:count]

    def by_class(self) -> list[Row]:
        """Return recall with its 95 % interval, and precision, of each class in the test part.

        The classes come in the order of `ordered`.
        """
        if self.probabilities is None:
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
        """Return the mean quality of answers by length, in bins of about equally many examples."""
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
        """Return predicted probabilities beside observed frequencies, in ten bins.

        Of two classes, the probability is that of the second; of more, that of the answer.

        Returns:
            A row for each bin with examples: "said" is its mean probability, "came" the observed
            frequency. The expected calibration error: their mean distance, weighted by examples
            (Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning",
            AAAI). The name of the class whose probability it is.
        """
        if self.probabilities is None:
            return [], 0.0, ""
        if len(self.names) == 2:
            said, came, of = self.probabilities[:, 1], self.truth == 1, f"'{self.names[1]}'"
        else:
            said, came = (
                self.probabilities[np.arange(len(self)), self.picks],
                self.truth == self.picks,
            )
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
        """Return the mean of `good` with its 95 % interval for independent examples."""
        if self.probabilities is not None:
            low, high = wilson(values.sum(), len(values))
            return {"score": float(values.mean()), "low": low, "high": high}
        mean, n = float(-values.mean()), len(values)
        if n < 2:
            return {"score": mean, "low": None, "high": None}
        wide = Z * float(values.std(ddof=1)) / n**0.5
        return {"score": mean, "low": max(mean - wide, 0.0), "high": mean + wide}


def ordered(names: Sequence[str], counts: Sequence[int]) -> list[int]:
    """Return the order of classes in tables: numbers by size, other classes by count."""
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
