"""How fast a training goes, and when it will be done.

Arithmetic only. Time comes from a clock that a test may replace, and the work of a step is the
number of its steps of data, padding included, since that is what it takes time for.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqmodels.core import batches
from seqmodels.core.durations import duration
from seqmodels.core.machine import peak_memory

WARM = 3  # first steps, which trace functions and fill caches, are not counted
RECENT = 4096  # steps that are remembered
BLOCKS = 9  # of steps, whose median pace is taken, so that a few slow moments do not count
FORWARD = 0.35  # of the time of a training step: answering alone, until it has been timed


@dataclass(frozen=True)
class Work:
    """What there is to compute, in steps of data, padding included.

    Args:
        epoch: Takes an epoch, counted from 0, and returns the work of each of its steps [S].
        valid: Of one pass over the validation part.
        padding: Share of padding in the first epoch, from 0 to 1.
    """

    epoch: Callable[[int], np.ndarray]
    valid: float
    padding: float

    @classmethod
    def of(
        cls, train: np.ndarray, valid: np.ndarray, *, batch_size: int, seed: int, pass_steps: int
    ) -> Work:
        """Return the work of a training, exactly.

        Args:
            train: Steps of each training example, [N].
            valid: Steps of each validation example, [N].
            batch_size: Examples per step.
            seed: Of the run, which fixes the order.
            pass_steps: Steps of a batch when nothing is learned, at most.
        """

        def epoch(number: int) -> np.ndarray:
            if train.min() == train.max():  # no need to know the order
                rows = np.full(math.ceil(len(train) / batch_size), batch_size)
                rows[-1] = len(train) - batch_size * (len(rows) - 1)
                return rows * int(train[0])
            return _padded(train, batches.shuffled(train, batch_size, seed, number))

        whole = float(epoch(0).sum())
        padding = 1 - float(train.sum(dtype=np.int64)) / whole
        return cls(
            epoch, float(_padded(valid, batches.by_length(valid, pass_steps)).sum()), padding
        )


@dataclass(frozen=True)
class Forecast:
    """When a training will be done.

    Args:
        epoch: Seconds that one epoch takes, validation and checkpoint included.
        left: Seconds until the last epoch ends; with early stopping, at most.
        at_most: Whether training may stop early.
        memory: Bytes that the process has held at its peak; None: not known here.
        padding: Share of the steps that are padding, from 0 to 1.
    """

    epoch: float
    left: float
    at_most: bool
    memory: int | None
    padding: float

    def says(self, now: float) -> str:
        """Return one line for people; `now` is the time of the clock on the wall, in seconds."""
        end = time.localtime(now + self.left)
        day = "" if end.tm_yday == time.localtime(now).tm_yday else time.strftime(" on %d %b", end)
        at = f"{time.strftime('%H:%M', end)}{day}"
        last = " at the latest" if self.at_most else ""
        facts = [f"{self.memory / 1e9:.1f} GB"] if self.memory else []
        facts += [f"{self.padding:.0%} padding"] if self.padding >= 0.005 else []
        more = f"; {', '.join(facts)}" if facts else ""
        return (
            f"{duration(self.epoch)} an epoch; done at {at}{last}, in {duration(self.left)}{more}"
        )


class Pace:
    """Times a training while it goes on, and foretells its end.

    Args:
        epochs: Epochs asked for.
        work: What there is to compute. None: all steps are alike.
        early: Whether training may stop before its last epoch.
        clock: Returns seconds.
    """

    def __init__(
        self,
        epochs: int,
        work: Work | None = None,
        *,
        early: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.epochs, self.work, self.early, self.clock = epochs, work, early, clock
        self.started: float | None = None  # the end of the first step, which traces
        self._timed: deque[tuple[float, float]] = deque(maxlen=RECENT)  # seconds, work
        self._passes: list[float] = []  # seconds of validation, checkpoint and whatever else
        self._last = clock()
        self._seen = 0
        self._epoch, self._done = 0, 0  # epochs finished; steps done of the one under way
        self._costs: np.ndarray | None = None  # of the steps of the epoch under way
        self._whole = 0.0  # work of the newest epoch

    def begin(self) -> None:
        """Take note that training begins now."""
        self._last = self.clock()

    def step(self, epoch: int, done: int, steps: int) -> None:
        """Take note that a step has ended: its epoch, counted from 1, and its number in it."""
        now = self.clock()
        if self._costs is None or epoch != self._epoch + 1:
            self._costs = self._of_epoch(epoch - 1, steps)
            self._epoch = epoch - 1
        self._seen += 1
        self._done = done
        if self._seen > WARM:
            self._timed.append((now - self._last, float(self._costs[done - 1])))
        if self.started is None:
            self.started = now
        self._last = now

    def epoch(self) -> None:
        """Take note that an epoch has ended, its validation and checkpoint included."""
        now = self.clock()
        self._passes.append(now - self._last)
        self._last, self._done = now, 0
        self._epoch, self._costs = self._epoch + 1, None

    @property
    def elapsed(self) -> float:
        """Seconds since the first step ended; 0 before."""
        return 0.0 if self.started is None else self.clock() - self.started

    def rate(self) -> float | None:
        """Return the seconds that a unit of work takes in training; None: not known yet."""
        if not self._timed:
            return None
        timed = np.array(self._timed)  # [S, 2]
        blocks = np.array_split(timed, min(BLOCKS, len(timed)))
        return float(np.median([block[:, 0].sum() / block[:, 1].sum() for block in blocks]))

    def forecast(self) -> Forecast | None:
        """Return when training will be done; None: too little is known."""
        rate = self.rate()
        if rate is None:
            return None
        costs = self._costs
        whole = self._whole if costs is None else float(costs.sum())
        undone = 0.0 if costs is None else float(costs[self._done :].sum())
        rest = self._rest(rate)
        epoch = whole * rate + rest
        under_way = 0.0 if costs is None else undone * rate + rest
        if costs is not None and self._done == len(costs):
            under_way = max(0.0, rest - (self.clock() - self._last))
        later = self.epochs - self._epoch - (costs is not None)
        padding = self.work.padding if self.work else 0.0
        left = under_way + max(0, later) * epoch
        return Forecast(epoch, left, self.early, peak_memory(), padding)

    def _of_epoch(self, epoch: int, steps: int) -> np.ndarray:
        costs = np.ones(steps) if self.work is None else self.work.epoch(epoch)
        if len(costs) != steps:  # who trains cuts batches in another way
            costs = np.full(steps, costs.sum() / steps)
        self._whole = float(costs.sum())
        return costs

    def _rest(self, rate: float) -> float:
        """Return the seconds of an epoch that are not spent on training steps."""
        if self._passes:  # the first one also warms up
            return float(np.median(self._passes[1:] or self._passes))
        return FORWARD * rate * self.work.valid if self.work else 0.0


def _padded(lengths: np.ndarray, orders: list[np.ndarray]) -> np.ndarray:
    """Return the steps of each batch, padding included, [S]."""
    return np.array([len(rows) * int(lengths[rows].max()) for rows in orders], dtype=np.int64)
