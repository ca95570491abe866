"""A table on this disk, or in memory, becomes a pandas DataFrame with the columns asked for."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.data.download import DATA_VARIABLE, locate
from seqmodels.data.presets import PUBLISHERS
from seqmodels.data.series.numerals import read_again


@runtime_checkable
class DataFrame(Protocol):
    """A pandas DataFrame, told apart without the half second that importing pandas takes."""

    columns: Any
    iloc: Any


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


def read_table(source: Any, options: Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """Return a pandas DataFrame whose columns are text, and what to call it in messages.

    Args:
        source: A DataFrame, or the path of a file.
        options: How pandas is to read a text: `sep`, `encoding`, `decimal`. None: decided here.

    Raises:
        InputError: The file is empty, is not a table, or names a column twice.
    """
    if isinstance(source, Path):
        frame, name = _read_file(source, options or {}), source.name
    else:
        frame, name = source, "the table"
        levels = [n for n in frame.index.names if n is not None and n not in frame.columns]
        frame = frame.reset_index(level=levels) if levels else frame  # often the time
        if not levels and (frame.index.dtype.kind == "M" or "period" in str(frame.index.dtype)):
            frame = frame.reset_index(names=[next(_free(frame))])
    frame = frame.rename(columns=str)
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise InputError(f"Column {some(twice)} is in {name} more than once. Rename one.")
    if not len(frame):
        raise InputError(f"{name} has no rows below its header. Give a table with data.")
    return frame.reset_index(drop=True), name


def absent_columns(frame: Any, name: str, wanted: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a problem for each column that an argument wants and the table lacks."""
    columns = list(frame.columns)
    headless = any(_is_number(column) for column in columns)
    hint = " Its first line must name the columns." if headless else ""
    return [
        f"{name} has no column {column!r} ({argument}=). {nearest(column, columns)}{hint}"
        for argument, names in wanted.items()
        for column in names
        if column not in columns
    ]


def _free(frame: Any) -> Iterator[str]:
    """Yield names for a column of times that the table does not have yet."""
    yield from (name for name in ("date", "time", "moment", "when") if name not in frame.columns)


def _read_file(path: Path, given: Mapping[str, Any]) -> Any:
    import pandas as pd

    try:
        with path.open("rb") as stream:
            start = stream.read(4)
        if start == b"PAR1":
            return pd.read_parquet(path)
        if start[:1] == b"{":
            return pd.read_json(path, lines=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            options: Any = {"encoding": "utf-8-sig", "index_col": False, "low_memory": False}
            options = {**options, "na_values": ["?", "-"], **given}
            frame = pd.read_csv(path, **options)
            if len(frame.columns) == 1 and not given:
                mark = max(";\t|", key=str(frame.columns[0]).count)
                if mark in str(frame.columns[0]):
                    frame = pd.read_csv(path, sep=mark, **options)
            return read_again(frame, options)
    except pd.errors.EmptyDataError:
        raise InputError(f"{str(path)!r} is empty. Give a table with a header and rows.") from None
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs pyarrow: pip install pyarrow. Or give a CSV."
        ) from None
    except (
        ValueError,
        EOFError,
        OSError,
        pd.errors.ParserWarning,
    ) as error:  # pyarrow's are these, too
        raise InputError(
            f"{str(path)!r} is not a readable table: {str(error).splitlines()[0][:200]} "
            f"Give a CSV file in UTF-8 whose first line names the columns, or a Parquet file."
        ) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
