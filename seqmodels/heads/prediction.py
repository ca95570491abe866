"""Answers of a model in the user's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.examples import take
from seqmodels.core.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Prediction:
    """Answers in the user's own units, with probabilities for classes.

    Args:
        answers: Labels [N], or numbers [N] or [N, D]; `Sequences` of labels or numbers [L] where
            each step has an answer; an array [N] of strings or tuples for transcriptions.
        scores: Probabilities [N, K] in the order of `columns`, or `Sequences` of them, [L, K];
            None for numbers.
        columns: The K classes, or the names of the D numbers; None for one number.
    """

    answers: Any
    scores: Any = None
    columns: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def counts(self) -> np.ndarray:
        """Number of labels or of vectors in each answer, [N]."""
        if isinstance(self.answers, Sequences):
            return self.answers.lengths
        return np.ones(len(self.answers), np.int64)

    @property
    def size(self) -> int:
        """Number of labels or numbers in all answers."""
        many = isinstance(self.answers, Sequences)
        return int(self.counts.sum()) if many else np.size(self.answers)

    def __repr__(self) -> str:
        known = self.scores
        if isinstance(known, Sequences):
            known = None
        scores = "" if known is None else f", scores={np.round(known, 3).tolist()}"
        return f"Prediction(answers={listed(self.answers)}{scores})"

    def part(self, first: int, last: int) -> Prediction:
        """Return the answers from `first` up to, not including, `last`, as views."""
        scores = None if self.scores is None else self.scores[first:last]
        return Prediction(self.answers[first:last], scores, self.columns)

    def take(self, indices: np.ndarray) -> Prediction:
        """Return the answers at `indices` [M], in that order."""
        scores = None if self.scores is None else take(self.scores, indices)
        return Prediction(take(self.answers, indices), scores, self.columns)

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat dictionary of JSON types per answer, for CSV and JSON lines.

        An answer of several steps is a list; its probabilities are left out.
        """
        if isinstance(self.answers, np.ndarray) and self.answers.ndim == 2:
            names = [str(name) for name in self.columns or range(self.answers.shape[1])]
            return [
                dict(zip(names, map(_rounded, row), strict=True)) for row in self.answers.tolist()
            ]
        rows = [{"answer": _rounded(answer)} for answer in listed(self.answers)]
        if isinstance(self.scores, np.ndarray) and self.columns is not None:
            for row, scores in zip(rows, self.scores.tolist(), strict=True):
                row |= {
                    f"p({name})": round(score, 6)
                    for name, score in zip(self.columns, scores, strict=True)
                }
        return rows


def _rounded(value: Any) -> Any:
    """Return a number to the seven digits that float32 holds; a list number by number."""
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def listed(values: Any) -> list[Any]:
    """Return answers or targets as plain Python values, one for each example."""
    if isinstance(values, Sequences):
        return [row.tolist() for row in values]
    if isinstance(values, list | tuple) and values and np.ndim(values[0]):
        return [row.tolist() if isinstance(row, np.ndarray) else list(row) for row in values]
    return np.asarray(values).tolist()
