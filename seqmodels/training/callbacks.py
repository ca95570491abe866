"""Callbacks: objects that follow a training and may end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Row = dict[str, float]


class Enough(Exception):  # noqa: N818  nothing is wrong
    """Raised by a callback: training ends here, with the best weights of all whole epochs."""


class Callback:
    """Follows a training. Override the methods you need; the defaults do nothing.

    An exception raised by a method ends the training.
    """

    def begin(self) -> None:
        """Before the first step."""

    def say(self, text: str) -> None:
        """Receive a sentence that a person should read."""

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """After each step.

        Args:
            epoch: Counted from 1.
            done: Steps of this epoch that are done.
            steps: Steps of this epoch.
            measures: Returns the loss and the metrics so far.
        """

    def epoch(self, row: Row) -> None:
        """After each epoch: its row of the history."""

    def end(self) -> None:
        """After the last step, whatever ended the training."""


class Callbacks(Callback):
    """Several callbacks as one, called in their order.

    Args:
        callbacks: At least the methods of `Callback`.
    """

    def __init__(self, callbacks: Iterable[Callback]):
        self.callbacks = list(callbacks)

    def begin(self) -> None:
        """Tell each that the training begins."""
        for one in self.callbacks:
            one.begin()

    def say(self, text: str) -> None:
        """Pass a sentence to each."""
        for one in self.callbacks:
            one.say(text)

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Tell each of a step."""
        for one in self.callbacks:
            one.step(epoch, done, steps, measures)

    def epoch(self, row: Row) -> None:
        """Tell each of an epoch."""
        for one in self.callbacks:
            one.epoch(row)

    def end(self) -> None:
        """Tell each that the training has ended."""
        for one in self.callbacks:
            one.end()
