"""Scores of a model beside the scores of baselines, with intervals and gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from seqmodels.core.examples import Examples, take
from seqmodels.evaluation import intervals
from seqmodels.evaluation.intervals import Limits, limits
from seqmodels.heads.base import Head, Prediction, constant

Scores = dict[str, float]
MODEL = "model"


@dataclass(frozen=True)
class Gain:
    """Improvement of a model over a baseline in the headline score.

    Args:
        difference: Difference of the scores, signed so that above 0 the model is better.
        low: Lower limit of its 95 % interval.
        high: Upper limit.
    """

    difference: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval of the gain lies above 0."""
        return self.low > 0

    def record(self) -> dict[str, Any]:
        """Return the limits and the verdict as JSON types."""
        return {**asdict(self), "better": self.better}

    @property
    def better(self) -> str:
        """Whether the model is better, as a word: "yes", "same", "unclear" or "no"."""
        if self.low == self.high == 0:
            return "same"
        return "yes" if self.clear else "no" if self.high < 0 else "unclear"


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model and of the baselines, with 95 % intervals.

    Args:
        scores: Scores of the model, in the target's units.
        baselines: Scores of each baseline by its name: "majority class", "mean", "last value",
            "seasonal last value", "length only", "bag of words".
        intervals: 95 % limits by name ("model" or a baseline) and score. A score that is equal on
            all resamples has no limits.
        gains: Gain of the model over each baseline, on the same resamples; `scores.json` calls
            them "lifts".
        resampled: Units that the bootstrap drew: "examples", "writers", "blocks of 12 windows";
            empty if there are fewer than two units, and so no intervals.
        draws: Number of resamples.
    """

    scores: Scores
    baselines: dict[str, Scores]
    intervals: dict[str, dict[str, Limits]] = field(default_factory=dict)
    gains: dict[str, Gain] = field(default_factory=dict)
    resampled: str = ""
    draws: int = 0

    @classmethod
    def of(cls, saved: Any) -> Evaluation:
        """Return the evaluation in the content of `scores.json`."""
        known = dict(saved)
        gains = known.pop("lifts", {})
        return cls(**known, gains=gains)

    def record(self) -> dict[str, Any]:
        """Return the content of `scores.json`, as JSON types."""
        return {"lifts" if name == "gains" else name: one for name, one in asdict(self).items()}

    @property
    def lifts(self) -> dict[str, Gain]:
        """The gains, by their name in `scores.json`."""
        return self.gains

    def rows(self, headline: str) -> list[dict[str, Any]]:
        """Return a row for the model and for each baseline, as JSON types.

        Args:
            headline: Name of the headline score.

        Returns:
            Of each "name"; "scores" by name with "value", "low" and "high", None if unknown;
            "headline", the entry of the headline score; "gain", a `Gain.record` or None.
        """
        rows = []
        for name, scores in {MODEL: self.scores, **self.baselines}.items():
            each = {}
            for score in self.scores:
                low, high = self.intervals.get(name, {}).get(score) or (None, None)
                each[score] = {"value": scores.get(score), "low": low, "high": high}
            gain = self.gains.get(name)
            rows.append({
                "name": name, "scores": each, "headline": each[headline],
                "gain": gain and gain.record(),
            })  # fmt: skip
        return rows

    def best_baseline(self, head: Head) -> str:
        """Return the name of the baseline with the best headline score."""
        sign = 1 if head.higher_is_better else -1
        return max(self.baselines, key=lambda name: sign * self.baselines[name][head.headline])

    def beats_baselines(self, head: Head) -> bool:
        """Return whether the model's headline score is better than every baseline's."""
        best = self.baselines[self.best_baseline(head)][head.headline]
        own = self.scores[head.headline]
        return own > best if head.higher_is_better else own < best

    def clearly_beats_baselines(self) -> bool:
        """Return whether the interval of the gain over each baseline lies above 0."""
        return bool(self.gains) and all(gain.clear for gain in self.gains.values())


def evaluate(
    head: Head,
    target: str,
    reference: Scores | None,
    test: Examples,
    prediction: Prediction,
    *,
    truth: Any = None,
    others: Mapping[str, Prediction] | None = None,
    group_by: str | None = None,
) -> Evaluation:
    """Score a prediction of the test part, and every baseline on the same part.

    Args:
        head: Fitted.
        target: Name of the target.
        reference: The `naive_reference` of scaled errors.
        test: The test part.
        prediction: One answer per example of `test`.
        truth: Targets that answers are scored against; None: those of `test`.
        others: Answers of simple models to the same examples, by name.
        group_by: Grouping column of the split: no group appears in two parts.
    """
    truth = test.target(target) if truth is None else truth
    answers = {MODEL: prediction, head.baseline: constant(head, prediction.counts)}
    for rule, forecasts in test.naive.get(target, {}).items():
        restated = head.naive(forecasts)
        if restated is not None:
            answers[rule] = restated
    answers |= others or {}

    def scores(one: Prediction) -> Scores:
        found = head.score(truth, one)
        return found | (head.relative(found, reference) if reference else {})

    whole = {name: scores(one) for name, one in answers.items()}
    own = whole.pop(MODEL)
    if len(test) > intervals.MOST:
        rows = np.linspace(0, len(test) - 1, intervals.MOST).round().astype(np.int64)
        test, truth = test.take(rows), take(truth, rows)
        answers = {name: one.take(rows) for name, one in answers.items()}
    units = intervals.units_of(test, group_by)
    if units.independent < 2:
        return Evaluation(own, whole)
    drawn, draws = intervals.scored(head, truth, answers, units, reference)
    found = {
        name: {score: each for score, values in row.items() if (each := limits(values, units))}
        for name, row in drawn.items()
    }
    gains, sign, name = {}, 1 if head.higher_is_better else -1, head.headline
    for rule, row in whole.items():
        ahead = sign * (own[name] - row[name])
        low, high = limits(sign * (drawn[MODEL][name] - drawn[rule][name]), units) or (ahead, ahead)
        gains[rule] = Gain(ahead, low, high)
    return Evaluation(own, whole, found, gains, units.name, draws)


def naive_reference(head: Head, target: str, train: Examples) -> Scores | None:
    """Return the scores of the last naive forecast (the seasonal one, if any) on `train`.

    `evaluate` takes these scores and not the training part, which is freed before the test.
    """
    forecasts: Any = list(train.naive.get(target, {}).values())
    restated = head.naive(forecasts[-1]) if forecasts else None
    return head.score(train.target(target), restated) if restated else None
