"""Forecasts from any table with a time column: windows of steps, and what comes next."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from seqmodels.data import Dataset
from seqmodels.datasets._presets import SERIES_PRESETS
from seqmodels.datasets._steps import Duplicates, Irregular, Missing, steps_of
from seqmodels.datasets._tables import DataFrame, absent_columns, find_table, read_table
from seqmodels.datasets._windows import PARTS, Windows, ends_of, parts_of, refuse_empty
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.errors import InputError, some
from seqmodels.registry import Task, register_dataset

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Lt(1)]


@register_dataset(
    "series",
    tasks={
        "regression": Task("value", "what the target will be"),
        "binary": Task("direction", "whether the target will be higher than it is"),
        "multiclass": Task("value", "in which quarter of its range it will be", {"bins": 4}),
    },
    presets=SERIES_PRESETS,
)
def series(
    path: str | Path | DataFrame | None = None,
    *,
    file: str | None = None,
    time: str | tuple[str, ...] = "date",
    target: str | tuple[str, ...] | None = None,
    inputs: str | tuple[str, ...] | None = None,
    window: Count = 30,
    horizon: Count | tuple[Count, ...] = 1,
    step: Count = 1,
    group: str | tuple[str, ...] | None = None,
    season: Count | None = None,
    missing: Missing = "refuse",
    duplicates: Duplicates = "refuse",
    irregular: Irregular = "refuse",
    scaling: Literal["standard", "log"] = "standard",
    valid: Share = 0.1,
    test: Share = 0.2,
) -> Dataset:
    """Forecasts from any table with a time column: read some steps, foretell the next.

    The parts follow each other in time: the earliest times are for training, the latest for
    the test, and one pair of dates cuts all groups. A window belongs to a part only when all
    of it does, what it reads and what it foretells, so that no row is in two parts. Nothing
    that a window reads is computed from a later step than its last.

    Targets: "value", the target in its own unit, [N], or a table [N, D] with columns such as
    "meantemp +1" (one a target and horizon) when there are several; and "direction", "up" where
    the first target is higher at its last horizon than at the last step of the window, else
    "down" (ties too). Naive answers beside "value": the last value; with `season` also the
    last known value of the same season, which may lie before the window and even before its
    part, as no model is fitted to it.

    Args:
        path: A CSV or Parquet file, a folder that holds `file`, or a pandas DataFrame.
        file: The table's name, such as "weather/pollution.csv", below `path` or else below
            $SEQMODELS_DATA.
        time: The column of times, or several that make one: year, month, day, hour, ... or a
            date and a clock time. Dates such as 3/4/2013 are taken month first where that fits
            all rows. Whole numbers count steps; 20130403 is a date. Order of rows is free.
        target: The column or columns to foretell.
        inputs: The columns to read. None: the target.
        window: Steps that one example reads.
        horizon: 3 foretells each of the next 3 steps; (3,) only the third.
        step: Steps from one window to the next.
        group: The columns that tell several series in one table apart; windows stay in one.
        season: Steps after which the series tends to repeat: 7 for days, 12 for months.
        missing: "previous" fills a gap with the last known value; "interpolate" draws a line
            over it, and leaves windows out that end in a gap, since their fill would know the
            future; "drop" leaves out every window that touches a gap. A value that is missing
            is never a target. Infinite numbers count as missing.
        duplicates: Which of several rows of one time (and group) to keep.
        irregular: What to do when steps differ in length (months do not): "fill" inserts the
            steps that are not there, with missing values; "ignore" takes rows as steps.
        scaling: See `SeriesEncoder`.
        valid: Share of the time span for validation.
        test: Share of the time span for the test.

    The presets read public tables; where a table is not found, the error names its publisher.

    Raises:
        InputError: The table is not found or not readable, an argument is out of range, a
            column is missing or no number, a time does not parse, the data have what a policy
            refuses, or a part is too short for one window.
    """
    ahead = range(1, horizon + 1) if not isinstance(horizon, tuple) else sorted(set(horizon))
    numbers = {"window": window, "horizon": horizon, "step": step, "season": season}
    policies = {"missing": missing, "duplicates": duplicates, "irregular": irregular}
    shares = {"valid": valid, "test": test}
    problems = _problems({**numbers, **policies, **shares, "scaling": scaling})
    asked = {"time": _names(time), "target": _names(target), "inputs": _names(inputs)}
    asked["group"] = _names(group)
    try:
        frame, name = read_table(find_table(path, file))
    except InputError as error:
        raise InputError(problems + error.problems) from None
    problems += absent_columns(frame, name, asked)
    if not asked["target"]:
        problems.append(
            f"Dataset 'series' needs a target: set dataset.target to one of the columns "
            f"{some(frame.columns, 20)} of {name}."
        )
    if problems:
        raise InputError(problems)
    reads = list(dict.fromkeys(asked["inputs"] or asked["target"]))
    columns = list(dict.fromkeys([*reads, *asked["target"]]))
    steps = steps_of(
        frame,
        name,
        time=asked["time"],
        columns=columns,
        group=asked["group"],
        missing=missing,
        duplicates=duplicates,
        irregular=irregular,
    )
    parts = parts_of(steps.ticks, valid, test)  # [L]
    windows = Windows(
        steps=steps,
        reads=len(reads),
        aims={target: columns.index(target) for target in asked["target"]},
        window=window,
        ahead=np.array(ahead),
        season=season,
    )
    stretch = steps.groups * len(PARTS) + parts  # [L], a number for each group and part
    last = ends_of(stretch, windows.span, step) - ahead[-1]
    last = last[windows.readable(last, careful=missing == "interpolate")]
    chosen = [last[parts[last] == part] for part in range(len(PARTS))]
    refuse_empty(name, chosen, stretch, windows)
    continues = None
    if set(asked["target"]) <= set(reads):  # answers are in this order: see Windows.examples
        continues = tuple(reads.index(target) for target in windows.aims for _ in ahead)
    train_part, valid_part, test_part = (windows.examples(rows) for rows in chosen)
    return Dataset(
        train=train_part,
        valid=valid_part,
        test=test_part,
        encoder=SeriesEncoder(
            columns=tuple(reads),
            scaling=scaling,
            length=window,
            continues=continues,
            time=asked["time"],
        ),
    )


def _names(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if names is None else (names,) if isinstance(names, str) else tuple(names)


def _problems(given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with arguments that came from Python, where nobody checked them."""
    from seqmodels.arguments import checked  # pydantic takes a moment to import

    problems = []
    try:
        checked(series, given, "dataset 'series'")
    except InputError as error:
        problems = error.problems
    if given["horizon"] == ():
        problems.append("Argument 'horizon' of dataset 'series' needs a step, got none: ().")
    valid, test = given["valid"], given["test"]
    if not problems and valid + test >= 1:
        problems.append(f"Shares valid={valid!r} and test={test!r} leave nothing to train on.")
    return problems
