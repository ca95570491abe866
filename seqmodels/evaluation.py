"""A model's scores, beside those of answers that need no learning."""

from dataclasses import dataclass
from typing import Any

from seqmodels.data import Examples
from seqmodels.heads.base import Head, Prediction

Scores = dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """How good answers are.

    Args:
        scores: The model's, in the target's units.
        baselines: The same scores of each baseline, by its name: "majority class", "mean",
            "last value", "seasonal last value".
    """

    scores: Scores
    baselines: dict[str, Scores]

    def best_baseline(self, head: Head) -> str:
        """Return the name of the baseline with the best headline score."""
        sign = 1 if head.higher_is_better else -1
        return max(self.baselines, key=lambda name: sign * self.baselines[name][head.headline])

    def beats_baselines(self, head: Head) -> bool:
        """Return whether the model's headline score is better than every baseline's."""
        best = self.baselines[self.best_baseline(head)][head.headline]
        own = self.scores[head.headline]
        return own > best if head.higher_is_better else own < best


def evaluate(
    head: Head, target: str, reference: Scores | None, test: Examples, prediction: Prediction
) -> Evaluation:
    """Score a prediction of the test part, and every baseline on the same part.

    Args:
        head: Fitted.
        target: The target it reads.
        reference: The `yardstick` of scaled errors.
        test: What `prediction` answers.
        prediction: One answer per example of `test`.
    """
    truth = test.target(target)
    answers = {head.baseline: head.trivial(len(test))}
    for rule, forecasts in test.naive.get(target, {}).items():
        restated = head.naive(forecasts)
        if restated is not None:
            answers[rule] = restated

    def scores(one: Prediction) -> Scores:
        found = head.score(truth, one)
        return found | (head.relative(found, reference) if reference else {})

    return Evaluation(scores(prediction), {name: scores(one) for name, one in answers.items()})


def yardstick(head: Head, target: str, train: Examples) -> Scores | None:
    """Return the scores of the last naive forecast (the seasonal one, if any) on `train`.

    Apart from `evaluate`, so that the training part need not be held until the test.
    """
    forecasts: Any = list(train.naive.get(target, {}).values())
    restated = head.naive(forecasts[-1]) if forecasts else None
    return head.score(train.target(target), restated) if restated else None
