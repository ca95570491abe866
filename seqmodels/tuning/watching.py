"""Who is told how a trial goes, and may end it; what a trial found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Row = dict[str, float]


class Pruned(Exception):  # noqa: N818
    """Other trials were better after as many epochs."""


class TimeUp(Exception):  # noqa: N818
    """The time for all trials is over."""


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Args:
        value: The validation loss that is to be low: that of the weights that a run would keep,
            which are those of the best epoch, or of the last one where `patience` is 0.
        epoch: The epoch of these weights, from 1.
        epochs: Epochs that were trained.
        score: The head's headline score on the validation part.
        part: A hash of the validation targets: values compare where it is the same.
    """

    value: float
    epoch: int
    epochs: int
    score: float
    part: str


class Watching:
    """Tells a trial's epochs to who decides on them, and stops it when the time is over.

    Args:
        report: Is told the epoch and the validation loss; returns whether to give the trial up.
        until: The moment of `time.monotonic` when to stop; None: never.
        show: Is told each row of the history.
    """

    def __init__(
        self,
        report: Callable[[int, float], bool],
        until: float | None = None,
        show: Callable[[Row], None] = lambda row: None,
    ):
        self.report, self.until, self.show = report, until, show
        self.epochs = 0

    def say(self, text: str) -> None:
        """Keep quiet: a trial leaves one line."""

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Stop when the time is over."""
        if self.until is not None and time.monotonic() > self.until:
            raise TimeUp

    def epoch(self, row: Row) -> None:
        """Report the epoch, and stop when it is not worth going on."""
        self.epochs = int(row["epoch"])
        self.show(row)
        if self.report(self.epochs, row["valid_loss"]):
            raise Pruned
