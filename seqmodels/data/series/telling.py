"""What is said of a table of series: what was read of it, and why it cannot be."""

import itertools
from collections.abc import Sequence
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.series.columns import Columns, is_number, is_whole
from seqmodels.data.series.large import LargeTable
from seqmodels.data.series.steps import Steps


def refuse_several(
    frame: Any, name: str, time: tuple[str, ...], group: tuple[str, ...], columns: list[str]
) -> None:
    """Refuse several series in one table that nobody told apart, with the columns that would."""
    if isinstance(frame, LargeTable):
        frame = frame.sample
    again = frame.duplicated([*time, *group])
    keys = apart(frame, time, columns) if again.any() else []
    if keys:
        raise InputError(
            f"{name} holds several series: {again.sum()} of its {len(frame)} rows have a time that "
            f"was there before. The columns {some(keys)} tell them apart: "
            f"group={tuple(keys)!r} (--group {','.join(keys)})."
        )


def says(
    name: str,
    found: Columns,
    time: tuple[str, ...],
    aims: tuple[str, ...],
    group: tuple[str, ...],
    steps: Steps,
) -> str:
    """Return what was read, in a line."""
    forms = {"long": f"time column {some(time)}, target {some(aims)}",
             "columns": f"time column {some(time)}, a series in each of {some(found.target)}",
             "rows": "a series in each row"}  # fmt: skip
    by = f" by {some(group)}" if group and found.layout != "columns" else ""
    many = f", {len(steps.names):,} series{by}" if steps.names else ""
    return f"{name}: {forms[found.layout]}{many}, {len(steps.values):,} steps"


def unread(found: Columns, read: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return a line about columns of numbers that nobody reads, if there are any.

    Args:
        found: What the table holds.
        read: The columns that are read, as inputs or targets.
        others: Those of times and of groups.
    """
    left = [name for name in found.numbers if name not in (*read, *others)]
    if found.layout != "long" or not left:
        return ()
    return (f"not read: {some(left)} (inputs=, as in --set dataset.inputs={read[0]},{left[0]})",)


def gaps(steps: Steps, rows: int, missing: str) -> tuple[str, ...]:
    """Return a line about what was missing, if anything was."""
    unknown = steps.unknown
    if not unknown:
        return ()
    more = len(steps.values) - rows
    done = {"previous": "filled with the last known value", "drop": "windows there left out",
            "interpolate": "filled by a line between their neighbours"}  # fmt: skip
    inserted = f", {more:,} of them not in the table" if more > 0 else ""
    return (
        f"{unknown:,} of {len(steps.values):,} steps lack a value{inserted}: {done[missing]}, "
        f"and never a target (missing=, irregular=)",
    )


def no_series(frame: Any, name: str) -> str:
    """Return the message for a table without times or numbers."""
    names = [str(column) for column in frame.columns]
    return (
        f"Dataset 'series' found no column of times, or none of numbers beside it, in {name}. Its "
        f"first line must name the columns; it names {some(names, 12)}. Give time= a column of "
        f"dates, or of numbers that rise."
    )


def apart(frame: Any, time: Sequence[str], used: Sequence[str]) -> list[str]:
    """Return the fewest columns that, with the time, make every row unique; none: there are none.

    Those `used`, as targets or inputs, are not among them.
    Columns of text come before whole numbers, and series of less than four steps are none.
    """
    rest = [c for c in frame.columns if c not in time and c not in used]
    words = [c for c in rest if not is_number(frame[c])]
    codes = [c for c in rest if c not in words and is_whole(frame[c]) and not (frame[c] < 0).any()]
    first = frame.iloc[:20_000]  # most columns fail here already
    for offered in (words, words + codes):
        few = [c for c in offered if 1 < frame[c].nunique(dropna=False) <= len(frame) / 4][:12]
        for count in (1, 2, 3):
            for chosen in itertools.combinations(few, count):
                keys = list(chosen)
                if any(one.duplicated([*time, *keys]).any() for one in (first, frame)):
                    continue
                if len(frame) >= 4 * frame.groupby(keys, dropna=False).ngroups:
                    return keys
    return []
