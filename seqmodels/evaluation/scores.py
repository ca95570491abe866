"""A model's scores, beside those of answers that need no learning or little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from seqmodels.core.examples import Examples
from seqmodels.evaluation import intervals
from seqmodels.evaluation.intervals import Limits, limits
from seqmodels.heads.base import Head, Prediction

Scores = dict[str, float]
MODEL = "model"


@dataclass(frozen=True)
class Gain:
    """By how much a model is better than a baseline, in its headline score.

    Args:
        difference: Above 0 where the model is better, whichever way the score counts.
        low: Lower limit of its 95 % interval.
        high: Upper limit.
    """

    difference: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the model is better by more than the choice of test examples explains."""
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
    """How good answers are, and how sure that is.

    Args:
        scores: The model's, in the target's units.
        baselines: The same scores of each baseline, by its name: "majority class", "mean",
            "last value", "seasonal last value", "length only", "bag of words".
        intervals: 95 % limits, by answerer ("model" or a baseline) and score. Some may lack: of
            a score that is the same on every resample, there is nothing to say.
        gains: What the model gains over each baseline, on the same resamples; `scores.json` calls
            them "lifts".
        resampled: What was drawn for the intervals: "examples", "writers", "blocks of 12
            windows"; empty where there are no intervals, for want of two of them.
        draws: How often it was drawn.
    """

    scores: Scores
    baselines: dict[str, Scores]
    intervals: dict[str, dict[str, Limits]] = field(default_factory=dict)
    gains: dict[str, Gain] = field(default_factory=dict)
    resampled: str = ""
    draws: int = 0

    @classmethod
    def of(cls, saved: Any) -> Evaluation:
        """Return what `scores.json` holds."""
        known = dict(saved)
        gains = known.pop("lifts", {})
        return cls(**known, gains=gains)

    def record(self) -> dict[str, Any]:
        """Return what `scores.json` is to hold, as JSON types."""
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
        """Return whether it is better than each by more than the interval of the difference."""
        return bool(self.gains) and all(gain.clear for gain in self.gains.values())


def evaluate(
    head: Head,
    target: str,
    reference: Scores | None,
    test: Examples,
    prediction: Prediction,
    *,
    others: Mapping[str, Prediction] | None = None,
    apart: str | None = None,
) -> Evaluation:
    """Score a prediction of the test part, and every baseline on the same part.

    Args:
        head: Fitted.
        target: The target it reads.
        reference: The `naive_reference` of scaled errors.
        test: What `prediction` answers.
        prediction: One answer per example of `test`.
        others: Answers of fitted simple models to the same examples, by name.
        apart: The group that the parts do not share (`Dataset.apart`).
    """
    truth = test.target(target)
    answers = {MODEL: prediction, head.baseline: head.trivial(len(test))}
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
        test = test.take(rows)
        answers = {name: one.take(rows) for name, one in answers.items()}
    units = intervals.units_of(test, apart)
    if units.independent < 2:
        return Evaluation(own, whole)
    drawn, draws = intervals.scored(head, test.target(target), answers, units, reference)
    sure = {
        name: {score: each for score, values in row.items() if (each := limits(values, units))}
        for name, row in drawn.items()
    }
    gains, sign, name = {}, 1 if head.higher_is_better else -1, head.headline
    for rule, row in whole.items():
        ahead = sign * (own[name] - row[name])
        low, high = limits(sign * (drawn[MODEL][name] - drawn[rule][name]), units) or (ahead, ahead)
        gains[rule] = Gain(ahead, low, high)
    return Evaluation(own, whole, sure, gains, units.says, draws)


def naive_reference(head: Head, target: str, train: Examples) -> Scores | None:
    """Return the scores of the last naive forecast (the seasonal one, if any) on `train`.

    Apart from `evaluate`, so that the training part need not be held until the test.
    """
    forecasts: Any = list(train.naive.get(target, {}).values())
    restated = head.naive(forecasts[-1]) if forecasts else None
    return head.score(train.target(target), restated) if restated else None
