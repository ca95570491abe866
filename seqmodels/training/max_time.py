"""Time budget: training stops early enough for scores and report to fit the budget."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqmodels.core.errors import InputError
from seqmodels.training.callbacks import Callback, Enough, Row
from seqmodels.training.eta import duration

RESERVE = 10.0  # seconds kept for scores and report, and
SHARE = 0.1  # of the budget; together no more than
MOST = 0.5  # of it
END = 0.4  # of the reserve: with less time left, nothing optional is begun


@dataclass(frozen=True)
class Budget:
    """The time that a run may take, all of it: reading, training, scores, report.

    Args:
        asked: As the user wrote it, such as `10m`, `90s` or `1h30m`.
        began: On `clock`, when the run began.
        clock: Returns seconds.

    Raises:
        InputError: It is no time.
    """

    asked: str
    began: float
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        seconds_of(self.asked)

    @classmethod
    def of(cls, asked: str, began: float | None = None) -> Budget:
        """Return a budget that runs on the clock of the machine; `began` None: from now on."""
        return cls(asked, time.monotonic() if began is None else began)

    @property
    def seconds(self) -> float:
        """All of it."""
        return seconds_of(self.asked)

    @property
    def left(self) -> float:
        """Seconds that are left of it; below 0 when it is overdrawn."""
        return self.seconds - (self.clock() - self.began)

    @property
    def reserve(self) -> float:
        """Seconds that are kept for scores and report."""
        return min(RESERVE + SHARE * self.seconds, MOST * self.seconds)

    @property
    def room(self) -> float:
        """Seconds that are left for training."""
        return self.left - self.reserve

    @property
    def spare(self) -> float:
        """Seconds that are left for simple models, after training."""
        return self.left - END * self.reserve

    def late(self) -> bool:
        """Return whether it is time to end: nothing is begun that may be left out."""
        return self.left < END * self.reserve

    def refuse_short(self) -> None:
        """Raise InputError when no time is left to train."""
        if self.room > 0:
            return
        spent = self.seconds - self.left
        enough = math.ceil((spent + RESERVE) / (1 - SHARE)) + 10
        raise InputError(
            f"A budget of {self.asked} is too short: reading took {duration(spent)}, and "
            f"{duration(self.reserve)} are kept for scores and report. "
            f"Give at least --budget {enough}s."
        )


class MaxTime(Callback):
    """Ends a training when its budget of time asks for it.

    After an epoch: when another one as long as the longest would not fit. Within an epoch: when
    the time for training is over.

    Args:
        budget: Of the whole run.
        epochs: Asked for.

    Attributes:
        stopped: Where training was ended, in words; None: it was not.
    """

    def __init__(self, budget: Budget, epochs: int):
        self.budget, self.epochs = budget, epochs
        self.stopped: str | None = None
        self._longest, self._left = 0.0, budget.left

    def begin(self) -> None:
        """Time the first epoch from now on."""
        self._left = self.budget.left

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """End the training in the middle of an epoch if it must be."""
        if self.budget.room < 0:
            self.stopped = f"in epoch {epoch}, after {done} of {steps} steps"
            raise Enough

    def epoch(self, row: Row) -> None:
        """End the training when another epoch would not fit."""
        left = self.budget.left
        self._longest, self._left = max(self._longest, self._left - left), left
        if row["epoch"] < self.epochs and self.budget.room < self._longest:
            self.stopped = self.stopped or f"after epoch {row['epoch']:.0f}"
            raise Enough


def seconds_of(text: str) -> float:
    """Return the seconds of a time such as `10m`, `90s` or `1h30m`.

    Raises:
        InputError: It is none.
    """
    number = r"(\d+(?:\.\d+)?)"
    match = re.fullmatch(f"(?:{number}h)?(?:{number}m)?(?:{number}s)?", text)
    numbers = match.groups() if match else ()
    seconds = sum(float(n or 0) * unit for n, unit in zip(numbers, (3600, 60, 1), strict=False))
    if seconds <= 0:
        raise InputError(f"A budget is a time such as 10m, 90s or 1h30m, got {text!r}.")
    return seconds


def process_began() -> float | None:
    """Return when this process began, on `time.monotonic`; None: not known here."""
    try:
        told = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        ticks = int(told.rpartition(")")[2].split()[19])  # since the machine started
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):  # not Linux
        return None
    return time.monotonic() - age if 0 <= age < 3600 else None  # a container may tell nonsense
