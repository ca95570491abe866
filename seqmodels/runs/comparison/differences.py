"""Headline scores on resampled test parts, and the intervals of their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqmodels.evaluation import intervals
from seqmodels.runs.comparison.finished import FinishedRun


@dataclass(frozen=True, eq=False)
class Draws:
    """Headline scores of each row, observed and resampled.

    Args:
        scores: Observed scores, the mean over the seeds of a row, [rows].
        drawn: Scores on resampled test examples and seeds, [resamples, rows].
        units: Units of the bootstrap.
    """

    scores: np.ndarray
    drawn: np.ndarray
    units: intervals.Units

    def limits(self) -> list[intervals.Limits | None]:
        """Return the 95 % interval of the score of each row; None: unknown."""
        return [intervals.limits(one, self.units) for one in self.drawn.T]

    def half_widths(self, reference: int, chosen: bool) -> np.ndarray:
        """Return the half-width of the interval of each difference to the reference, [rows].

        With 95 % probability all intervals hold at once, so that among many runs none is called
        better by chance. The largest deviation in each resample, every difference measured on
        its own scale, gives the width (Beran 1988, "Balanced simultaneous confidence
        sets", JASA 83(403)). It takes the place of Holm's correction (1979) of p-values, which
        would not agree with the intervals that are shown.

        Args:
            reference: A row.
            chosen: It was chosen by its score. Then any two rows might have been compared, and
                the intervals hold for all pairs (as Tukey's do), else for those with the
                reference (as Dunnett's).

        Returns:
            NaN where there are fewer than two units.
        """
        rows, count = len(self.scores), self.units.independent
        if count < 2 or not len(self.drawn):
            return np.full(rows, np.nan)
        against = [(i, reference) for i in range(rows) if i != reference]
        pairs = [(i, j) for i in range(rows) for j in range(i)] if chosen else against
        worst = np.zeros(len(self.drawn))
        for i, j in pairs:
            worst = np.maximum(worst, _ranks(self._deviations(i, j)))
        level = np.quantile(worst, intervals.SHARE, method="higher")
        found = np.zeros(rows)
        for i, j in against:
            found[i] = np.quantile(self._deviations(i, j), min(level, 1.0), method="higher")
        return found * _widened(count)

    def _deviations(self, i: int, j: int) -> np.ndarray:
        """Return the deviation of the difference of two rows in each resample, [resamples]."""
        drawn = self.drawn[:, i] - self.drawn[:, j]
        return np.abs(drawn - (self.scores[i] - self.scores[j]))


def draw(rows: Sequence[Sequence[FinishedRun]]) -> Draws:
    """Score every row on the same resamples of the test part, and on other seeds.

    The spread over a row's n seeds adds a deviation of their mean, drawn from Student's t with
    n - 1 degrees of freedom (the fiducial of Behrens and Fisher): two seeds say little.

    Args:
        rows: The runs of each row, which differ in nothing but the seed.
    """
    runs = [run for row in rows for run in row]
    head, name, units = runs[0].head, runs[0].head.headline, runs[0].units
    targets, answers = runs[0].targets, {str(i): run.prediction for i, run in enumerate(runs)}
    whole = np.array([head.score(targets, one)[name] for one in answers.values()])  # [runs]
    if len(targets) > intervals.MOST:
        some = np.linspace(0, len(targets) - 1, intervals.MOST).round().astype(np.int64)
        targets, units = targets[some], units.take(some)
        answers = {key: one.take(some) for key, one in answers.items()}
    scored, times = intervals.scored(head, targets, answers, units)
    drawn = np.stack([scored[key][name] for key in answers], axis=1)  # [resamples, runs]
    last = np.cumsum([len(row) for row in rows])[:-1]
    means = np.stack([part.mean(axis=1) for part in np.split(drawn, last, axis=1)], axis=1)
    random = np.random.default_rng(1)  # the resamples take 0
    for i, part in enumerate(np.split(whole, last)):
        n = len(part)
        if n > 1:
            means[:, i] += part.std(ddof=1) / np.sqrt(n) * random.standard_t(n - 1, size=times)
    scores = np.array([part.mean() for part in np.split(whole, last)])
    return Draws(scores, means[np.isfinite(means).all(axis=1)], units)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the share of the values that are no larger than each."""
    return np.searchsorted(np.sort(values), values, side="right") / len(values)


def _widened(count: float) -> float:
    """Return the factor that widens intervals for few units; see `intervals.limits`."""
    from scipy.stats import norm, t

    tail = (1 + intervals.SHARE) / 2
    return float(np.sqrt(count / (count - 1)) * t.ppf(tail, count - 1) / norm.ppf(tail))
