"""A table too large for memory becomes steps on disk, read some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.storage import Writer
from seqmodels.data.series.clock import Again, Clock
from seqmodels.data.series.gaps import filled, gaps_of
from seqmodels.data.series.numerals import read_again
from seqmodels.data.series.steps import Duplicates, Irregular, Missing, Steps, numbers_of

CHUNK = 2**24  # bytes of a file that are parsed together
SERIES = 2**20  # different series at most


class LargeTable:
    """A file of a table that is not read whole.

    Args:
        path: A CSV or its like, JSON lines, or Parquet.
        options: How pandas is to read a text: `sep`, `encoding`, `decimal`.
        sample: Its first rows, a pandas DataFrame, from which its columns are known.
    """

    def __init__(self, path: Path, options: Mapping[str, Any], sample: Any):
        self.path, self.options, self.sample = path, options, sample
        self.columns = sample.columns
        self.rows = 0  # that were read

    def __len__(self) -> int:
        return self.rows

    def frames(self, words: Sequence[str]) -> Iterator[Any]:
        """Yield some rows at a time as a pandas DataFrame, `words` as texts.

        Raises:
            InputError: It is not a readable table.
        """
        import pandas as pd

        with self.path.open("rb") as file:
            start = file.read(2**16)
        rows = max(256, CHUNK * max(1, start.count(b"\n")) // len(start))
        with _readable(self.path):
            if start[:4] == b"PAR1":
                import pyarrow.parquet as parquet

                for batch in parquet.ParquetFile(self.path).iter_batches(2**16):
                    yield batch.to_pandas()
                return
            if start[:1] == b"{":
                yield from pd.read_json(self.path, lines=True, chunksize=rows)
                return
            options: Any = {
                "encoding": "utf-8-sig", "index_col": False, "na_values": ["?", "-"],
                **self.options, "low_memory": False, "chunksize": rows,
                "dtype": dict.fromkeys(words, object),
            }  # fmt: skip
            with pd.read_csv(self.path, **options) as chunks:
                yield from (read_again(frame, self.options, words) for frame in chunks)


def large_steps(
    table: LargeTable,
    name: str,
    *,
    time: Sequence[str],
    columns: Sequence[str],
    group: Sequence[str],
    missing: Missing,
    duplicates: Duplicates,
    irregular: Irregular,
) -> Steps:
    """Return the rows as steps, as `steps_of` does, with all that is long on disk.

    The rows must come as they are to be: series by series, each in the order of its times, no
    time twice. Gaps are not interpolated, which needs the values that come after them.

    Raises:
        InputError: As `steps_of`; or the rows are in another order.
    """
    computed = missing == "interpolate" or duplicates == "mean"
    least = np.float64 if computed else np.float32
    clock = Clock(name, time)
    while True:
        try:
            values, unknown, groups, names = _read(table, name, clock, columns, group, least)
            break
        except Again as other:
            clock = Clock(name, time, other)
    ticks, unit = clock.done()
    steps = Steps(
        values=values,
        known=np.broadcast_to(True, values.shape),
        ticks=ticks,
        groups=np.broadcast_to(np.int32(0), len(values)) if groups is None else groups,
        rows=np.arange(0),
        words=lambda: np.array([]),
        unit=unit,
        names=names,
    )
    gaps = gaps_of(steps)
    problems = []
    if gaps.again:
        problems.append(
            f"{name} has {gaps.again:,} rows whose time was there before, the first in row "
            f"{gaps.first_again:,} (counted from 0). Give group= the columns that tell the series "
            f"apart. A file of this size is read row by row: leave such rows out of it."
        )
    inserted = gaps.odd if irregular == "fill" else 0
    if missing in ("refuse", "interpolate"):
        problems += [
            f"Column {column!r} of {name} lacks {lost:,} of {len(values):,} values. Set "
            f"missing='previous' (the last known value) or 'drop' (leave out the windows that "
            f"touch one); a file of this size is not interpolated."
            for column, lost in zip(columns, unknown, strict=True)
            if lost
        ]
        if inserted and not problems:
            problems.append(
                f"{name} has {inserted:,} steps unlike the usual one, the first at row "
                f"{gaps.first_odd:,} (counted from 0), and what is filled in has no values. Set "
                f"missing='previous' (the last known value) or 'drop' too."
            )
    problems += gaps.refused(name, irregular)
    if problems:
        raise InputError(problems)
    if unknown.any() or inserted:
        steps = filled(steps, gaps, missing == "previous", inserted > 0)
        gaps = gaps_of(steps)
    return replace(steps, gaps=gaps)


def _read(
    table: LargeTable,
    name: str,
    clock: Clock,
    columns: Sequence[str],
    group: Sequence[str],
    least: type[np.floating],
) -> tuple[Any, np.ndarray, Any, tuple[str, ...] | None]:
    """Return the values [L, C], how many are missing [C], the series of each row, their names."""
    values: Writer | None = None
    unknown = np.zeros(len(columns), np.int64)
    groups, known = Writer(np.int32), {}
    first = 0
    for frame in table.frames(group):
        frame = frame.rename(columns=str).reset_index(drop=True)
        piece, problems = numbers_of(frame, name, columns, least, first)
        if problems:
            raise InputError(problems)
        values = values or Writer(piece.dtype, (len(columns),))
        values.append(piece)
        unknown += np.isnan(piece).sum(axis=0)
        numbers = None
        if group:
            numbers = _series(frame, name, group, known, first)
            groups.append(numbers)
        clock.append(frame, numbers, first)
        first += len(frame)
    table.rows = first
    if values is None or not first:
        raise InputError(f"{name} has no rows below its header. Give a table with data.")
    if not group:
        return values.done(), unknown, None, None
    names = ["/".join(key) for key in known]
    if len(set(names)) < len(names):  # such as "a/b" of "c", and "a" of "b/c"
        names = [f"{one} ({number})" for number, one in enumerate(names)]
    return values.done(), unknown, groups.done(), tuple(names)


def _series(
    frame: Any, name: str, group: Sequence[str], known: dict[Any, int], first: int
) -> np.ndarray:
    """Return which series each row belongs to, in the order in which they come, [M]."""
    local = frame.groupby(list(group), dropna=False, sort=False).ngroup().to_numpy()
    begins = np.unique(local, return_index=True)[1]
    keys = [tuple(key) for key in frame[list(group)].iloc[begins].astype(str).to_numpy(object)]
    before = len(known) - 1  # the series of the row before
    numbers = np.array([known.setdefault(key, len(known)) for key in keys], np.int32)[local]
    if len(known) > SERIES:
        raise InputError(
            f"{name} has more than {SERIES:,} series by {some(group)}. Choose other columns for "
            f"group=, those whose values name a series."
        )
    back = np.flatnonzero(np.diff(numbers, prepend=np.int32(max(before, 0))) < 0)
    if len(back):
        raise InputError(
            f"{name} is too large to be sorted here, and needs its rows series by series; row "
            f"{first + back[0]:,} (counted from 0) goes back to a series that had ended. Sort it "
            f"by {some([*group])} and then by time."
        )
    return numbers


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    import warnings

    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            yield
    except InputError:
        raise
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs pyarrow: pip install pyarrow. Or give a CSV."
        ) from None
    except (ValueError, EOFError, OSError, pd.errors.ParserWarning) as error:
        raise InputError(
            f"{str(path)!r} is not a readable table: {str(error).splitlines()[0][:200]} "
            f"Give a CSV file in UTF-8 whose first line names the columns, or a Parquet file."
        ) from None
