"""What a window reads and how long the parts are, where nobody says: it follows from the data."""

from dataclasses import dataclass

from seqmodels.core.errors import InputError
from seqmodels.data.cells import percent
from seqmodels.data.series.calendar import step_words
from seqmodels.data.series.steps import Steps

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
        edges: How many of the distinct times come before validation, before the test, and
            before what is left out.
        says: Why, in a line.
    """

    window: int
    edges: tuple[int, int, int]
    says: str


def sizes_of(
    steps: Steps,
    ahead: int,
    window: int | None,
    *,
    valid: float | None,
    test: float | None,
    rows: int | None = None,
    inside: bool = True,
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
        valid: Share of the time span, or from 1 on a number of times.
        test: As `valid`.
        rows: Times to use, the earliest ones. None: all.
        inside: A part holds all that its windows read.

    Raises:
        InputError: Nothing is left to train on.
    """
    word = step_words(steps.usual, steps.unit)
    times = min(rows or len(steps.times), len(steps.times))
    longest = min(rows or steps.longest, steps.longest)
    shares = [_SHARES[0] if valid is None else valid, _SHARES[1] if test is None else test]
    usual = _SEASONS.get(word) or _WINDOWS.get(word, _USUAL)
    least = usual if word in _SEASONS else max(5, times // 8)  # most steps are to learn from
    wish = window or min(usual, least)
    need = wish + ahead + (2 if window is None else 0) if inside else ahead
    for place, given in enumerate((valid, test)):
        if given is None and round(times * shares[place]) < need:
            shares[place] = min(_MOST, max(shares[place], (need + 0.5) / max(times, 1)))
    room = min(_count(times, share) for share in shares) if inside else times
    size = window or max(1, min(wish, room - ahead - 2))
    edges = _edges(times, *shares)
    if edges[0] < 1:
        raise InputError(
            f"valid={shares[0]!r} and test={shares[1]!r} leave nothing to train on: there are "
            f"{times:,} times."
        )
    why = "as asked" if window else "the usual" if size == usual else "as much as suits so few"
    plural = f"{word}s" if " " not in word else f"times {word}"
    one = f"one {word}" if " " not in word else word  # one hour, 15 minutes
    pace = "steps as counted" if steps.unit == "steps" else f"steps of {one}"
    foretold = "the next" if ahead == 1 else f"up to {ahead} ahead"
    return Sizes(
        window=size,
        edges=edges,
        says=f"{pace}, {longest:,} in the longest series; a window reads {size} "
        f"{plural} ({why}) and foretells {foretold}; in time, {_said(shares[1], 'the last ')} "
        f"test, {_said(shares[0])} before it validate{_beside(steps, times, inside)}",
    )


def _edges(times: int, valid: float, test: float) -> tuple[int, int, int]:
    """Return how many times come before validation, before the test, and in all."""
    if valid < 1 and test < 1:
        return round(times * (1 - test - valid)), round(times * (1 - test)), times
    later = times - _count(times, test)
    return later - _count(times, valid), later, times


def _count(times: int, share: float) -> int:
    return int(times * share + 0.5) if share < 1 else int(share)


def _said(share: float, before: str = "") -> str:
    return before + (percent(share) if share < 1 else f"{int(share):,}")


def _beside(steps: Steps, times: int, inside: bool) -> str:
    """Return what else a reader should know of how the parts were made."""
    left = len(steps.times) - times
    return ("" if inside else "; windows may read what lies before their part") + (
        f"; the last {left:,} are left out" if left else ""
    )
