"""The latest steps of each series in a new table, read as those of training were, for `predict`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.names import names_of
from seqmodels.data.series.loading import (
    READING,
    SeriesTable,
    absent_columns,
    columns_asked,
    find_table,
    loaded,
    table_of,
)
from seqmodels.data.series.notes import group_columns
from seqmodels.data.series.steps import Policies, Steps
from seqmodels.data.tables.frames import frame_table

POLICIES = ("missing", "duplicates", "irregular")
MOST = 2**20  # steps of an input at most, where no window is known


def latest_steps(path: Path, **arguments: Any) -> list[Any] | None:
    """Return the last steps of each series in a table, a DataFrame each; see `Source.inputs`.

    Args:
        path: A table with the columns that a run reads, or a folder that holds `file`.
        **arguments: Those of `series`.

    Returns:
        In the order of the series, whose name is in `attrs["series"]` where there are several;
        `attrs["until"]` is the time of the last step, in words.
        None where it is no table, or one without its times, whose rows are taken as they come.

    Raises:
        InputError: A column is missing, a cell cannot be read, or there are several series where
            one is due.
    """
    import pandas as pd

    place = find_table(path, arguments.get("file") if path.is_dir() else None)
    reading = {key: arguments.get(key) for key in READING}
    if _begins_with_list(place) or frame_table(place, reading) is None:
        return None
    asked = columns_asked(arguments)
    reads = names_of(arguments.get("inputs"))
    asked["target"] = asked["target"] if asked["layout"] == "columns" else reads or asked["target"]
    frame, name = loaded(place, reading)
    several = asked["group"] or asked["layout"]
    if not several and not set(asked["time"]) <= set(frame.columns):
        return None
    problems = absent_columns(
        frame, name, {key: asked[key] for key in ("time", "group")} | {"inputs": asked["target"]}
    )
    if problems:
        raise InputError(problems)
    table = table_of(frame, name, asked, reads)
    if table is None:
        return None
    columns = reads or table.target
    policies = Policies(**{key: arguments[key] for key in POLICIES if key in arguments})
    if policies.duplicates == "refuse" and not table.group:
        _refuse_several(table, columns)
    steps, inputs = table.steps(columns, policies), []
    for number, part in _ends(steps, arguments.get("window") or MOST):
        values = np.asarray(steps.values[part])
        inputs.append(pd.DataFrame(values, columns=pd.Index(columns)))
        inputs[-1].attrs.update({} if steps.names is None else {"series": steps.names[number]})
        inputs[-1].attrs["until"] = steps.moment(part.stop - 1)
    return inputs


def _begins_with_list(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def _ends(steps: Steps, window: int) -> Iterator[tuple[int, slice]]:
    """Yield the number of each series that has steps, and where its last ones are."""
    counts = np.bincount(np.asarray(steps.groups), minlength=len(steps.names or (0,)))
    ends = np.cumsum(counts)
    firsts = np.maximum(ends - window, ends - counts)
    for number, (first, end) in enumerate(zip(firsts.tolist(), ends.tolist(), strict=True)):
        if end > first:
            yield number, slice(first, end)


def _refuse_several(table: SeriesTable, reads: tuple[str, ...]) -> None:
    """Refuse duplicate times, for a run that was trained on one series."""
    shown = table.sample
    again = int(shown.duplicated(list(table.time)).sum())
    if not again:
        return
    keys = group_columns(shown, table.time, reads)
    start = f"{again} of the {len(shown)} rows of {table.name} have duplicate times"
    if keys:
        raise InputError(
            f"{start}: it holds several series, identified by {some(keys)}, and the run was "
            f"trained on one. Give a table of one of them, or train again with --group "
            f"{','.join(keys)}."
        )
    raise InputError(
        f"{start}. The run was trained on one series, each time once, without group=: give a "
        f"table of one series."
    )
