"""When a training will be done, from the time that its steps and epochs took."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from seqmodels.core.machine import peak_memory

WARM = 3  # first steps, which trace functions and fill caches, are not timed
RECENT = 9  # epochs whose median is taken, so that a few slow ones do not count


@dataclass(frozen=True)
class Forecast:
    """When a training will be done.

    Args:
        epoch: Seconds that one epoch takes.
        left: Seconds until the last epoch ends; with early stopping, at most.
        at_most: Whether training may stop early.
        memory: Peak memory of the process in bytes; None: not known here.
    """

    epoch: float
    left: float
    at_most: bool
    memory: int | None

    def describe(self, now: float) -> str:
        """Return one line for people; `now` is the time of the clock on the wall, in seconds."""
        end = time.localtime(now + self.left)
        day = "" if end.tm_yday == time.localtime(now).tm_yday else time.strftime(" on %d %b", end)
        at = f"{time.strftime('%H:%M', end)}{day}"
        last = " at the latest" if self.at_most else ""
        more = f"; {self.memory / 1e9:.1f} GB" if self.memory else ""
        return (
            f"{duration(self.epoch)} an epoch; done at {at}{last}, in {duration(self.left)}{more}"
        )


class Eta:
    """Estimates when a training will be done.

    Before the first epoch has ended, a step is taken to last as long as the steps so far; after
    it, an epoch is taken to last as long as the epochs so far, by their median.

    Args:
        epochs: Epochs asked for.
        early: Whether training may stop before its last epoch.
        clock: Returns seconds.
        room: Returns the seconds that a budget leaves for training. None: there is no budget.
    """

    def __init__(
        self,
        epochs: int,
        *,
        early: bool = False,
        clock: Callable[[], float] = time.perf_counter,
        room: Callable[[], float] | None = None,
    ):
        self.epochs, self.early, self.clock, self.room = epochs, early, clock, room
        self.started: float | None = None  # the end of the first step, which traces
        self._seconds: list[float] = []  # of each whole epoch
        self._warm: tuple[float, int] | None = None  # when the steps were warm, steps done then
        self._seen = 0
        self._epoch, self._done, self._steps = 1, 0, 1
        self._began = clock()  # the epoch under way
        self._whole = True  # whether the epoch under way was seen from its first step

    def begin(self) -> None:
        """Note that training begins now."""
        self._began = self.clock()

    def step(self, epoch: int, done: int, steps: int) -> None:
        """Note that a step has ended: its epoch, counted from 1, and its number in it."""
        now = self.clock()
        if self.started is None:
            self.started, self._whole = now, done == 1
        self._seen += 1
        if self._seen == WARM:
            self._warm = now, done
        self._epoch, self._done, self._steps = epoch, done, steps

    def epoch(self) -> None:
        """Note that an epoch has ended, its validation and checkpoint included."""
        now = self.clock()
        if self._whole:
            self._seconds.append(now - self._began)
        self._began, self._whole = now, True
        self._epoch, self._done = self._epoch + 1, 0

    @property
    def elapsed(self) -> float:
        """Seconds since the first step ended; 0 before."""
        return 0.0 if self.started is None else self.clock() - self.started

    def forecast(self) -> Forecast | None:
        """Return when training will be done; None: too little is known."""
        now = self.clock()
        if self._seconds:
            epoch = statistics.median(self._seconds[1:][-RECENT:] or self._seconds)
        elif self._warm and self._done > self._warm[1]:
            since, first = self._warm
            epoch = (now - since) / (self._done - first) * self._steps
        else:
            return None
        left = epoch * max(0.0, self.epochs - self._epoch + 1 - self._done / self._steps)
        room = self.room() if self.room else left
        return Forecast(epoch, min(left, max(room, 0.0)), self.early or room < left, peak_memory())


def duration(seconds: float) -> str:
    """Return a time as people say it: `0.4 s`, `35 s`, `12 min`, `1 h 30 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
