"""Forecasts from any table with a time column: windows of steps, and what comes next."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.data.presets import SERIES_PRESETS
from seqmodels.data.series.columns import Columns, Layout, columns_of
from seqmodels.data.series.large import LargeTable
from seqmodels.data.series.loading import columns_asked, in_steps, loaded, names_of, used
from seqmodels.data.series.newest import newest
from seqmodels.data.series.numerals import Decimal, refuse_doubt
from seqmodels.data.series.samples import sample_of
from seqmodels.data.series.sizes import sizes_of
from seqmodels.data.series.steps import Duplicates, Irregular, Missing, steps_of
from seqmodels.data.series.tables import DataFrame, absent_columns, find_table
from seqmodels.data.series.telling import gaps, no_series, refuse_several, says, unread
from seqmodels.data.series.windows import Reach, Windows, chosen
from seqmodels.encoders.series import SeriesEncoder

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Lt(1)]
GAPS = {"missing": "previous", "irregular": "fill"}  # for who names a table and no more


def look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Return what a table's columns are, where it has times and numbers; see `Source.look`."""
    if not path.is_file() or "text" in given:
        return None
    found = sample_of(path, given)
    columns = found and columns_of(found[0], path.name, **columns_asked(given))
    if not found or not columns:
        return None
    refuse_doubt(
        path.name, found[0].attrs.get("doubt", {}), [*used(columns), *names_of(given.get("inputs"))]
    )
    decided = {key: found[1][key] for key in ("decimal",) if key in found[1]}
    return Found({**arguments_of(columns), **decided, **GAPS}, "regression")


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
    inputs=newest,
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
    the test, and one pair of dates cuts all groups. What a window foretells lies in its part,
    and so does what it reads, unless `reach` says otherwise. Nothing that a window reads is
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
    ahead = range(1, horizon + 1) if not isinstance(horizon, tuple) else sorted(set(horizon))
    numbers = {"window": window, "horizon": horizon, "step": step, "season": season}
    policies = {"missing": missing, "duplicates": duplicates, "irregular": irregular}
    shares = {"valid": valid, "test": test, "rows": rows, "reach": reach}
    asked = columns_asked({"time": time, "target": target, "group": group, "layout": layout})
    problems = _problems({**numbers, **policies, **shares, "scaling": scaling, "layout": layout,
                          "decimal": decimal})  # fmt: skip
    try:
        how: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "quotes": quotes}
        how["decimal"] = decimal
        frame, name = loaded(find_table(path, file), how)
    except InputError as error:
        raise InputError(problems + error.problems) from None
    wanted = {key: asked[key] for key in ("time", "target", "group")}
    problems += absent_columns(frame, name, {**wanted, "inputs": names_of(inputs)})
    if problems:
        raise InputError(problems)
    shown = frame.sample if isinstance(frame, LargeTable) else frame
    found = columns_of(shown, name, **asked)
    if found is None:
        raise InputError(no_series(frame, name))
    refuse_doubt(name, shown.attrs.get("doubt", {}), [*used(found), *names_of(inputs)])
    frame, times, aims, groups = in_steps(frame, name, found, asked["group"])
    reads = list(dict.fromkeys(names_of(inputs) or aims))
    columns = list(dict.fromkeys([*reads, *aims]))
    if duplicates == "refuse":
        refuse_several(frame, name, times, groups, columns)
    steps = steps_of(
        frame,
        name,
        time=times,
        columns=columns,
        group=groups,
        missing=missing,
        duplicates=duplicates,
        irregular=irregular,
    )
    sizes = sizes_of(
        steps, ahead[-1], window, valid=valid, test=test, rows=rows, inside=reach == "inside"
    )
    windows = Windows(
        steps=steps,
        reads=len(reads),
        aims={target: columns.index(target) for target in aims},
        window=sizes.window,
        ahead=np.array(ahead),
        season=season,
    )
    careful = missing == "interpolate"
    parts = chosen(
        name, windows, edges=sizes.edges, step=step, careful=careful, inside=reach == "inside"
    )
    continues = None
    if set(aims) <= set(reads):  # answers are in this order: see Windows.examples
        continues = tuple(reads.index(target) for target in windows.aims for _ in ahead)
    train_part, valid_part, test_part = (windows.examples(last) for last in parts)
    return Dataset(
        train=train_part,
        valid=valid_part,
        test=test_part,
        encoder=SeriesEncoder(
            columns=tuple(reads),
            scaling=scaling,
            length=sizes.window,
            continues=continues,
            time=tuple(times),
        ),
        head="regression",
        says=(says(name, found, times, aims, groups, steps), sizes.says,
              *gaps(steps, len(frame), missing),
              *(() if inputs else unread(found, columns, (*times, *groups)))),
    )  # fmt: skip


def _problems(given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with arguments that came from Python, where nobody checked them."""
    from seqmodels.core.arguments import checked  # pydantic takes a moment to import

    problems = []
    try:
        checked(series, given, "dataset 'series'")
    except InputError as error:
        problems = error.problems
    if given["horizon"] == ():
        problems.append("Argument 'horizon' of dataset 'series' needs a step, got none: ().")
    valid, test = given["valid"] or 0.1, given["test"] or 0.2
    if not problems and valid < 1 and test < 1 and valid + test >= 1:
        problems.append(f"Shares valid={valid!r} and test={test!r} leave nothing to train on.")
    return problems
