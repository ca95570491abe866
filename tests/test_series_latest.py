"""German numbers, and new tables of series for `predict`, read as those of training were."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.data.series.dataset import look, series
from seqmodels.data.series.latest import latest_steps
from seqmodels.data.tables.frames import frame_in
from seqmodels.encoders.series import SeriesEncoder


def written(folder: Path, header: str, rows: Any, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def day(i: int, form: str = "%Y-%m-%d") -> str:
    return f"{pd.Timestamp('2022-01-01') + pd.Timedelta(days=i):{form}}"


def german(number: float, decimals: int = 0) -> str:
    return f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def read(path: Path, **asked: Any) -> Any:
    found = look(path, asked)
    assert found is not None
    return series(path, **{**found.arguments, **asked}), {**found.arguments, **asked}


def all_read(dataset: Any) -> list[float]:
    parts = (dataset.train, dataset.valid, dataset.test)
    return sorted({float(one) for part in parts for row in part.inputs for one in row[:, 0]})


@pytest.fixture(params=["in memory", "on disk"])
def size(request, monkeypatch):
    if request.param == "on disk":
        monkeypatch.setattr("seqmodels.data.series.loading.large", lambda path: True)


DOTTED = "%d.%m.%Y"
NUMBERS = {
    "thousands": ([german(900 + 7 * i) for i in range(120)], 7.0),
    "thousands and decimals": ([german(900.25 + 7.5 * i, 2) for i in range(120)], 7.5),
    "millions": ([german(999_000 + 500 * i) for i in range(120)], 500.0),
    "decimals, then thousands": (
        [german(0.5 * i, 1) for i in range(2200)],
        0.5,
    ),
    "small, then thousands": ([german(i - 300) for i in range(1600)], 1.0),
}


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("case", NUMBERS)
@pytest.mark.parametrize("mark", [";", "\t"])
def test_german_numbers_beside_german_dates_are_what_they_say(tmp_path, case, mark):
    numbers, step = NUMBERS[case]
    rows = [f"{day(i, DOTTED)}{mark}{one}" for i, one in enumerate(numbers)]
    dataset, _ = read(written(tmp_path, f"Datum{mark}Umsatz", rows), window=3)
    for part in (dataset.train, dataset.valid, dataset.test):
        assert all(np.allclose(np.diff(window[:, 0]), step) for window in part.inputs)
    assert "one day" in dataset.notes[1]


def test_dots_that_may_be_either_are_refused_with_the_option(tmp_path):
    rows = [f"{day(i)};{german(900 + 7 * i)}" for i in range(120)]
    path = written(tmp_path, "date;sales", rows)
    for work in (lambda: look(path, {}), lambda: series(path)):
        with pytest.raises(InputError, match=r"'sales'.*'1\.005'.*decimal=','.*1005.*decimal='\.'"):
            work()
    assert max(all_read(read(path, decimal=",")[0])) > 1000
    assert min(all_read(read(path, decimal=".")[0])) < 2


@pytest.mark.parametrize(
    "number", [lambda i: f"{i / 8:g}", lambda i: f"0.{i:03}", lambda i: f"{1 + i / 1000:.3f}"]
)
def test_dots_that_stand_before_decimals_stay_such(tmp_path, number):
    rows = [f"{day(i)};{number(i)}" for i in range(120)]
    assert max(all_read(read(written(tmp_path, "date;y", rows))[0])) < 15


@pytest.mark.usefixtures("size")
def test_a_number_that_breaks_the_form_is_named(tmp_path):
    rows = [f"{day(i, DOTTED)};{'1.5' if i == 1060 else german(900 + i)}" for i in range(1200)]
    with pytest.raises(InputError, match=r"'1\.5 \(a decimal comma is due\)' in row 1,?060"):
        read(written(tmp_path, "Datum;Umsatz", rows))


def test_drawings_in_json_lines_are_no_series(tmp_path):
    rows = [
        json.dumps({"word": "cat", "timestamp": f"{day(i)} 10:00:00 UTC", "key_id": str(10**15 + i),
                    "drawing": [[[0, i], [3, 4]]]})
        for i in range(50)
    ]  # fmt: skip
    assert look(written(tmp_path, rows[0], rows[1:], "cat.ndjson"), {}) is None
    rows = [json.dumps({"date": day(i), "y": i, "of": {"a": 1}}) for i in range(50)]
    assert look(written(tmp_path, rows[0], rows[1:], "table.jsonl"), {}) is None


# New tables

FORMS = {
    "german": ("Datum;Umsatz", lambda i: f"{day(i, DOTTED)};{german(900.5 + i, 2)}", 900.5),
    "thousands": ("Datum;Umsatz", lambda i: f"{day(i, DOTTED)};{german(900 + i)}", 900),
    "decimal comma": ("date;y", lambda i: f"{day(i)};{german(3.5 + i, 1)}", 3.5),
    "plain": ("date,y", lambda i: f"{day(i)},{i}", 0),
}


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("form", FORMS)
def test_a_new_table_is_read_as_that_of_training(tmp_path, form):
    header, row, first = FORMS[form]
    dataset, arguments = read(written(tmp_path, header, map(row, range(200))), window=5)
    new = written(tmp_path, header, map(row, range(200, 212)), "new.csv")
    (one,) = DATASETS.get("series").inputs(new, **arguments)
    assert one.to_numpy().ravel().tolist() == [first + i for i in range(207, 212)]
    encoder = dataset.encoder.fit(dataset.train.inputs)
    assert encoder.encode([one]).lengths.tolist() == [5]
    assert encoder.show(one).startswith("5 steps")


def test_the_order_of_rows_is_free_and_gaps_are_filled_as_told(tmp_path):
    rows = [f"{day(i)},{i}" for i in (3, 1, 2, 7, 6, 5, 0)]
    path = written(tmp_path, "date,y", rows)
    (one,) = latest_steps(path, time="date", target="y", missing="previous", irregular="fill")
    assert one["y"].tolist() == [0, 1, 2, 3, 3, 5, 6, 7]
    assert one.attrs == {"until": day(7)}
    with pytest.raises(InputError, match="steps unlike the usual"):
        latest_steps(path, time="date", target="y")


def test_each_group_is_an_input_that_bears_its_name(tmp_path):
    rows = [f"{day(i // 2)},{'north' if i % 2 else 'south'},{i}" for i in range(40)]
    path = written(tmp_path, "date,shop,y", rows)
    one, two = latest_steps(path, time="date", target="y", group="shop", window=3)
    assert (one["y"].tolist(), two["y"].tolist()) == ([35, 37, 39], [34, 36, 38])
    encoder = SeriesEncoder(columns=("y",)).fit([one, two])
    assert [encoder.show(frame).split(":")[0] for frame in (one, two)] == ["north", "south"]
    assert encoder.show(one) == f"north: 3 steps until {day(19)}, the last: y 39"


def test_a_column_and_a_row_may_be_a_series(tmp_path):
    path = written(tmp_path, "date,b,a", [f"{day(i)},{i},{100 + i}" for i in range(30)])
    inputs = latest_steps(path, time="date", target="b,a", layout="columns", window=2)
    assert [frame.attrs["series"] for frame in inputs] == ["b", "a"]
    assert [frame["value"].tolist() for frame in inputs] == [[28, 29], [128, 129]]
    header = "shop," + ",".join(day(i) for i in range(20))
    rows = [f"s{n}," + ",".join(str(100 * n + i) for i in range(20)) for n in range(3)]
    inputs = latest_steps(written(tmp_path, header, rows), layout="rows", window=2)
    assert [frame["value"].tolist() for frame in inputs] == [[18, 19], [118, 119], [218, 219]]
    assert inputs[2].attrs["series"] == "s2"


def test_only_what_a_run_reads_must_be_there(tmp_path):
    path = written(tmp_path, "date,a,b", [f"{day(i)},{i},{2 * i}" for i in range(30)])
    (one,) = latest_steps(path, time="date", target="sales", inputs=("b", "a"), window=1)
    assert one.to_dict("list") == {"b": [58], "a": [29]}
    with pytest.raises(InputError, match=r"no column 'c'"):
        latest_steps(path, time="date", target="sales", inputs=("a", "c"))


@pytest.mark.parametrize("text", ["[[1, 2], [3, 4]]\n", "[1, 2, 3]\n[4, 5, 6]\n", "y\n1\n2\n"])
def test_what_is_no_table_with_times_is_left_to_the_encoder(tmp_path, text):
    path = tmp_path / "new"
    path.write_text(text)
    assert latest_steps(path, time="date", target="y") is None


def test_several_series_are_refused_where_the_run_knows_one(tmp_path):
    rows = [f"{day(i // 2)},{'north' if i % 2 else 'south'},{i}" for i in range(40)]
    path = written(tmp_path, "date,shop,y", rows)
    with pytest.raises(InputError, match=r"several series, identified by 'shop'.*one") as caught:
        latest_steps(path, time="date", target="y")
    assert "Sort" not in str(caught.value)


def test_times_that_are_none_are_named_without_the_advice_of_another_library(tmp_path):
    encoder = SeriesEncoder(columns=("y",), time=("date",))
    with pytest.raises(InputError, match=r"row 1.*'31\.12\.x'") as caught:
        encoder.fit([frame_in("date,y\n2024-01-01,1\n31.12.x,2\n", ("y",))])
    assert "format" not in str(caught.value)
    rows = [f"{'31.12.x' if i == 4 else day(i)},{i}" for i in range(20)]
    with pytest.raises(InputError, match="row 4"):
        latest_steps(written(tmp_path, "date,y", rows), time="date", target="y")
