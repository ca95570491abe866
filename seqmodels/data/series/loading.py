"""The table of the dataset `series`: found, loaded, and turned so that a row is a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.core.storage import large
from seqmodels.data.download import DATA_VARIABLE, locate
from seqmodels.data.names import names_of
from seqmodels.data.presets import PUBLISHERS
from seqmodels.data.series.columns import Columns, columns_of
from seqmodels.data.series.gaps import cleaned
from seqmodels.data.series.steps import Policies, Steps, read_steps
from seqmodels.data.series.wide import columns_to_steps, rows_to_steps
from seqmodels.data.tables.frames import (
    FrameTable,
    frame_table,
    is_dated,
    read_frame,
    with_usual_types,
)
from seqmodels.data.tables.numbers import refuse_ambiguous

READING = ("encoding", "delimiter", "quotes", "decimal")  # arguments that say how a text is parsed


@runtime_checkable
class DataFrame(Protocol):
    """A pandas DataFrame, told apart without the half second that importing pandas takes."""

    columns: Any
    iloc: Any


@dataclass(frozen=True, kw_only=True)
class SeriesTable:
    """A table in which a row is a step.

    Args:
        frame: A pandas DataFrame, or a `FrameTable` that is too large for memory.
        name: What messages call it.
        found: What its columns were before it was turned.
        time: The columns of times.
        target: The columns to forecast.
        group: The columns whose values name the series.
    """

    frame: Any
    name: str
    found: Columns
    time: tuple[str, ...]
    target: tuple[str, ...]
    group: tuple[str, ...]

    @property
    def sample(self) -> Any:
        """All rows of a table in memory, else the first ones, as a DataFrame."""
        return sample_of(self.frame)

    def steps(self, columns: Sequence[str], policies: Policies) -> Steps:
        """Return the rows as steps of these columns.

        Raises:
            InputError: A time or a number cannot be read, or a policy refuses what the table has.
        """
        steps = read_steps(
            self._frames(), self.name, time=self.time, columns=columns, group=self.group,
            computed=policies.missing == "interpolate" or policies.duplicates == "mean",
        )  # fmt: skip
        return cleaned(steps, self.name, columns, policies)

    def _frames(self) -> Iterator[Any]:
        if isinstance(self.frame, FrameTable):
            yield from self.frame.pieces(self.group)
        else:
            yield self.frame


def sample_of(frame: Any) -> Any:
    """Return a DataFrame, or the first rows of a `FrameTable`."""
    return frame.sample if isinstance(frame, FrameTable) else frame


def columns_asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given about columns, which may be text, as `columns_of` takes it."""
    names = {key: names_of(given.get(key)) for key in ("time", "target", "group")}
    return {**names, "layout": given.get("layout")}


def loaded(source: Any, reading: Mapping[str, Any]) -> tuple[Any, str]:
    """Return a table whose columns are texts, a DataFrame or a `FrameTable`, and its name.

    Args:
        source: A DataFrame, or the path of a file.
        reading: See `READING`.

    Raises:
        InputError: The file is empty, is not a table, or names a column twice.
    """
    if isinstance(source, Path):
        found, name = frame_table(source, reading), source.name
        if found is not None and large(source):
            found.sample = found.sample.rename(columns=str)
            return found, name
        frame = found.whole() if found else read_frame(source)
        frame.attrs["ambiguous"] = found.ambiguous if found else {}
    else:
        frame, name = with_times_of_index(with_usual_types(source)), "the table"
    frame = frame.rename(columns=str)
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise InputError(f"Column {some(twice)} is in {name} more than once. Rename one.")
    if not len(frame):
        raise InputError(f"{name} has no rows below its header. Give a table with data.")
    return frame.reset_index(drop=True), name


def table_of(
    frame: Any, name: str, asked: Mapping[str, Any], inputs: Sequence[str]
) -> SeriesTable | None:
    """Return a loaded table with a row for each step, or None where it is no table of series.

    Args:
        frame: As `loaded` returns it.
        name: As `loaded` returns it.
        asked: See `columns_asked`.
        inputs: The columns to read.

    Raises:
        InputError: It leaves several choices, or its numbers may be read in two ways.
    """
    found = columns_of(sample_of(frame), name, **asked)
    if found is None:
        return None
    refuse_ambiguous(name, _ambiguous(frame), [*used(found), *inputs])
    if isinstance(frame, FrameTable) and found.layout != "long":
        raise InputError(
            f"{name} is too large to be turned from layout {found.layout!r} in memory. Write it "
            f"with a row for each step of each series, and say layout='long'."
        )
    time, target, group = found.time, found.target, asked["group"]
    if found.layout == "rows" and found.wide is not None:
        frame, group = rows_to_steps(frame, name, found.wide, group)
        time, target = ("time",), ("value",)
    elif found.layout == "columns":
        if group:
            raise InputError("With layout='columns' each column is a series: leave group= out.")
        frame = columns_to_steps(frame, name, found.time, found.target)
        target, group = ("value",), ("series",)
    return SeriesTable(
        frame=frame, name=name, found=found, time=time, target=target, group=tuple(group)
    )


def used(found: Columns) -> tuple[str, ...]:
    """Return the columns whose numbers are read as targets."""
    return found.target if found.wide is None else found.wide.steps


def absent_columns(frame: Any, name: str, wanted: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a problem for each column that an argument wants and the table lacks."""
    columns = list(frame.columns)
    headless = any(column.replace(".", "", 1).lstrip("-").isdigit() for column in columns)
    hint = " Its first line must name the columns." if headless else ""
    return [
        f"{name} has no column {column!r} ({argument}=). {nearest(column, columns)}{hint}"
        for argument, names in wanted.items()
        for column in names
        if column not in columns
    ]


def find_table(path: Any, file: str | None) -> Any:
    """Return the DataFrame or the path of the file that the two arguments name.

    Raises:
        InputError: Nothing is there; says what to give.
    """
    if path is not None and not isinstance(path, str | Path):
        return path
    if path is None:
        if file is None:
            raise InputError(
                "Dataset 'series' needs a table: give path= (on the command line --data) a CSV "
                "or Parquet file, or choose a preset."
            )
        found = locate("series", [file, Path(file).name])
        if found is None:
            source = f" It is published by {PUBLISHERS[file]}." if file in PUBLISHERS else ""
            raise InputError(
                f"Dataset 'series' did not find {file!r}.{source} Put it in a folder and set "
                f"{DATA_VARIABLE} to that folder, or give path= (--data) the file itself."
            )
        return found
    place = Path(path).expanduser()
    if place.is_dir():
        if file is None:
            tables = sorted(p.name for p in place.iterdir() if p.suffix in (".csv", ".parquet"))
            raise InputError(
                f"Dataset 'series' needs a file, {str(place)!r} is a folder. It holds these "
                f"tables: {some(tables) or 'none'}. Give path= (--data) one of them, or file=."
            )
        found = next((p for p in (place / file, place / Path(file).name) if p.exists()), None)
        if found is None:
            raise InputError(f"Dataset 'series' found no {file!r} in the folder {str(place)!r}.")
        return found
    if not place.exists():
        raise InputError(f"Dataset 'series' found no file {str(place)!r}. Check path= (--data).")
    return place


def with_times_of_index(frame: Any) -> Any:
    """Return a DataFrame whose index, where it is named or holds times, is a column."""
    levels = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if levels:
        return frame.reset_index(level=levels)
    if is_dated(frame.index):
        names = ("date", "time", "moment", "when")
        return frame.reset_index(names=[next(one for one in names if one not in frame.columns)])
    return frame


def _ambiguous(frame: Any) -> Mapping[str, str]:
    return frame.ambiguous if isinstance(frame, FrameTable) else frame.attrs.get("ambiguous", {})
