"""Time is calendar time: months, weeks, quarters and days in their many spellings are regular."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm

MONTHS = pd.date_range("2018-01-01", periods=72, freq="MS")
WEEKS = [(year, week) for year in (1928, 1929, 1930) for week in range(1, 53)]


def regular(table: pd.DataFrame, folder: Path, **options) -> bool:
    """Return whether a table and the same as a file are read in their order, nothing invented."""
    table.to_csv(folder / "in.csv", index=False)
    for data in (folder / "in.csv", table):
        found = sm.read(data, target="y", **options)
        rows = [np.asarray(part.inputs[0]).ravel() for part in (found.train, found.test)]
        told = " ".join(found.notes)
        if any((np.diff(row) != 1).any() for row in rows) or "filled" in told:
            return False
    return True


def monthly(spell) -> pd.DataFrame:
    return pd.DataFrame({"month": [spell(day) for day in MONTHS], "y": range(len(MONTHS))})


SPELLED = {
    "201801": lambda day: day.year * 100 + day.month,
    "2018.01": lambda day: round(day.year + day.month / 100, 2),
    "Jan-18": lambda day: day.strftime("%b-%y"),
    "January '18": lambda day: day.strftime("%B '%y"),
    "2018M01": lambda day: day.strftime("%YM%m"),
    "2018-01": lambda day: day.strftime("%Y-%m"),
    "Jan 2018": lambda day: day.strftime("%b %Y"),
    "01/2018": lambda day: day.strftime("%m/%Y"),
    "2018-Jan": lambda day: day.strftime("%Y-%b"),
}


@pytest.mark.parametrize("form", SPELLED)
def test_months_are_one_month_apart(tmp_path, form):
    assert regular(monthly(SPELLED[form]), tmp_path)


def test_months_of_the_first_years_of_a_century(tmp_path):
    names = pd.date_range("2001-01-01", periods=300, freq="MS").strftime("%b-%y")
    assert regular(pd.DataFrame({"month": names, "y": range(300)}), tmp_path)


def test_days_without_a_year_are_no_months(tmp_path):
    days = pd.date_range("2022-01-01", periods=90).strftime("%b-%d")
    pd.DataFrame({"date": days, "y": range(90)}).to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(sm.InputError, match="needs times"):
        sm.read(tmp_path / "in.csv", target="y", time="date")


def test_weeks_as_numbers(tmp_path):
    table = {"week": [year * 100 + week for year, week in WEEKS], "y": range(len(WEEKS))}
    assert regular(pd.DataFrame(table), tmp_path)


def test_whole_numbers_that_count_stay_numbers(tmp_path):
    table = pd.DataFrame({"step": range(201_795, 201_995), "y": range(200)})
    assert regular(table, tmp_path)


BESIDE = {
    "year, month": {"year": MONTHS.year, "month": MONTHS.month},
    "year, name": {"Year": MONTHS.year, "Month": MONTHS.strftime("%b")},
    "year, quarter": {"year": np.arange(72) // 4 + 1990, "quarter": np.arange(72) % 4 + 1},
    "year, Q": {"Year": np.arange(72) // 4 + 1990, "Quarter": [f"Q{i % 4 + 1}" for i in range(72)]},
    "year, week": {"year": [year for year, _ in WEEKS], "week": [week for _, week in WEEKS]},
    "date, hour": {
        "date": np.repeat(pd.date_range("2024-02-01", periods=12).strftime("%Y-%m-%d"), 24),
        "hour": np.tile(np.arange(24), 12),
    },
    "date, hour from 1": {
        "date": np.repeat(pd.date_range("2024-02-01", periods=12).strftime("%Y-%m-%d"), 24),
        "Hour": np.tile(np.arange(1, 25), 12),
    },
}


@pytest.mark.parametrize("columns", BESIDE)
def test_a_time_in_two_columns(tmp_path, columns):
    table = pd.DataFrame(BESIDE[columns])
    table["y"] = range(len(table))
    assert regular(table, tmp_path)


@pytest.mark.parametrize("freq", ["D", "h"])
@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "UTC"])
def test_days_and_hours_of_a_zone_across_daylight_saving(tmp_path, zone, freq):
    start = "2023-09-01" if freq == "D" else "2023-10-27"
    times = pd.date_range(start, periods=250, freq=freq, tz=zone)
    assert regular(pd.DataFrame({"time": times, "y": range(250)}), tmp_path)


DATES = pd.date_range("2023-11-15", periods=120)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"date": [day.date() for day in DATES], "y": range(120)}),
        pd.DataFrame({"date": list(DATES.to_pydatetime()), "y": range(120)}, dtype=object),
        pd.DataFrame({"date": DATES, "y": [Decimal(i) for i in range(120)]}),
        pd.DataFrame({"y": range(120)}, index=DATES.strftime("%Y-%m-%d")),
        pd.DataFrame({"y": range(120)}, index=pd.Index([day.date() for day in DATES])),
        pd.Series(range(120), index=DATES.strftime("%Y-%m-%d"), name="y"),
    ],
    ids=["dates", "objects", "decimals", "texts as index", "dates as index", "a Series"],
)
def test_dates_and_numbers_as_databases_give_them(table):
    found = sm.read(table)
    assert "steps of one day" in found.notes[1]
    assert (np.diff(np.asarray(found.train.inputs[0]).ravel().astype(float)) == 1).all()


def test_an_index_of_names_is_no_time():
    table = pd.DataFrame({"text": ["a b", "c d"] * 30, "y": ["p", "n"] * 30})
    table.index = pd.Index([f"row {i}" for i in range(60)])
    assert len(sm.read(table, "y").train) == 48
