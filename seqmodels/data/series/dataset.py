"""Forecasts from any table with a time column: windows of steps, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.data.names import names_of
from seqmodels.data.presets import SERIES_PRESETS
from seqmodels.data.series import notes
from seqmodels.data.series.columns import Columns, Layout, columns_of
from seqmodels.data.series.latest import latest_steps
from seqmodels.data.series.loading import (
    READING,
    DataFrame,
    SeriesTable,
    absent_columns,
    columns_asked,
    find_table,
    loaded,
    table_of,
    used,
)
from seqmodels.data.series.sizes import sizes_of
from seqmodels.data.series.steps import Duplicates, Irregular, Missing, Policies
from seqmodels.data.series.windows import Reach, Windows, chosen
from seqmodels.data.tables.frames import frame_table
from seqmodels.data.tables.numbers import Decimal, refuse_ambiguous
from seqmodels.encoders.series import SeriesEncoder

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Lt(1)]
_CHECKED = frozenset((
    "window", "horizon", "step", "season", "missing", "duplicates", "irregular", "valid", "test",
    "rows", "reach", "scaling", "layout", "decimal",
))  # fmt: skip
GAPS = {"missing": "previous", "irregular": "fill"}  # for who names a table and no more


def look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Return what a table's columns are, where it has times and numbers; see `Source.look`."""
    if not path.is_file() or "text" in given:
        return None
    table = frame_table(path, given)
    columns = table and columns_of(table.sample, path.name, **columns_asked(given))
    if not table or not columns:
        return None
    refuse_ambiguous(path.name, table.ambiguous, [*used(columns), *names_of(given.get("inputs"))])
    decided = {key: table.options[key] for key in ("decimal",) if key in table.options}
    return Found({**arguments_of(columns), **decided, **GAPS}, "regression")


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is read and forecast: arguments of `series` by these names, `ahead` in steps."""

    inputs: tuple[str, ...]
    ahead: tuple[int, ...]
    window: int | None
    step: int
    season: int | None
    scaling: Literal["standard", "log"]
    valid: float | None
    test: float | None
    rows: int | None
    inside: bool


def arguments_of(columns: Columns) -> dict[str, Any]:
    """Return the arguments of `series` that say what the columns of a table are."""
    decided = {"time": columns.time, "target": columns.target, "layout": columns.layout}
    return {name: value for name, value in decided.items() if value and value != "long"}


@register_dataset(
    "series",
    tasks={
        "regression": Task("value", "what the target will be", {"answer": "median"}),
        "binary": Task("direction", "whether the target will be higher than it is"),
        "multiclass": Task("value", "in which quarter of its range it will be", {"bins": 4}),
    },
    presets=SERIES_PRESETS,
    look=look,
    inputs=latest_steps,
)
def series(
    path: str | Path | DataFrame | None = None,
    *,
    file: str | None = None,
    time: str | tuple[str, ...] | None = None,
    target: str | tuple[str, ...] | None = None,
    inputs: str | tuple[str, ...] | None = None,
    window: Count | None = None,
    horizon: Count | tuple[Count, ...] = 1,
    step: Count = 1,
    group: str | tuple[str, ...] | None = None,
    layout: Layout | None = None,
    season: Count | None = None,
    missing: Missing = "refuse",
    duplicates: Duplicates = "refuse",
    irregular: Irregular = "refuse",
    scaling: Literal["standard", "log"] = "standard",
    valid: Share | Count | None = None,
    test: Share | Count | None = None,
    rows: Count | None = None,
    reach: Reach = "inside",
    encoding: str | None = None,
    delimiter: str | None = None,
    quotes: Literal["double", "none"] | None = None,
    decimal: Decimal | None = None,
) -> Dataset:
    """Forecasts from any table with a time column: read some steps, foretell the next.

    The parts follow each other in time: the earliest times are for training, the latest for
    the test, and one pair of dates cuts all groups. Each window's inputs and targets lie in one
    part; with `reach="before"` inputs may lie before the part. Nothing that a window reads is
    computed from a later step than its last.

    Targets: "value", the target in its own unit, [N], or a table [N, D] with columns such as
    "meantemp +1" (one a target and horizon) when there are several; and "direction", "up" where
    the first target is higher at its last horizon than at the last step of the window, else
    "down" (ties too). Naive answers beside "value": the last value; with `season` also the
    last known value of the same season, which may lie before the window and even before its
    part, as no model is fitted to it.

    Args:
        path: A CSV (or its like with tabs or semicolons), JSON lines or Parquet file, a folder
            that holds `file`, or a pandas DataFrame.
        file: The table's name, such as "weather/pollution.csv", below `path` or else below
            $SEQMODELS_DATA.
        time: The column of times, or several that make one: year, month, day, hour, ... or a
            date and a clock time. Dates such as 3/4/2013 are taken month first where that fits
            all rows. Whole numbers count steps; 20130403 is a date. Order of rows is free.
            None: the column that holds dates, or is called so and rises.
        target: The column or columns to foretell. None: the only one of numbers.
        inputs: The columns to read. None: the target.
        window: Steps that one example reads. None: a year of months, a day of hours, 30 days,
            or what the parts have room for.
        horizon: 3 foretells each of the next 3 steps; (3,) only the third.
        step: Steps from one window to the next.
        group: The columns that tell several series in one table apart; windows stay in one.
        layout: "long": a row is a step, or a step of one of the groups. "columns": each column
            of numbers is a series, or each of `target`. "rows": each row is one, with a column
            for each date. None: "rows" where columns are named by dates, else "long".
        season: Steps after which the series tends to repeat: 7 for days, 12 for months.
        missing: "previous" fills a gap with the last known value; "interpolate" draws a line
            over it, and leaves windows out that end in a gap, since their fill would know the
            future; "drop" leaves out every window that touches a gap. A value that is missing
            is never a target. Infinite numbers count as missing.
        duplicates: Which of several rows of one time (and group) to keep.
        irregular: What to do when steps differ in length (months do not): "fill" inserts the
            steps that are not there, with missing values; "ignore" takes rows as steps.
        scaling: See `SeriesEncoder`.
        valid: For validation: a share of the time span, as in 0.1, or a whole number of steps.
            None: 0.1, or as much as a window needs, up to 0.25.
        test: The same for the test. None: 0.2, or up to 0.25.
        rows: Steps in time to use, the earliest ones; what comes later is left out. None: all.
        reach: "inside": a window lies in its part with all that it reads, so that no row is in
            two parts. "before": it may read steps before its part, which are known when a
            forecast is made; each step of a part is foretold then, however long the window, as
            published tables have it. What a part foretells, no other part does.
        encoding: Of a text file. None: UTF-8.
        delimiter: What parts the fields of a text file; None: decided from its first lines.
        quotes: "none": quotes are plain characters there. None: decided, too.
        decimal: What stands before the decimals in a text file. ",": dots part thousands, as in
            1.033,15. None: decided, see `decimal_of`.

    The presets read public tables; where a table is not found, the error names its publisher.

    Raises:
        InputError: The table is not found or not readable, an argument is out of range, a
            column is missing or no number, a time does not parse, the data have what a policy
            refuses, or a part is too short for one window.
    """
    given = dict(locals())
    asked = columns_asked(given)
    problems = _problems(given)
    try:
        frame, name = loaded(find_table(path, file), {key: given[key] for key in READING})
    except InputError as error:
        raise InputError(problems + error.problems) from None
    wanted = {key: asked[key] for key in ("time", "target", "group")}
    problems += absent_columns(frame, name, {**wanted, "inputs": names_of(inputs)})
    if problems:
        raise InputError(problems)
    table = table_of(frame, name, asked, names_of(inputs))
    if table is None:
        raise InputError(notes.no_series(frame, name))
    forecast = Forecast(
        inputs=names_of(inputs),
        ahead=tuple(sorted(set(horizon if isinstance(horizon, tuple) else range(1, horizon + 1)))),
        window=window,
        step=step,
        season=season,
        scaling=scaling,
        valid=valid,
        test=test,
        rows=rows,
        inside=reach == "inside",
    )
    policies = Policies(missing=missing, duplicates=duplicates, irregular=irregular)
    return _dataset(table, forecast, policies)


def _dataset(table: SeriesTable, of: Forecast, policies: Policies) -> Dataset:
    """Return the windows of a table, in their parts."""
    reads = tuple(dict.fromkeys(of.inputs or table.target))
    columns = tuple(dict.fromkeys([*reads, *table.target]))
    if policies.duplicates == "refuse":
        notes.refuse_several(table, columns)
    steps = table.steps(columns, policies)
    sizes = sizes_of(
        steps, of.ahead[-1], of.window, valid=of.valid, test=of.test, rows=of.rows, inside=of.inside
    )
    windows = Windows(
        steps=steps,
        reads=len(reads),
        aims={target: columns.index(target) for target in table.target},
        window=sizes.window,
        ahead=np.array(of.ahead),
        season=of.season,
    )
    careful = policies.missing == "interpolate"
    train, valid, test = (
        windows.examples(last)
        for last in chosen(
            table.name, windows, edges=sizes.edges, step=of.step, careful=careful, inside=of.inside
        )
    )
    continues = None
    if set(table.target) <= set(reads):  # answers are in this order: see Windows.examples
        continues = tuple(reads.index(target) for target in windows.aims for _ in of.ahead)
    encoder = SeriesEncoder(
        columns=reads,
        scaling=of.scaling,
        length=sizes.window,
        continues=continues,
        time=tuple(table.time),
    )
    says = (notes.read(table, steps), sizes.says, *notes.missing_values(steps, policies.missing))
    says += () if of.inputs else notes.unread(table, columns)
    return Dataset(
        train=train, valid=valid, test=test, encoder=encoder, head="regression", notes=says
    )


def _problems(given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with arguments that came from Python, where nobody checked them."""
    from seqmodels.core.arguments import checked  # pydantic takes a moment to import

    problems = []
    try:
        checked(series, {k: v for k, v in given.items() if k in _CHECKED}, "dataset 'series'")
    except InputError as error:
        problems = error.problems
    if given["horizon"] == ():
        problems.append("Argument 'horizon' of dataset 'series' needs a step, got none: ().")
    valid, test = given["valid"] or 0.1, given["test"] or 0.2
    if not problems and valid < 1 and test < 1 and valid + test >= 1:
        problems.append(f"Shares valid={valid!r} and test={test!r} leave nothing to train on.")
    return problems
