"""Reports of a trial during its training, and its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from seqmodels.training.callbacks import Callback, Row


class Pruned(Exception):  # noqa: N818
    """Other trials were better after as many epochs."""


class TimeUp(Exception):  # noqa: N818
    """The time for all trials is over."""


@dataclass(frozen=True)
class Outcome:
    """The result of a trial.

    Args:
        value: Validation loss of the weights that a run would keep: those of the best epoch, or
            of the last epoch where `patience` is 0.
        epoch: The epoch of these weights, from 1.
        epochs: Number of epochs trained.
        score: The head's headline score on the validation part.
        part: Hash of the validation targets: losses compare where it is the same.
    """

    value: float
    epoch: int
    epochs: int
    score: float
    part: str


class Watching(Callback):
    """Follows the epochs of a trial, and ends it when it is pruned or the time is over.

    Args:
        report: Takes the epoch and the validation loss; returns whether to prune the trial.
        until: Moment of `time.monotonic` at which to stop; None: never.
        show: Takes each row of the history.
    """

    def __init__(
        self,
        report: Callable[[int, float], bool],
        until: float | None = None,
        show: Callable[[Row], None] = lambda row: None,
    ):
        self.report, self.until, self.show = report, until, show
        self.epochs = 0

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Raise `TimeUp` when the time is over."""
        if self.until is not None and time.monotonic() > self.until:
            raise TimeUp

    def epoch(self, row: Row) -> None:
        """Report an epoch, and raise `Pruned` when the trial is not worth going on."""
        self.epochs = int(row["epoch"])
        self.show(row)
        if self.report(self.epochs, row["valid_loss"]):
            raise Pruned
