"""A table of series on disk has the same windows as one in memory."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from large_written import HOURS, table, written

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.series.dataset import series

SERIES = pd.concat([table(HOURS[:300], s=name) for name in "abc"])


def same_windows(path: Path, on_disk: Callable[[], None], **given: Any) -> sm.Dataset:
    """Read a table in memory and from disk, hold one to the other, and return the latter."""
    here = series(path, **given)
    on_disk()
    there = series(path, **given)
    assert there.notes == here.notes
    one, two = (data.encoder.fit(data.train.inputs) for data in (here, there))
    assert one == two
    for name in ("train", "valid", "test"):
        a, b = getattr(here, name), getattr(there, name)
        assert len(a) == len(b)
        ends = [0, len(a) // 2, len(a) - 1]
        assert all(np.array_equal(a.inputs[i], b.inputs[i], equal_nan=True) for i in ends)
        for target in ("value", "direction"):
            values = np.asarray(a.target(target))
            assert np.asarray(b.target(target)).dtype == values.dtype
            assert np.array_equal(np.asarray(b.target(target)), values)
        for rule, forecast in a.naive["value"].items():
            assert np.array_equal(np.asarray(b.naive["value"][rule]), np.asarray(forecast))
        assert np.array_equal(np.asarray(b.times), np.asarray(a.times))
        assert {k: list(v) for k, v in a.groups.items()} == {
            k: list(v) for k, v in b.groups.items()
        }
        x, y = one.encode(a.inputs), two.encode(b.inputs)
        rows = np.arange(len(a))
        assert np.array_equal(x.spans(rows, 5), y.spans(rows, 5))
    assert isinstance(there.train.inputs.values, np.memmap)  # type: ignore[attr-defined]
    return there


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"inputs": ("x1", "x0"), "target": ("x0", "x2"), "horizon": 3, "season": 24, "step": 7},
        {"scaling": "log"},
        {"window": 12, "step": 20},
    ],
    ids=str,
)
def test_a_series_on_disk_has_the_same_windows(tmp_path, on_disk, given):
    data = same_windows(written(tmp_path, table(HOURS)), on_disk, **{"target": "x1", **given})
    assert type(data.train.target("value")).__name__ == "Lagged"


@pytest.mark.parametrize("missing", ["previous", "drop", "interpolate"])
@pytest.mark.parametrize("irregular", ["fill", "ignore"])
def test_gaps_on_disk_are_dealt_with_the_same(tmp_path, on_disk, missing, irregular):
    frame = table(HOURS)
    frame.loc[[5, 6, *range(90, 100), 300, 800], "x1"] = np.nan  # also where a chunk ends
    path = written(tmp_path, frame.drop(index=[3, 400, 401, 402]))
    same_windows(path, on_disk, target="x1", window=10, missing=missing, irregular=irregular)


@pytest.mark.parametrize(
    "times",
    [
        HOURS.strftime("%d/%m/%Y %H:%M"),
        pd.date_range("2013-01-01", periods=900).strftime("%m/%d/%Y"),
        pd.date_range("2013-01-01", periods=900).strftime("%Y%m%d"),
        pd.bdate_range("2010-01-01", periods=900),
        pd.date_range("1900-01-01", periods=900, freq="MS"),
        pd.date_range("1900-01-01", periods=900, freq="BME"),
        pd.period_range("1800Q1", periods=800, freq="Q").astype(str),
        np.arange(900) * 2 + 7,
    ],
    ids=["day-first", "month-first", "digits", "weekdays", "months", "last weekdays of months",
         "quarters", "counts"],
)  # fmt: skip
def test_times_on_disk_count_the_same(tmp_path, on_disk, times):
    same_windows(written(tmp_path, table(times)), on_disk, time="date", target="x1", window=10)


@pytest.mark.parametrize("drop", [[], [4, 50]])
def test_several_series_in_a_table_on_disk(tmp_path, on_disk, drop):
    frames = [
        table(pd.date_range("2013-01-01", periods=250 + ord(name)), s=name).drop(index=drop)
        for name in "abc"
    ]
    given = {"irregular": "fill", "missing": "previous"} if drop else {}
    data = same_windows(
        written(tmp_path, pd.concat(frames)), on_disk, target="x1", group="s", season=7, **given
    )
    assert set(data.train.groups["series"]) == {"a", "b", "c"}


def test_a_table_on_disk_is_sorted_by_series_and_time(tmp_path, on_disk):
    shuffled = SERIES.sample(frac=1, random_state=0)
    given = {"target": "x1", "group": "s", "window": 10}
    data = same_windows(written(tmp_path, shuffled), on_disk, **given)
    ordered = series(written(tmp_path, SERIES, "ordered.csv"), **given)
    assert np.array_equal(data.train.inputs[7], ordered.train.inputs[7])
    assert list(data.test.groups["series"]) == list(ordered.test.groups["series"])


@pytest.mark.parametrize("how", ["first", "last", "mean"])
def test_duplicates_on_disk_are_dealt_with_the_same(tmp_path, on_disk, how):
    again = table(HOURS).iloc[90:300:10]
    again[["x0", "x1", "x2"]] += 5
    frame = pd.concat([table(HOURS), again, again.iloc[:5]])
    same_windows(written(tmp_path, frame), on_disk, target="x1", window=10, duplicates=how)


@pytest.mark.parametrize("name", ["table.parquet", "table.jsonl"])
def test_other_formats_on_disk(tmp_path, on_disk, name):
    frame = table(HOURS)
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
        frame.to_parquet(tmp_path / name)
    else:
        frame.astype({"date": str}).to_json(tmp_path / name, orient="records", lines=True)
    same_windows(tmp_path / name, on_disk, target="x1")


def spoiled(frame: pd.DataFrame, row: int, column: str, cell: object) -> pd.DataFrame:
    frame = frame.astype(object)
    frame.loc[row, column] = cell
    return frame


REFUSED = {
    "no number": (spoiled(table(HOURS), 800, "x1", "oops"), {}, r"'oops' in row 800 \("),
    "no time": (spoiled(table(HOURS), 800, "date", "never"), {}, r"got 'never' in row 800 \("),
    "a time missing": (spoiled(table(HOURS), 800, "date", None), {}, r"in row 800 \("),
    "no count": (spoiled(table(np.arange(900)), 800, "date", "x"), {"time": "date"}, "row 800"),
    "series not told apart": (SERIES, {}, r"several series.*'s'"),
    "a time twice": (
        pd.concat([table(HOURS), table(HOURS).iloc[800:801]]).sort_values("date"), {},
        r"1 rows with duplicate times, such as '2013-02-03 08:00:00'",
    ),
    "a value missing": (spoiled(table(HOURS), 800, "x1", None), {}, r"lacks 1 of 900 values"),
    "a gap": (table(HOURS).drop(index=[800]), {}, r"1 steps unlike the usual one.*02-03 09:00"),
    "a gap to fill with nothing": (
        table(HOURS).drop(index=[800]), {"irregular": "fill"}, r"Set missing='previous'",
    ),
    "off the grid": (
        spoiled(table(HOURS), 800, "date", pd.Timestamp("2013-02-03 08:20")),
        {"irregular": "fill", "missing": "drop"}, r"no multiple of the usual one",
    ),
    "a column for each series": (table(HOURS), {"layout": "columns"}, "too large to be turned"),
    "a part too short": (table(HOURS), {"window": 500}, "The valid part of table.csv has no"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_table_on_disk_refuses(tmp_path, on_disk, case):
    frame, given, says = REFUSED[case]
    on_disk()
    given = {"target": ("x1",), **given}
    with pytest.raises(InputError, match=says) as caught:
        series(written(tmp_path, frame), **given)
    assert len(caught.value.problems) <= 3  # one for each part


@pytest.mark.parametrize("spoil", ["ragged", "latin-1", "truncated quotes"])
def test_a_broken_table_on_disk_is_one_clear_error(tmp_path, on_disk, spoil):
    lines = table(HOURS).to_csv(index=False).splitlines()
    if spoil == "ragged":
        lines[700] += ",1,2,3"
    if spoil == "latin-1":
        lines[700] += "é"
    if spoil == "truncated quotes":
        lines[700] = '"' + lines[700]
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    on_disk()
    with pytest.raises(InputError) as caught:
        series(path, target="x1")
    assert len(caught.value.problems) == 1
    assert "table.csv" in str(caught.value)


BYTES = table(HOURS[:300]).to_csv(index=False).encode()


@pytest.mark.slow
@settings(derandomize=True, max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    changes=st.lists(st.tuples(st.integers(0, len(BYTES) - 1), st.binary(max_size=6)), max_size=4),
    end=st.integers(100, len(BYTES)),
    policies=st.sampled_from([{}, {"irregular": "fill", "missing": "previous"}]),
)
def test_any_bytes_are_read_from_disk_or_refused(tmp_path, on_disk, changes, end, policies):
    on_disk()
    damaged = bytearray(BYTES[:end])
    for place, new in changes:
        damaged[place : place + len(new)] = new
    path = tmp_path / "table.csv"
    path.write_bytes(damaged)
    with contextlib.suppress(InputError):
        data = series(path, time="date", target="x1", window=5, **policies)
        data.encoder.fit(data.train.inputs).encode(data.test.inputs)
