"""Notes on what was read of a table of series, and why it is refused."""

import itertools
from collections.abc import Sequence
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.series.columns import is_number, is_whole
from seqmodels.data.series.loading import SeriesTable
from seqmodels.data.series.steps import Steps


def refuse_several(table: SeriesTable, columns: Sequence[str]) -> None:
    """Refuse several series in one table without group=, with the columns that would name them."""
    frame = table.sample
    again = frame.duplicated([*table.time, *table.group])
    keys = group_columns(frame, table.time, columns) if again.any() else []
    if keys:
        raise InputError(
            f"{table.name} holds several series: {again.sum()} of its {len(frame)} rows have "
            f"duplicate times. The columns {some(keys)} identify the series: set "
            f"group={tuple(keys)!r} (--group {','.join(keys)})."
        )


def read(table: SeriesTable, steps: Steps) -> str:
    """Return what was read, in a line."""
    time, found = f"time column {some(table.time)}", table.found
    forms = {"long": f"{time}, target {some(table.target)}",
             "columns": f"{time}, a series in each of {some(found.target)}",
             "rows": "a series in each row"}  # fmt: skip
    by = f" by {some(table.group)}" if table.group and found.layout != "columns" else ""
    many = f", {len(steps.names):,} series{by}" if steps.names else ""
    return f"{table.name}: {forms[found.layout]}{many}, {len(steps):,} steps"


def unread(table: SeriesTable, columns: Sequence[str]) -> tuple[str, ...]:
    """Return a line about columns of numbers that are not read, if there are any."""
    others = {*columns, *table.time, *table.group}
    left = [name for name in table.found.numbers if name not in others]
    if table.found.layout != "long" or not left:
        return ()
    return (f"not read: {some(left)} (inputs=, as in --set dataset.inputs={columns[0]},{left[0]})",)


def missing_values(steps: Steps, policy: str) -> tuple[str, ...]:
    """Return a line about missing values, if there were any."""
    if not steps.unknown:
        return ()
    done = {"previous": "filled with the last known value", "drop": "windows there left out",
            "interpolate": "filled by a line between their neighbours"}  # fmt: skip
    inserted = f", {steps.inserted:,} of them not in the table" if steps.inserted else ""
    return (
        f"{steps.unknown:,} of {len(steps):,} steps lack a value{inserted}: {done[policy]}, "
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


def group_columns(frame: Any, time: Sequence[str], used: Sequence[str]) -> list[str]:
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
