"""Files of series as people have them: what is decided about each, what a bad one is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.data.series.dataset import look, series

STEPS = 120


def lines(header: str, row: Any, count: int = STEPS) -> str:
    return "\n".join([header, *(row(i) for i in range(count))]) + "\n"


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, **asked: Any) -> Dataset:
    """Read a file as `seqmodels train PATH` does."""
    found = look(path, asked)
    assert found is not None
    assert found.head == "regression"
    return series(path, **{**found.arguments, **asked})


def every_value(dataset: Dataset) -> set[float]:
    """Return all that the windows read."""
    parts = (dataset.train, dataset.valid, dataset.test)
    return {float(one) for part in parts if part for row in part.inputs for one in row[:, 0]}


def day(i: int, form: str = "%Y-%m-%d") -> str:
    return f"{pd.Timestamp('2020-01-01') + pd.Timedelta(days=i):{form}}"


def hour(i: int, form: str) -> str:
    return f"{pd.Timestamp('2004-03-10 18:00') + pd.Timedelta(hours=i):{form}}"


# What is recognised

LONG = {
    "iso dates": (lambda i: f"{day(i)},{i}", "date,y", "one day"),
    "months": (lambda i: f"{1949 + i // 12}-{i % 12 + 1:02},{i}", '"Month","#Passengers"', "one month"),
    "quarters": (lambda i: f"{1960 + i // 4}Q{i % 4 + 1},{i}", "Quarter,GDP", "one quarter"),
    "years": (lambda i: f"{1821 + i},{i}", "year,lynx", "one year"),
    "weeks": (lambda i: f"{day(7 * i)},{i}", "week,y", "one week"),
    "german": (lambda i: f"{day(i, '%d.%m.%Y')};{i},5", "Datum;Wert", "one day"),
    "tabs": (lambda i: f"{day(i)}\t{i}", "date\ty", "one day"),
    "zulu": (lambda i: f"{hour(i, '%Y-%m-%dT%H:%M:%SZ')},{i}", "ts,v", "one hour"),
    "us prices": (lambda i: f'"{day(i, "%b %d, %Y")}","{1000 + i:,}.50"', "Date,Price", "one day"),
    "date and clock": (lambda i: f"{hour(i, '%d/%m/%Y;%H.%M.%S')};{i},5;;", "Date;Time;CO;;", "one hour"),
    "pandas index": (lambda i: f"{i},{day(i)},{i}", ",date,y", "one day"),
    "unit columns": (
        lambda i: f"{i + 1},{hour(i, '%Y,%-m,%-d,%-H')},{'NA' if i == 100 else i}",
        "No,year,month,day,hour,pm2.5",
        "one hour",
    ),
    "counted": (lambda i: f"{i},{i * 2}", "time,y", "as counted"),
    "month ends": (
        lambda i: f"{pd.Timestamp('2000-01-01') + pd.offsets.BMonthEnd(i + 1):%Y-%m-%d},{i}",
        "DATE,y",
        "one month",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", LONG)
def test_a_table_of_one_series_needs_nothing_said(tmp_path, form):
    row, header, pace = LONG[form]
    dataset = read(written(tmp_path, lines(header, row)))
    assert pace in dataset.notes[1]
    assert f"{STEPS} steps" in dataset.notes[0]
    assert min(map(len, (dataset.train, dataset.test))) > 3
    steps = np.diff(dataset.train.inputs[3][:, 0])
    assert len(set(np.round(steps, 6))) == 1, "rows rise by the same amount, in order"


def test_numbers_that_nobody_reads_are_named(tmp_path):
    rows = lines("date,shop,price,rain", lambda i: f"2020-01-{i + 1:02d},7,{i}.5,{i % 3}.1", 30)
    asked = {"target": "price", "group": "shop"}
    told = "not read: 'rain' (inputs=, as in --set dataset.inputs=price,rain)"
    assert read(written(tmp_path, rows), **asked).notes[-1] == told
    chosen = read(written(tmp_path, rows), **asked, inputs=("price",))
    assert not any("not read" in line for line in chosen.notes)


def test_json_lines_and_parquet_are_read(tmp_path):
    frame = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=90), "y": np.arange(90.0)})
    text = frame.assign(date=frame["date"].astype(str)).to_json(orient="records", lines=True)
    one = read(written(tmp_path, text, "table.jsonl"))
    pytest.importorskip("pyarrow")
    frame.to_parquet(tmp_path / "table.data")
    two = read(tmp_path / "table.data")
    assert one.notes[1:] == two.notes[1:]
    assert every_value(one) == every_value(two)


def test_weekdays_are_regular_and_a_holiday_is_a_gap(tmp_path):
    days = pd.bdate_range("2015-01-02", periods=300).delete(100)
    text = lines("Date,Open,Close", lambda i: f"{days[i]:%Y-%m-%d},1.5,{i}", 299)
    dataset = read(written(tmp_path, text), target="Close")
    assert "weekdays" in dataset.notes[1]
    assert "1 of 300 steps lack a value, 1 of them not in the table" in dataset.notes[2]


@pytest.mark.parametrize(
    ("texts", "pace"),
    [
        ([f"{i % 12 + 1}/1/{2000 + i // 12}" for i in range(60)], "one month"),
        ([day(i, "%m/%d/%Y") for i in range(60)], "one day"),
        ([day(i, "%d/%m/%Y") for i in range(60)], "one day"),
        ([hour(i, "%d/%m/%Y %H:%M") for i in range(60)], "one hour"),
    ],
    ids=["months", "month first", "day first", "day first, never after the 12th"],
)
def test_dates_that_could_be_either_are_read_as_what_is_regular(tmp_path, texts, pace):
    text = "date,y\n" + "".join(f"{one},{i}\n" for i, one in enumerate(texts))
    dataset = read(written(tmp_path, text), window=3)
    assert pace in dataset.notes[1]
    assert "60 steps" in dataset.notes[0]


def test_windows_and_parts_follow_from_the_data(tmp_path):
    path = written(
        tmp_path, lines("month,y", lambda i: f"{2000 + i // 12}-{i % 12 + 1:02},{i}", 60)
    )
    dataset = read(path)
    assert dataset.encoder.length == 12
    assert "25 % test, 25 % before it validate" in dataset.notes[1]
    assert read(path, window=5).encoder.length == 5
    few = read(written(tmp_path, lines("date,y", lambda i: f"{day(i)},{i}", 40)))
    assert few.encoder.length == 5


def test_several_series_are_told_apart_with_their_names_and_times(tmp_path):
    row = lambda i: f"{day(i // 2)},{'USD' if i % 2 else 'EUR'},{i}"  # noqa: E731
    path = written(tmp_path, lines("date,currency,rate", row, 200))
    found = look(path, {})
    assert found is not None
    with pytest.raises(InputError, match=r"several series.*'currency'.*--group currency"):
        series(path, **found.arguments)
    dataset = read(path, group="currency")
    for part in (dataset.train, dataset.test):
        assert set(part.groups["series"]) == {"EUR", "USD"}
        odd = np.array([window[0, 0] % 2 for window in part.inputs])
        assert (np.where(odd == 1, "USD", "EUR") == np.asarray(part.groups["series"])).all()
        assert part.times is not None
        spans = part.times[:, 1] - part.times[:, 0]
        assert (spans == 86400 * dataset.encoder.length).all()
    assert dataset.train.times[:, 1].max() < dataset.test.times[:, 0].min()


def test_two_columns_may_be_needed_to_tell_series_apart(tmp_path):
    def row(i: int) -> str:
        return f"{i // 100 + 1},{i // 50 % 2 + 1},{day(7 * (i % 50))},{i * 3.5},{i % 9 == 0}"

    path = written(tmp_path, lines("Store,Dept,Date,Weekly_Sales,IsHoliday", row, 400))
    with pytest.raises(InputError, match="--group Store,Dept"):
        series(path, target="Weekly_Sales")
    assert (
        "8 series by 'Store', 'Dept'"
        in read(path, target="Weekly_Sales", group="Store,Dept").notes[0]
    )


# A series in each row, or in each column


def wide(header: str, names: Any, row: Any, count: int = 12) -> str:
    return lines(f"{header},{','.join(map(str, names))}", row, count)


ROWS = {
    "shops and dates": wide(
        "shop,city,", pd.date_range("2015-01-31", periods=60, freq="ME").strftime("%Y-%m-%d"),
        lambda i: f"s{i},c{i % 3},," + ",".join(str(1000 * i + j) for j in range(60)),
    ),
    "slashed dates": wide(
        "Province,Country,Lat", [day(j, "%-m/%-d/%y") for j in range(60)],
        lambda i: f",Land{i},{i}.5," + ",".join(str(1000 * i + j) for j in range(60)),
    ),
    "years": '"Source","Indicators",\n\n"Updated","2023-05-10",\n\n' + wide(
        '"Country Name","Code"', range(1960, 2020),
        lambda i: f'"Land{i}",L{i},' + ",".join(str(1000 * i + j) for j in range(60)),
    ),
    "numbered": wide(
        "id,state", [f"d_{j}" for j in range(1, 61)],
        lambda i: f"item{i},CA," + ",".join(str(1000 * i + j) for j in range(60)),
    ),
    "M4": wide(
        '"V1"', [f'"V{j}"' for j in range(2, 62)],
        lambda i: f'"Y{i}",' + ",".join(str(1000 * i + j) for j in range(60)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ROWS)
def test_a_row_may_be_a_series(tmp_path, form):
    dataset = read(written(tmp_path, ROWS[form]))
    assert "a series in each row, 12 series" in dataset.notes[0]
    for window, target in zip(dataset.train.inputs, dataset.train.targets["value"], strict=True):
        assert (np.diff([*window[:, 0], target]) == 1).all(), "a window stays in its row"


def test_what_is_missing_around_a_series_is_no_gap(tmp_path):
    text = wide(
        "V1", [f"V{j}" for j in range(2, 42)],
        lambda i: f"Y{i}," + ",".join(str(j) if j < 40 - i else "" for j in range(40)),
    )  # fmt: skip
    dataset = read(written(tmp_path, text))
    assert len(dataset.notes) == 2, "no line about gaps"
    assert dataset.test.times is not None
    assert dataset.test.times[:, 1].max() == 0, "numbered steps are counted from the end"


def test_a_column_may_be_a_series(tmp_path):
    path = written(tmp_path, lines("date,a,b", lambda i: f"{day(i)},{i},{1000 + i}"))
    with pytest.raises(InputError, match=r"'a', 'b'.*layout='columns'"):
        look(path, {})
    dataset = read(path, layout="columns")
    assert set(dataset.train.groups["series"]) == {"a", "b"}
    assert all((np.diff(window[:, 0]) == 1).all() for window in dataset.train.inputs)


# What is left to others


@pytest.mark.parametrize(
    "text",
    [
        lines("date,stars,review", lambda i: f"{day(i)},{i % 5},this was a good film {i} indeed"),
        lines("label,text", lambda i: f"spam,call me {i} now"),
        lines("id,f0,f1,f2,f3,f4,f5,f6,f7,label", lambda i: f"s{i},1,2,3,4,5,6,7,8,{i % 2}"),
        lines("47,100,27,81,57", lambda i: "0,89,27,100,42"),
        lines("title,price", lambda i: f"title {i},{i}"),
        "just a text\nof two lines\n",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"",
    ],
    ids=["reviews", "spam", "features", "digits", "products", "prose", "png", "wav", "empty"],
)
def test_files_of_other_kinds_are_left_alone(tmp_path, text):
    assert look(written(tmp_path, text), {}) is None
    assert look(tmp_path, {}) is None


# What is refused

GOOD = lambda i: f"{day(i)},{i}"  # noqa: E731
# ruff: noqa: E501 - a case a line
BAD: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "several targets": (lines("date,a,b", lambda i: f"{day(i)},1,2"), {}, r"'a', 'b'.*target="),
    "no such target": (lines("date,y", GOOD), {"target": "yy"}, "Did you mean 'y'"),
    "target of words": (lines("date,y,w", lambda i: f"{day(i)},1,x"), {"target": "w"}, "'w'.*no numb"),
    "a word among numbers": (lines("date,y", lambda i: f"{day(i)},{'x' if i == 9 else i}"), {}, "'x' in row 9"),
    "dates in two forms": (lines("date,y", lambda i: f"{day(i, '%Y-%m-%d' if i < 110 else '%d.%m.%Y')},{i}"), {}, "row 110"),
    "a date that is none": (lines("date,y", lambda i: f"{'2020-02-31' if i == 5 else day(i)},{i}"), {}, "'2020-02-31' in row 5"),
    "no header": (lines("2019-12-31,7", GOOD), {}, "no line of column names"),
    "a long row": (lines("date,y", lambda i: GOOD(i) + (",7" if i == 9 else "")), {}, "line 11: 3 fields"),
    "a column twice": (lines("date,y,y", lambda i: f"{day(i)},1,2"), {}, "'y'.*more than once"),
    "only a header": ("date,y\n", {"target": "y"}, "no rows"),
    "latin-1": (lines("date;T °C", lambda i: f"{day(i)};{i}").encode("latin-1"), {}, "encoding='latin-1'"),
    "utf-16": (lines("date,y", GOOD).encode("utf-16"), {}, "UTF-16"),
    "times twice": (lines("date,y", lambda i: GOOD(i // 2)), {}, "duplicate times"),
    "two columns of dates": (lines("begun,ended,y", lambda i: f"{day(i)},{day(i + 1)},{i}"), {}, "several columns of dates"),
    "too few rows": (lines("date,y", GOOD, 4), {}, "valid part of table.csv has no window"),
    "a gap of ages": (lines("date,y", lambda i: f"{'2190-01-01' if i == 119 else day(i)},{i}"), {}, "cannot be filled"),
    "two rows of a series": (wide("shop", range(2000, 2030), lambda i: "a," + ",".join("1" * 30)), {"group": "shop"}, "two rows of the series 'a'"),
    "a word in a wide row": (wide("shop", range(2000, 2030), lambda i: f"s{i}," + ",".join("1" * 29) + (",x" if i == 3 else ",1")), {"layout": "rows"}, "'2029'.*'x' in row 3"),
    "nothing wide": (lines("date,y", GOOD), {"layout": "rows"}, "no run of columns"),
    "no such encoding": (lines("date,y", GOOD), {"encoding": "utf-99"}, "utf-99"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_told_what_is_wrong_with_it(tmp_path, case):
    content, asked, said = BAD[case]
    path = written(tmp_path, content)

    def work() -> None:
        found = look(path, asked)
        series(path, **{**(found.arguments if found else {}), **asked})

    with pytest.raises(InputError, match=said) as caught:
        work()
    assert len(caught.value.problems) <= 2
    assert len(str(caught.value)) < 700


# Real tables


@pytest.mark.parametrize(
    ("file", "asked", "said"),
    [
        ("sales/stallion.csv", {"target": "volume", "group": "agency,sku"}, "350 series"),
        ("weather/DailyDelhiClimateTrain.csv", {"target": "meantemp"}, "one day"),
        ("weather/daily-min-temperatures.csv", {}, "2 of them not in the table"),
        ("weather/pollution.csv", {"target": "pm2.5"}, "2,067 of 43,824 steps lack a value"),
        ("weather/monthly-sunspots.csv", {}, "one month"),
        ("ett/ETTh1.csv", {"target": "OT"}, "one hour"),
    ],
)
def test_public_tables_are_read_with_no_more_than_their_target(shared_data, file, asked, said):
    dataset = read(shared_data / file, **asked)
    assert said in " ".join(dataset.notes)
    assert min(len(dataset.train), len(dataset.test)) > 100


def test_stallion_says_what_tells_its_series_apart(shared_data):
    path = shared_data / "sales/stallion.csv"
    with pytest.raises(InputError, match="--group agency,sku"):
        read(path, target="volume")


# Whatever comes

CELLS = st.one_of(
    st.sampled_from(["", "2020-01-01", "1", "-3.5", "x", '"', "1e999", "NaN", "01/02/2020", "2020Q1",
                     "é", "\x00", "99999999999999999999", "date", "y", "2019", "d_1", "d_2"]),
    st.text(max_size=6),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12),
    mark=st.sampled_from([",", ";", "\t"]),
    header=st.sampled_from(["date,y", "time,v,w", "", "a,2000,2001,2002,2003", "year,month,x"]),
    cut=st.integers(0, 40),
)
def test_any_table_is_read_or_refused(tmp_path, rows, mark, header, cut):
    text = "\n".join([header.replace(",", mark), *(mark.join(row) for row in rows)])
    raw = text.encode("utf-8", "replace")
    path = written(tmp_path, raw[: len(raw) - cut] if cut % 3 == 0 else raw)
    for asked in ({}, {"target": "y"}, {"layout": "rows"}, {"layout": "columns"}):
        try:
            found = look(path, asked)
            if found is not None:
                series(path, **{**found.arguments, **asked})
        except InputError:
            pass
