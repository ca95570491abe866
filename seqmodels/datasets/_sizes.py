"""What a window reads and how long the parts are, where nobody says: it follows from the data."""

from dataclasses import dataclass

import numpy as np

from seqmodels.datasets._calendar import step_words
from seqmodels.datasets._steps import Steps

_SEASONS = {"month": 12, "quarter": 8, "hour": 24}  # steps
_WINDOWS = {"year": 5, "week": 26, "weekday": 20}
_USUAL = 30
_SHARES = 0.1, 0.2  # of the time for validation, for the test
_MOST = 0.25


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What was decided.

    Args:
        window: Steps that one example reads.
        valid: Share of the time span.
        test: As `valid`.
        says: Why, in a line.
    """

    window: int
    valid: float
    test: float
    says: str


def sizes_of(
    steps: Steps, ahead: int, window: int | None, valid: float | None, test: float | None
) -> Sizes:
    """Return sizes that suit the data; those that are given stay.

    A window reads a year of months, two of quarters, a day of hours; else four weeks of weekdays,
    half a year of weeks, five years or 30 steps, and at most an eighth of all. Where the last fifth
    or the tenth before it is too short for that, they grow to a quarter, and if need be the window
    shrinks.

    Args:
        steps: The rows in order.
        ahead: Steps to the last one that is foretold.
        window: None: to be decided; as the others.
        valid: Share of the time span.
        test: As `valid`.
    """
    gap = usual_gap(steps)
    word = step_words(gap, steps.unit)
    times, longest = len(steps.times), steps.longest
    shares = [_SHARES[0] if valid is None else valid, _SHARES[1] if test is None else test]
    usual = _SEASONS.get(word) or _WINDOWS.get(word, _USUAL)
    least = usual if word in _SEASONS else max(5, times // 8)  # most steps are to learn from
    wish = window or min(usual, least)
    need = wish + ahead + (2 if window is None else 0)
    for place, given in enumerate((valid, test)):
        if given is None and round(times * shares[place]) < need:
            shares[place] = min(_MOST, max(shares[place], (need + 0.5) / max(times, 1)))
    room = min(int(times * share + 0.5) for share in shares)
    size = window or max(1, min(wish, room - ahead - 2))
    why = "as asked" if window else "the usual" if size == usual else "as much as suits so few"
    plural = f"{word}s" if " " not in word else f"times {word}"
    pace = "steps as counted" if steps.unit == "steps" else f"steps of one {word}"
    foretold = "the next" if ahead == 1 else f"up to {ahead} ahead"
    return Sizes(
        window=size,
        valid=shares[0],
        test=shares[1],
        says=f"{pace}, {longest:,} in the longest series; a window reads {size} "
        f"{plural} ({why}) and foretells {foretold}; in time, the last {shares[1]:.0%} test, "
        f"{shares[0]:.0%} before it validate".replace("%", " %"),
    )


def usual_gap(steps: Steps) -> float:
    """Return the most frequent distance between two steps of a series, as the ticks count."""
    if steps.gaps is not None:
        return steps.gaps.usual
    gaps = np.diff(steps.ticks)[np.diff(steps.groups) == 0]
    sizes, counts = np.unique(gaps[gaps > 0], return_counts=True)
    return float(sizes[np.argmax(counts)]) if len(sizes) else 1.0
