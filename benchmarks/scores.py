"""Scores of answers that are held against ours or against published tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from seqmodels.heads.base import Head, Prediction
from seqmodels.training.prepare import Split

STANDARDISED = "MSE, standardised"


def standardised(answers: np.ndarray, truth: np.ndarray, parts: Split) -> float:
    """Return the mean squared error of forecasts of each channel, in spreads of the training rows.

    That of Zhou et al. 2021 ("Informer") and of the tables since: the mean over all windows,
    steps and channels.

    Args:
        answers: [N, C * H], channel by channel.
        truth: The same.
        parts: Windows of one series, which read the C channels that they foretell.
    """
    windows: Any = parts.data.train.inputs
    channels = windows.values.shape[1]
    end = int((windows.starts + windows.lengths).max()) + truth.shape[1] // channels
    spread = np.asarray(windows.values[:end], np.float64).std(axis=0)  # [C]
    return float(np.square((answers - truth) / np.repeat(spread, len(truth[0]) // channels)).mean())


LOWER: Mapping[str, Callable[[np.ndarray, np.ndarray, Split], float]] = {STANDARDISED: standardised}


def of_numbers(
    answers: np.ndarray, truth: np.ndarray, score: str | None, head: Head, parts: Split
) -> float:
    """Return a score of forecasts [N, D]: one of `LOWER`, or the head's own."""
    name = score or head.headline
    if name in LOWER:
        return LOWER[name](answers, truth, parts)
    return head.score(list(truth), Prediction(answers.reshape(truth.shape)))[name]


def of_classes(answers: Sequence[Any], truth: Sequence[Any], score: str | None, head: Any) -> float:
    """Return accuracy, or the F1 of the head's positive class."""
    from sklearn.metrics import accuracy_score, f1_score

    said, true = [str(one) for one in answers], [str(one) for one in truth]
    if score == "f1":
        positive: Any = str(head.classes[1])  # text, which the stub does not know
        return float(f1_score(true, said, pos_label=positive))
    return float(accuracy_score(true, said))
