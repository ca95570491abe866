"""The weights averaged over the last steps of a training, which answer better than the newest."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

import keras
import numpy as np

TAKES = 20  # an epoch: how often the weights are looked at


class Average:
    """A moving average of weights (Polyak and Juditsky 1992), which forgets exponentially.

    Args:
        weights: What is trained.
        epochs: How long a weight is remembered: after so many epochs its share has fallen to
            1/e. 0: not at all, and the average is the newest weights.
        steps: Of an epoch.
    """

    def __init__(self, weights: Sequence[keras.Variable], epochs: float, steps: int):
        self.weights, self.on = list(weights), epochs > 0
        self.every = max(1, steps // TAKES)
        self.kept = math.exp(-self.every / (epochs * steps)) if self.on else 0.0
        self.sums: list[np.ndarray] = []  # of weights, each by its share
        self.total = 0.0  # of the shares

    def due(self, done: int) -> bool:
        """Return whether the weights are looked at after so many steps of an epoch."""
        return self.on and done % self.every == 0

    def take(self) -> None:
        """Add the weights as they are."""
        now = [np.array(weight.value.numpy()) for weight in self.weights]
        if not self.sums:
            self.sums = [np.zeros_like(value) for value in now]
        for total, value in zip(self.sums, now, strict=True):
            total *= self.kept
            total += (1 - self.kept) * value
        self.total = self.kept * self.total + 1 - self.kept

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the average in the place of the weights, for a while."""
        newest = [np.array(weight.value.numpy()) for weight in self.weights] if self.sums else []
        self.keep()
        try:
            yield
        finally:
            for weight, value in zip(self.weights, newest, strict=bool(newest)):
                weight.assign(value)

    def keep(self) -> None:
        """Replace the weights by their average, if it is kept."""
        for weight, total in zip(self.weights, self.sums, strict=bool(self.sums)):
            weight.assign(total / self.total)
