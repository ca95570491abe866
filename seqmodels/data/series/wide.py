"""Tables in which a column, or a row, is a series become tables in which a row is a step."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.cells import DATE_NAME
from seqmodels.data.series.times import moments_of

_YEAR = re.compile(r"[XY]?(1[5-9]\d\d|2[01]\d\d)( \[YR\d{4}\])?")
_NUMBERED = re.compile(r"(.*?)(\d+)")
_FEWEST = 4  # columns that make a series


@dataclass(frozen=True)
class Wide:
    """A table in which each row is a series.

    Args:
        ids: The columns that say what a row is.
        steps: The columns of its steps, in time.
        times: Their times: dates, or numbers.
        ends: The last step of each series is the same moment, as where they are but numbered.
    """

    ids: tuple[str, ...]
    steps: tuple[str, ...]
    times: Any
    ends: bool


def dated(frame: Any, *, sure: bool) -> Wide | None:
    """Return what the columns are where some are named by dates, or numbered; else None.

    Numbered ones, as in `V1,V2,...` (M4) or `item,d_1,d_2,...`, count only beside a text that
    no two rows share, unless it is sure that rows are series.
    """
    import pandas as pd

    names = [str(column) for column in frame.columns]
    years = [name for name in names if _YEAR.fullmatch(name.strip())]
    dates = [name for name in names if DATE_NAME.fullmatch(name.strip())]
    times, steps = None, []
    if len(years) >= max(_FEWEST, len(dates)):
        steps = years
        bare = [re.sub(r"^[XY]| \[.*", "", name.strip()) for name in years]
        times = np.array(bare, "datetime64[Y]").astype("datetime64[s]")
    elif len(dates) >= _FEWEST:
        steps = dates
        times = moments_of(pd.Series(dates).str.removeprefix("X")).to_numpy()
        if np.isnat(times).any():
            return None
    if times is not None:
        ids = tuple(name for name in names if name not in set(steps))
        order = np.argsort(times, kind="stable")
        if len(np.unique(times)) < len(times) or not (sure or _numeric(frame, steps)):
            return None
        return Wide(ids, tuple(steps[i] for i in order), times[order], False)
    return _numbered(frame, names, sure)


def rows_to_steps(frame: Any, name: str, wide: Wide, group: Sequence[str]) -> tuple[Any, list[str]]:
    """Return a table of the columns "time", "value" and the ids, and the ids that tell rows apart.

    What is missing before a series begins and after it ends is left out.

    Args:
        frame: A pandas DataFrame, a row a series.
        name: What to call it in messages.
        wide: What its columns are.
        group: The ids to tell the series by; none: the fewest that do.

    Raises:
        InputError: A value is no number, or two rows have the same ids.
    """
    import pandas as pd

    values = _values(frame, name, wide.steps)
    inside, last = _inside(values)
    rows, steps = np.nonzero(inside)
    keys = list(group) or _unique(frame, wide.ids)
    long = {}
    if keys is None:
        keys, long = ["row"], {"row": rows}
    elif frame.duplicated(keys).any():
        again = frame.loc[frame.duplicated(keys), keys].iloc[0].tolist()
        raise InputError(
            f"{name} has two rows of the series {some(again)}. Tell its rows apart: group= one or "
            f"more of {some(wide.ids, 12)}."
        )
    else:
        long = {key: pd.Categorical(frame[key].astype(str)).take(rows) for key in keys}
    times = steps - last[rows] if wide.ends else wide.times[steps]
    return pd.DataFrame({**long, "time": times, "value": values[rows, steps]}), keys


def columns_to_steps(frame: Any, name: str, time: Sequence[str], series: Sequence[str]) -> Any:
    """Return a table of the columns of times, "series" and "value": a column is a series.

    Raises:
        InputError: A value is no number.
    """
    import pandas as pd

    clash = {"series", "value"} & set(time)
    if clash:
        raise InputError(f"Rename column {some(clash)} of {name}: the name is needed.")
    values = _values(frame, name, series)
    inside, _ = _inside(values.T)
    which, rows = np.nonzero(inside)
    names = pd.Categorical.from_codes(which, pd.Index([str(one) for one in series]))
    times = {column: frame[column].iloc[rows].reset_index(drop=True) for column in time}
    return pd.DataFrame({**times, "series": names, "value": values.T[which, rows]})


def _values(frame: Any, name: str, columns: Sequence[str]) -> np.ndarray:
    """Return the columns as numbers [L, C], NaN where missing."""
    import pandas as pd

    values = np.full((len(frame), len(columns)), np.nan)
    for place, column in enumerate(columns):
        cells = frame[column]
        numbers: Any = pd.to_numeric(cells, errors="coerce")
        bad = np.flatnonzero(cells.notna() & numbers.isna())
        if len(bad):
            raise InputError(
                f"Column {column!r} of {name} needs numbers, got {cells.iloc[bad[0]]!r} in row "
                f"{bad[0]} (counted from 0). Leave it empty where the value is missing."
            )
        values[:, place] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _inside(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which steps [N, T] lie between the first and the last known, and the last, [N]."""
    known = np.isfinite(values)
    begun = np.maximum.accumulate(known, axis=1)
    goes_on = np.maximum.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return begun & goes_on, last


def _numbered(frame: Any, names: Sequence[str], sure: bool) -> Wide | None:
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match:
            found.setdefault(match[1], []).append((int(match[2]), name))
    if not found:
        return None
    run = max(found.values(), key=len)
    if not _numeric(frame, [run[0][1]]):
        run = run[1:]  # the first of M4's is what the series is called
    numbers = [number for number, _ in run]
    if len(run) < 2 * _FEWEST or numbers != list(range(numbers[0], numbers[0] + len(run))):
        return None
    steps = [name for _, name in run]
    ids = tuple(name for name in names if name not in set(steps))
    texts = [name for name in ids if not _numeric(frame, [name])]
    named = any(frame[name].is_unique for name in texts)
    if not sure and (not named or len(texts) < len(ids) or not _numeric(frame, steps)):
        return None
    return Wide(ids, tuple(steps), np.array(numbers), True)


def _numeric(frame: Any, columns: Sequence[str]) -> bool:
    import pandas as pd

    return all(
        pd.api.types.is_numeric_dtype(frame[column]) or not frame[column].notna().any()
        for column in columns
    )


def _unique(frame: Any, ids: Sequence[str]) -> list[str] | None:
    """Return the fewest ids that tell the rows apart, texts first; None: there are none."""
    texts = [one for one in ids if not _numeric(frame, [one])]
    few = [*texts, *(one for one in ids if one not in texts)][:12]
    for count in (1, 2, 3):
        for chosen in itertools.combinations(few, count):
            if not frame.duplicated(list(chosen)).any():
                return list(chosen)
    return None
