"""The time that a run may take, and what of a training fits into it. Arithmetic only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqmodels.core.durations import seconds_of

END = 0.4  # of the time kept for all that is done after the training, to end it
MARGIN = 0.9  # of the time is filled; a machine is not always equally fast
USEFUL = 5  # epochs; where fewer fit into a budget, each gets fewer examples instead
FEWEST = 20  # steps of an epoch that is made shorter, at least


@dataclass
class Budget:
    """The time that a run may take, all of it: reading, training, scores, report.

    Args:
        asked: As the user wrote it, such as `10m`, `90s` or `1h30m`.
        began: On `clock`, when the run began. None: now.
        clock: Returns seconds.
        kept: Seconds that answers, scores and report will take, simple models aside.
        rate: Seconds that a unit of training's work took when `kept` was worked out.

    Raises:
        InputError: It is no time.
    """

    asked: str
    began: float | None = None
    clock: Callable[[], float] = time.monotonic
    kept: float = 0.0
    rate: float = 0.0

    def __post_init__(self) -> None:
        self.began = self.clock() if self.began is None else self.began
        seconds_of(self.asked)

    @property
    def seconds(self) -> float:
        """All of it."""
        return seconds_of(self.asked)

    @property
    def left(self) -> float:
        """Seconds that are left of it; below 0 when it is overdrawn."""
        return self.seconds - (self.clock() - (self.began or 0.0))

    @property
    def room(self) -> float:
        """Seconds that are left for simple models, which may be left out."""
        return self.left - self.kept

    def slowed(self, rate: float) -> None:
        """Keep more time where the machine has become slower, as `rate` says."""
        if 0 < self.rate < rate:
            self.kept, self.rate = self.kept * rate / self.rate, rate

    def late(self) -> bool:
        """Whether it is time to end: no more is begun that may be left out."""
        return self.left < END * self.kept


@dataclass(frozen=True)
class Fit:
    """What of a training fits into a budget.

    Args:
        epochs: At most as many as were asked for; 0: not even one.
        share: Of the training examples, above 0, up to 1.
    """

    epochs: int
    share: float


def fitted(
    seconds: float, *, epochs: int, steps: int, epoch: float, rest: float, after: float
) -> Fit:
    """Return what fits: epochs are given up first, down to `USEFUL`; then examples.

    Args:
        seconds: That are left.
        epochs: Asked for.
        steps: Of an epoch.
        epoch: Seconds that the steps of a whole epoch take.
        rest: Seconds that each epoch takes beside them: validation, checkpoint.
        after: Seconds for what comes after the training: scores, report.
    """
    room = MARGIN * (seconds - after)
    fit = int(room / (epoch + rest)) if room > 0 else 0
    useful = min(epochs, USEFUL)
    if fit >= useful:
        return Fit(min(epochs, fit), 1.0)
    fewest = min(1.0, FEWEST / steps)
    for fewer in range(useful, 0, -1):
        share = min(1.0, (room / fewer - rest) / epoch)
        if share >= fewest:
            return Fit(fewer, share)
    return Fit(0, fewest)


def process_began() -> float | None:
    """Return when this process began, on `time.monotonic`; None: not known here."""
    try:
        told = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        ticks = int(told.rpartition(")")[2].split()[19])  # since the machine started
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):  # not Linux
        return None
    return time.monotonic() - age if 0 <= age < 3600 else None  # a container may tell nonsense
