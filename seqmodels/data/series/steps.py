"""Rows of a table become steps: parsed, sorted, without duplicates and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.storage import Writer, blocks
from seqmodels.data.series.calendar import Unit, evenly_counted, in_words, without_clock
from seqmodels.data.series.times import TimeReader

Missing = Literal["refuse", "previous", "interpolate", "drop"]
Duplicates = Literal["refuse", "first", "last", "mean"]
Irregular = Literal["refuse", "fill", "ignore"]
SERIES = 2**20  # different series at most


@dataclass(frozen=True, kw_only=True)
class Policies:
    """What to do about missing values, duplicate times and steps of unequal length."""

    missing: Missing = "refuse"
    duplicates: Duplicates = "refuse"
    irregular: Irregular = "refuse"


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Rows sorted by series, then by time. Its arrays are mapped from files where they are large.

    Args:
        values: One column per name, NaN where unknown, [L, C]; float32 where the table's
            columns are and nothing is computed of them, so that they cost what the table does.
        ticks: The time as a number, [L].
        groups: The series of each row, from 0, [L].
        moments: The time as the table has it, [L]: datetime64[us], or a number.
        known: Where `values` are the table's own and not filled in, [L, C] bool; None: wherever
            they are not NaN.
        unit: What `ticks` count.
        names: What each series is called, [G]; None: there is only one.
        days: `moments` are dates without clock times.
        usual: The most frequent distance between two steps, in ticks.
        times: The distinct times of all series in order.
        unknown: Steps that lack a value of the table.
        inserted: Of these, steps that are not in the table.
    """

    values: np.ndarray
    ticks: np.ndarray
    groups: np.ndarray
    moments: np.ndarray
    known: np.ndarray | None = None
    unit: Unit = "steps"
    names: tuple[str, ...] | None = None
    days: bool = False
    usual: float = 1.0
    times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    unknown: int = 0
    inserted: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def longest(self) -> int:
        """How many steps the longest series has."""
        return int(np.bincount(self.groups).max())

    def own(self, rows: slice = slice(None)) -> np.ndarray:
        """Return which values of some rows are the table's own and not filled in, [M, C] bool."""
        return np.isfinite(self.values[rows]) if self.known is None else self.known[rows]

    def moment(self, row: int) -> str:
        """Return the time of a row in words."""
        return in_words(self.moments[row : row + 1], self.days)[0]

    def label(self, row: int) -> str:
        """Return the time and the series of a row in words, for messages."""
        series = "" if self.names is None else f" of {self.names[self.groups[row]]}"
        return self.moment(row) + series

    def take(self, rows: np.ndarray) -> Steps:
        """Return the steps at `rows` [M], in that order."""
        arrays = {name: getattr(self, name) for name in ("values", "ticks", "groups", "moments")}
        if self.known is not None:
            arrays["known"] = self.known
        return replace(self, **{name: taken(array, rows) for name, array in arrays.items()})

    def distances(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield blocks of rows: the first, the time since the row before each, and its `same`.

        `same` says whether the row before is of the same series; the first row has none.
        """
        for rows in blocks(len(self.ticks)):
            before = max(rows.start - 1, 0)
            gaps = np.diff(self.ticks[before : rows.stop])
            same = np.diff(self.groups[before : rows.stop]) == 0
            if rows.start == 0:
                gaps, same = np.append(0.0, gaps), np.append(False, same)
            yield rows.start, gaps, same


def read_steps(
    frames: Iterator[Any],
    name: str,
    *,
    time: Sequence[str],
    columns: Sequence[str],
    group: Sequence[str],
    computed: bool,
) -> Steps:
    """Return the rows of a table as steps, sorted, with their gaps and duplicates.

    Args:
        frames: The rows, some at a time, as pandas DataFrames.
        name: Of the table, for messages.
        time: The columns of times.
        columns: The columns of values.
        group: The columns whose values name the series.
        computed: New values will be computed of these.

    Raises:
        InputError: A time or a number cannot be read. All that is found is reported together.
    """
    numbers = Numbers(name, columns, np.float64 if computed else np.float32)
    times, groups = TimeReader(name, time), _Groups(name, group)
    rows = 0
    for frame in frames:
        numbers.append(frame, rows)
        times.append(frame, rows)
        groups.append(frame)
        rows += len(frame)
    if not rows:
        raise InputError(f"{name} has no rows below its header. Give a table with data.")
    moments, problems = times.done()
    problems = numbers.problems() + problems
    if problems:
        raise InputError(problems)
    codes, names = groups.done(rows)
    steps = Steps(
        values=numbers.done(), ticks=moments, groups=codes, moments=moments, names=names,
        days=without_clock(moments),
    )  # fmt: skip
    steps = _sorted(steps)
    ticks, unit = evenly_counted(steps.moments, steps.groups, time)
    return replace(steps, ticks=ticks, unit=unit)


class Numbers:
    """Reads columns of numbers some rows at a time.

    Args:
        name: Of the table, for messages.
        columns: Which of its columns.
        least: The type of the numbers; float64 where a column's do not fit into that.
    """

    def __init__(self, name: str, columns: Sequence[str], least: type[np.floating]):
        self._name, self._columns, self._least = name, list(columns), least
        self._writer: Writer | None = None
        self._wrong: dict[str, tuple[int, int, Any]] = {}  # how many, the first row, its cell

    def append(self, frame: Any, first: int) -> None:
        """Read some rows, the first of which is row `first` of the table."""
        import pandas as pd

        types = [frame[column].dtype for column in self._columns]
        fits = all(isinstance(one, np.dtype) and np.can_cast(one, self._least) for one in types)
        shape = len(frame), len(self._columns)
        values = np.full(shape, np.nan, self._least if fits else np.float64)
        for place, column in enumerate(self._columns):
            cells = frame[column]
            numbers: Any = pd.to_numeric(cells, errors="coerce")
            dated = pd.api.types.is_datetime64_any_dtype(cells)
            bad = np.flatnonzero(cells.notna() & (numbers.isna() | dated))
            if len(bad):
                count, row, cell = self._wrong.get(column, (0, first + int(bad[0]), None))
                cell = cell if count else cells.iloc[bad[0]]
                self._wrong[column] = count + len(bad), row, cell
            else:
                values[:, place] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        values[~np.isfinite(values)] = np.nan
        self._writer = self._writer or Writer(values.dtype, shape[1:])
        self._writer.append(values)

    def problems(self) -> list[str]:
        """Return which cells are no numbers, a line for each column."""
        return [
            f"Column {column!r} of {self._name} needs numbers, got {cell!r} in row {row} (counted "
            f"from 0), {count} such in all. Leave these empty where the value is missing, or "
            f"choose another column."
            for column, (count, row, cell) in self._wrong.items()
        ]

    def done(self) -> np.ndarray:
        """Return the numbers [L, C], NaN where missing or infinite."""
        return Writer(self._least).done() if self._writer is None else self._writer.done()


class _Groups:
    """Numbers the series of a table, whose rows come some at a time."""

    def __init__(self, name: str, columns: Sequence[str]):
        self._name, self._columns = name, list(columns)
        self._codes = Writer(np.int32)
        self._rows = 0  # of the pieces before
        self._known: dict[tuple[str, ...], int] = {}
        self._keys: list[Any] = []  # a DataFrame of the new series of each piece

    def append(self, frame: Any) -> None:
        if not self._columns:
            return
        self._refuse_nobody(frame)
        options: Any = {"dropna": False, "sort": False, "observed": True}
        local = frame.groupby(self._columns, **options).ngroup().to_numpy()
        keys = frame[self._columns].iloc[np.unique(local, return_index=True)[1]]
        codes, new = [], []
        for place, key in enumerate(keys.astype(str).to_numpy(object)):
            before = len(self._known)
            codes.append(self._known.setdefault(tuple(key), before))
            new += [place] * (len(self._known) > before)
        self._keys.append(keys.iloc[new])
        if len(self._known) > SERIES:
            raise InputError(
                f"{self._name} has more than {SERIES:,} series by {some(self._columns)}. Choose "
                f"other columns for group=, those whose values name a series."
            )
        self._codes.append(np.array(codes, np.int32)[local])

    def _refuse_nobody(self, frame: Any) -> None:
        """Refuse rows that do not say which series they belong to."""
        for column in self._columns:
            cells = frame[column]
            nobody = cells.isna() | (cells.astype(str).str.strip() == "")
            rows = self._rows + np.flatnonzero(nobody.to_numpy())
            if len(rows):
                raise InputError(
                    f"{self._name} has {len(rows):,} rows without a {column!r} (group=): row "
                    f"{some(rows.tolist())} (counted from 0). Say which series they belong to, or "
                    f"leave them out."
                )
        self._rows += len(frame)

    def done(self, rows: int) -> tuple[np.ndarray, tuple[str, ...] | None]:
        """Return the series of each row [L], numbered in the order of their keys, and their names.

        Two series such as "a/b" of "c", and "a" of "b/c", get their numbers as well.
        """
        if not self._columns:
            return np.broadcast_to(np.int32(0), rows), None
        import pandas as pd

        keys = pd.concat(self._keys) if len(self._keys) > 1 else self._keys[0]
        if len(self._keys) > 1:  # as pandas types columns that it reads whole
            keys = pd.DataFrame({column: _typed(keys[column]) for column in keys.columns})
        options: Any = {"dropna": False, "observed": True}
        rank = keys.groupby(self._columns, **options).ngroup().to_numpy(np.int32)
        codes = Writer(np.int32)
        found = self._codes.done()
        for part in blocks(rows):
            codes.append(rank[found[part]])
        texts = keys.iloc[np.argsort(rank)].astype(str).to_numpy(object)
        names = ["/".join(key) for key in texts]
        if len(set(names)) < len(names):
            names = [f"{name} ({number})" for number, name in enumerate(names)]
        return codes.done(), tuple(names)


def _typed(cells: Any) -> Any:
    import pandas as pd

    numbers: Any = pd.to_numeric(cells, errors="coerce")
    return cells if numbers.isna().any() else numbers


def _sorted(steps: Steps) -> Steps:
    """Return the steps by series, then by time; rows of one time keep the table's order."""
    steps = replace(steps, ticks=steps.moments.view(np.int64) if steps.moments.dtype.kind == "M"
                    else steps.moments)  # fmt: skip
    for first, gaps, same in steps.distances():
        before = np.diff(steps.groups[max(first - 1, 0) : first + len(gaps)]) < 0
        if (same & (gaps < 0)).any() or before.any():
            return steps.take(np.lexsort((steps.ticks, steps.groups)))
    return steps  # most tables are in order, and need no copy


def taken(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the rows of an array, mapped from a file where the array is."""
    if array.strides[0] == 0:
        return np.broadcast_to(array[:1], (len(rows), *array.shape[1:]))
    if not isinstance(array, np.memmap):
        return array[rows]
    writer = Writer(array.dtype, array.shape[1:], on_disk=True)
    for part in blocks(len(rows)):
        writer.append(array[rows[part]])
    return writer.done()
