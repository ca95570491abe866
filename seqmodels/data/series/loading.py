"""The table of the dataset `series` is loaded, and turned so that a row is a step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.core.storage import large
from seqmodels.data.series.columns import Columns
from seqmodels.data.series.large import LargeTable
from seqmodels.data.series.samples import sample_of
from seqmodels.data.series.tables import read_table
from seqmodels.data.series.wide import columns_to_steps, rows_to_steps


def columns_asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given about columns, which may be text, as `columns_of` takes it."""
    names = {key: names_of(given.get(key)) for key in ("time", "target", "group")}
    return {**names, "layout": given.get("layout")}


def names_of(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return column names, given as a tuple or as text with commas."""
    if isinstance(names, str):
        return tuple(name.strip() for name in names.split(",")) if "," in names else (names,)
    return () if names is None else tuple(names)


def loaded(source: Any, how: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the table as a DataFrame, or as a `LargeTable`, and what to call it."""
    found = sample_of(source, how) if isinstance(source, Path) else None
    if found and large(source):
        return LargeTable(source, found[1], found[0].rename(columns=str)), source.name
    frame, name = read_table(source, found[1] if found else None)
    frame.attrs["doubt"] = found[0].attrs.get("doubt", {}) if found else {}
    return frame, name


def in_steps(
    frame: Any, name: str, found: Columns, group: tuple[str, ...]
) -> tuple[Any, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return a table in which a row is a step; its columns of times, targets and groups."""
    if isinstance(frame, LargeTable) and found.layout != "long":
        raise InputError(
            f"{name} is too large to be turned from layout {found.layout!r} in memory. Write it "
            f"with a row for each step of each series, and say layout='long'."
        )
    if found.layout == "rows" and found.wide is not None:
        frame, keys = rows_to_steps(frame, name, found.wide, group)
        return frame, ("time",), ("value",), tuple(keys)
    if found.layout == "columns":
        if group:
            raise InputError("With layout='columns' each column is a series: leave group= out.")
        frame = columns_to_steps(frame, name, found.time, found.target)
        return frame, found.time, ("value",), ("series",)
    return frame, found.time, found.target, group


def used(found: Columns) -> tuple[str, ...]:
    """Return the columns whose numbers are read as targets."""
    return found.target if found.wide is None else found.wide.steps
