"""Windows of series: what they read, what they foretell, and what a table may not hold."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqmodels.audit.checks import audit
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import DATASETS, ENCODERS
from seqmodels.core.sequences import Sequences
from seqmodels.data.series.dataset import series
from seqmodels.data.tables.frames import frame_in
from seqmodels.encoders.series import SeriesEncoder


def table(rows: int = 100, **columns: object) -> pd.DataFrame:
    """Return daily rows whose value is the row's own number, so that a window tells its rows."""
    dates = pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"date": dates, "y": np.arange(rows, dtype=float), **columns})


def every_part(dataset: Dataset) -> list[Examples]:
    assert dataset.valid is not None
    return [dataset.train, dataset.valid, dataset.test]


def rows_of(part: Examples) -> set[float]:
    """Return the rows that a part of `table` reads or foretells."""
    read = {float(step) for window in part.inputs for step in window[:, 0]}
    return read | set(np.ravel(part.targets["value"]).tolist())


# What a window is


def test_a_window_foretells_the_step_after_it():
    train = series(table(), target="y", window=5).train
    assert train.inputs[3].ravel().tolist() == [3, 4, 5, 6, 7]
    assert train.targets["value"][3] == 8


@pytest.mark.parametrize("horizon", [1, 3, (2, 4)])
def test_no_row_is_in_two_parts(horizon):
    parts = [rows_of(p) for p in every_part(series(table(), target="y", window=5, horizon=horizon))]
    assert not parts[0] & parts[1]
    assert not parts[1] & parts[2]
    assert max(parts[0]) < min(parts[1])
    assert max(parts[1]) < min(parts[2])


def test_every_window_that_fits_a_part_is_there():
    train, valid, test = every_part(series(table(), target="y", window=5, valid=0.1, test=0.2))
    assert (len(train), len(valid), len(test)) == (70 - 5, 10 - 5, 20 - 5)


def test_parts_may_be_given_by_whole_numbers_of_steps_and_later_ones_left_out():
    dataset = series(table(), target="y", window=5, rows=90, valid=20, test=10)
    train, valid, test = (rows_of(part) for part in every_part(dataset))
    assert (min(train), max(train)) == (0, 59)
    assert (min(valid), max(valid)) == (60, 79)
    assert (min(test), max(test)) == (80, 89)
    assert "the last 10 test, 20 before it validate; the last 10 are left out" in dataset.notes[1]


def test_more_rows_than_there_are_leave_nothing_out():
    for rows in (100, 1000):
        assert max(rows_of(series(table(), target="y", window=5, rows=rows).test)) == 99


def test_whole_numbers_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(InputError, match="valid=60 and test=40 leave nothing to train on: there"):
        series(table(), target="y", window=5, valid=60, test=40)


@pytest.mark.parametrize("horizon", [1, 3, (2, 4), (3,)])
def test_a_window_may_read_before_its_part_and_each_step_of_it_is_foretold_once(horizon):
    args = {"window": 30, "horizon": horizon, "valid": 10, "test": 20, "reach": "before"}
    parts = every_part(series(table(), target="y", **args))
    foretold = [set(np.ravel(part.targets["value"]).tolist()) for part in parts]
    assert foretold[1] == set(range(70, 80))
    assert foretold[2] == set(range(80, 100))
    assert max(foretold[0]) == 69
    for part in parts:
        assert {len(window) for window in part.inputs} == {30}
    assert parts[2].inputs[0][0, 0] < 60, "it reads what training knew"
    ahead = [window[-1, 0] for window in parts[2].inputs] < np.min(
        np.reshape(np.asarray(parts[2].targets["value"]), (len(parts[2]), -1)), axis=1
    )
    assert ahead.all()


def test_a_window_that_reads_before_its_part_stays_in_its_series():
    both = pd.concat([table(shop="a"), table(60, shop="b")], ignore_index=True)
    both.loc[100:, "y"] += 1000
    args = {"target": "y", "group": "shop", "window": 12, "reach": "before"}
    for part in every_part(series(both, valid=10, test=50, **args)):
        assert all((np.diff(window[:, 0]) == 1).all() for window in part.inputs)


def test_a_part_too_short_for_its_horizon_says_so_where_windows_reach_before_it():
    with pytest.raises(InputError, match="what one window foretells needs 12 steps, it has 10"):
        series(table(), target="y", window=5, horizon=12, valid=10, test=20, reach="before")


@pytest.mark.parametrize("reach", ["inside", "before"])
def test_an_audit_passes_what_is_only_read_and_stops_what_is_foretold_on_both_sides(reach):
    rng = np.random.default_rng(0)
    frame = table(300, y=rng.normal(size=300).cumsum())
    data = series(frame, target="y", window=30, horizon=5, reach=reach)
    assert "overlap" not in {one.kind for one in audit(data).findings}
    leaks = replace(data, valid=data.test.take(np.arange(10)))
    (one,) = [one for one in audit(leaks).findings if one.kind == "overlap"]
    assert one.level == "FAIL"
    assert "foretell" in one.message


def test_a_large_table_on_disk_has_the_same_windows_before_its_parts(tmp_path, monkeypatch):
    table(500).to_csv(tmp_path / "t.csv", index=False)
    args = {"target": "y", "window": 20, "horizon": 3, "reach": "before", "rows": 450, "test": 50}
    here = every_part(series(tmp_path / "t.csv", **args))
    monkeypatch.setattr("seqmodels.core.storage.LARGE", 1)
    there = every_part(series(tmp_path / "t.csv", **args))
    for one, other in zip(here, there, strict=True):
        assert one.inputs.starts.tolist() == other.inputs.starts.tolist()
        assert np.array_equal(one.targets["value"], np.asarray(other.targets["value"]))
        assert np.array_equal(one.times, np.asarray(other.times))


def test_what_is_foretold_by_the_million_stays_in_the_series(monkeypatch):
    rng = np.random.default_rng(0)
    frame = table(300, y=rng.normal(size=300), z=rng.normal(size=300))
    args = {"target": ("z", "y"), "inputs": ("y", "z"), "window": 9, "horizon": 20, "season": 7}
    whole = every_part(series(frame, **args))
    monkeypatch.setattr("seqmodels.data.series.windows.WIDE", 1)
    for one, other in zip(whole, every_part(series(frame, **args)), strict=True):
        lagged = other.targets["value"]
        assert list(lagged.columns) == list(one.targets["value"].columns)
        assert np.array_equal(np.asarray(lagged), one.targets["value"])
        assert list(other.targets["direction"]) == list(one.targets["direction"])
        assert np.array_equal(np.asarray(other.times), one.times)
        for rule, forecast in one.naive["value"].items():
            assert np.array_equal(np.asarray(other.naive["value"][rule]), forecast)


def test_step_is_the_distance_between_windows():
    train = series(table(), target="y", window=5, step=4).train
    assert [window[0, 0] for window in train.inputs[:3]] == [0, 4, 8]


def test_a_whole_horizon_foretells_each_step_and_names_it():
    train = series(table(z=0.0), target=("y", "z"), window=5, horizon=3).train
    names = ["y +1", "y +2", "y +3", "z +1", "z +2", "z +3"]
    assert list(train.targets["value"].columns) == names
    assert train.targets["value"].iloc[0].tolist() == [5, 6, 7, 0, 0, 0]


def test_a_listed_horizon_foretells_only_that_step():
    train = series(table(), target="y", window=5, horizon=(3,)).train
    assert train.targets["value"][0] == 7


def test_direction_compares_the_last_horizon_with_the_last_step_and_ties_are_down():
    frame = table(60)
    frame["y"] = np.tile([1.0, 3.0, 3.0, 2.0], 15)
    part = series(frame, target="y", window=4).train
    assert part.targets["direction"][:4].tolist() == ["down", "up", "down", "down"]
    part = series(frame, target="y", window=4, horizon=2).train
    assert part.targets["direction"][:4].tolist() == ["up", "up", "down", "down"]


def test_naive_forecasts_are_the_last_value_and_the_last_of_its_season():
    dataset = series(table(), target="y", window=5, horizon=3, season=2)
    for part in every_part(dataset):
        now = np.array([window[-1, 0] for window in part.inputs])
        rules = part.naive["value"]
        assert list(rules["last value"].columns) == list(part.targets["value"].columns)
        assert (rules["last value"].to_numpy() == now[:, None]).all()
        assert (rules["seasonal last value"].to_numpy() == now[:, None] + [-1, 0, -1]).all()


def test_a_season_may_lie_before_the_part_but_never_before_the_series():
    train, valid, _ = every_part(series(table(), target="y", window=5, season=20))
    assert train.targets["value"].min() == 20
    assert len(valid) == 5
    for part in (train, valid):
        naive = part.naive["value"]["seasonal last value"]
        assert (naive == part.targets["value"] - 20).all()


def test_a_window_reads_the_inputs_and_not_the_target():
    dataset = series(table(z=np.arange(100.0) * 2), target="y", inputs="z", window=5)
    assert dataset.train.inputs[0].ravel().tolist() == [0, 2, 4, 6, 8]
    assert dataset.train.targets["value"][0] == 5
    assert dataset.encoder.columns == ("z",)


def test_groups_are_cut_at_one_date_and_no_window_leaves_its_group():
    late = table(60, shop="b")
    late["date"] = pd.date_range("2020-02-10", periods=60).strftime("%Y-%m-%d")
    late["y"] += 1000
    both = pd.concat([table(shop="a"), late]).sample(frac=1, random_state=0)
    parts = every_part(series(both, target="y", group="shop", window=5))
    for part in parts:
        for window, target in zip(part.inputs, part.targets["value"], strict=True):
            assert (np.diff([*window[:, 0], target]) == 1).all()
    # 40 days lie between row 0 of "a" and row 0 of "b"
    days = [{row - 960 if row >= 1000 else row for row in rows_of(part)} for part in parts]
    assert max(days[0]) < min(days[1]) <= max(days[1]) < min(days[2])


def test_groups_too_short_for_a_window_are_left_out():
    both = pd.concat([table(shop="a"), table(3, shop="b")])
    assert len(series(both, target="y", group=("shop",), window=5).train) == 65


def test_windows_cost_the_series_and_not_the_windows():
    frame = table(20_000)
    series(frame.iloc[:500], target="y", window=5)  # imports
    tracemalloc.start()
    dataset = series(frame, target="y", window=500)
    encoded = dataset.encoder.fit(dataset.train.inputs).encode(dataset.train.inputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(encoded) > 13_000  # copies of the windows: 26 MB or more in float32
    assert peak < 15e6
    assert dataset.train.inputs.values.base is dataset.test.inputs.values.base is not None


# Time


def test_rows_may_come_in_any_order():
    shuffled = table().sample(frac=1, random_state=1)
    one, other = (series(frame, target="y", window=5).train for frame in (table(), shuffled))
    assert one.targets["value"].tolist() == other.targets["value"].tolist()


@pytest.mark.parametrize(
    "dates",
    [
        pd.date_range("2020-01-31", periods=40, freq="ME").strftime("%d/%m/%Y"),
        pd.date_range("1749-01-01", periods=40, freq="MS", unit="s").strftime("%Y-%m"),
        pd.date_range("2020-01-01", periods=40, freq="h", tz="Europe/Berlin").astype(str),
        pd.date_range("2020-03-28 20:00", periods=40, freq="h", tz="Europe/Berlin").astype(str),
        pd.date_range("2020-01-20", periods=40).strftime("%Y%m%d").astype(int),
        pd.date_range("2020-01-20", periods=40).strftime("%d.%m.%Y"),
        np.arange(1980, 2020),
        np.arange(40) * 0.1,
    ],
    ids=["month ends", "months", "zone", "summer time", "eight digits", "dots", "years", "ticks"],
)
def test_even_times_of_many_kinds_are_understood(dates):
    frame = pd.DataFrame({"date": dates, "y": np.arange(40.0)})
    assert series(frame, target="y", window=2).train.targets["value"].tolist() == list(range(2, 28))


def test_a_time_may_be_spread_over_columns():
    hours = pd.date_range("2020-02-27", periods=100, freq="h")
    frame = pd.DataFrame({"y": np.arange(100.0)})
    for unit in ("year", "month", "day", "hour"):
        frame[unit] = getattr(hours, unit)
    frame["date"], frame["clock"] = hours.strftime("%Y-%m-%d"), hours.strftime("%H:%M")
    for time in (("year", "month", "day", "hour"), ("date", "clock")):
        assert len(series(frame, target="y", time=time, window=5).train) == 65


def test_a_time_may_be_the_index():
    assert len(series(table().set_index("date"), target="y", window=5).train) == 65


def test_a_time_that_does_not_parse_is_named():
    frame = table()
    frame.loc[17, "date"] = "soon"
    with pytest.raises(InputError, match=r"'date'.*'soon' in row 17"):
        series(frame, target="y")


def test_duplicate_times_are_named_and_kept_as_told():
    frame = pd.concat([table(), pd.DataFrame({"date": ["2020-01-03"], "y": [12.0]})])
    with pytest.raises(InputError, match=r"1 rows.*2020-01-03.*duplicates='first'"):
        series(frame, target="y")
    for policy, kept in (("first", 2), ("last", 12), ("mean", 7)):
        part = series(frame, target="y", window=5, duplicates=policy).train
        assert part.inputs[0].ravel().tolist() == [0, 1, kept, 3, 4]


def test_irregular_steps_are_named_filled_or_ignored():
    frame = table().drop(index=[10, 11])
    with pytest.raises(InputError, match=r"1 steps unlike the usual.*2020-01-13.*'fill'"):
        series(frame, target="y")
    with pytest.raises(InputError, match=r"lacks 2 of 100 values"):
        series(frame, target="y", irregular="fill")
    ignored = series(frame, target="y", window=5, irregular="ignore").train
    assert ignored.inputs[8].ravel().tolist() == [8, 9, 12, 13, 14]
    filled = series(frame, target="y", window=5, irregular="fill", missing="previous").train
    assert [8, 9, 9, 9, 12] in [window.ravel().tolist() for window in filled.inputs]


def test_a_gap_of_ages_is_not_filled():
    frame = table()
    frame.loc[99, "date"] = "2190-01-01"
    with pytest.raises(InputError, match="100 rows would become"):
        series(frame, target="y", irregular="fill", missing="previous")


# Missing values


def gappy() -> pd.DataFrame:
    frame = table()
    frame.loc[[0, 20, 21, 69, 70], "y"] = [np.nan, np.inf, np.nan, np.nan, np.nan]
    return frame


def test_missing_values_are_refused_with_their_number_and_place():
    with pytest.raises(InputError, match=r"'y'.*lacks 5 of 100 values, the first at 2020-01-01"):
        series(gappy(), target="y")


@pytest.mark.parametrize("policy", ["previous", "interpolate", "drop"])
def test_a_missing_value_is_never_a_target(policy):
    dataset = series(gappy(), target="y", window=3, missing=policy)
    aims = np.concatenate([part.targets["value"] for part in every_part(dataset)])
    assert np.isfinite(aims).all()
    assert not {0.0, 20, 21, 69, 70} & set(aims.tolist())


def test_previous_fills_with_the_last_known_value():
    part = series(gappy(), target="y", window=5, missing="previous").train
    windows = [window.ravel().tolist() for window in part.inputs]
    assert [18, 19, 19, 19, 22] in windows
    assert all(window[0] >= 1 for window in windows)  # nothing is known before row 1


@pytest.mark.parametrize("policy", ["previous", "interpolate"])
def test_a_gap_is_not_filled_from_another_group(policy):
    both = pd.concat([table(shop="a"), table(shop="b"), table(shop="c")], ignore_index=True)
    both.loc[[98, 99, 100, 101, 198, 199, 200], "y"] = np.nan
    args = {"target": "y", "group": "shop", "window": 5, "test": 0.3, "missing": policy}
    for part in every_part(series(both, **args)):
        assert all((np.diff(window[:, 0]) == 1).all() for window in part.inputs)


def test_filled_steps_count_as_time_when_the_parts_are_cut():
    frame = table().drop(index=range(20, 40))
    part = series(frame, target="y", window=5, irregular="fill", missing="drop").train
    assert max(rows_of(part)) == 69


def test_drop_leaves_out_the_windows_that_touch_a_gap():
    part = series(gappy(), target="y", window=5, missing="drop").train
    assert all((np.diff(window[:, 0]) == 1).all() for window in part.inputs)
    assert {18.0, 19.0, 22.0} <= rows_of(part)


@pytest.mark.parametrize("policy", ["previous", "interpolate", "drop"])
def test_what_a_window_reads_does_not_depend_on_what_comes_after_it(policy):
    rng = np.random.default_rng(0)
    frame = table(200, y=rng.normal(size=200), z=rng.normal(size=200))
    for column in ("y", "z"):
        frame.loc[rng.random(200) < 0.2, column] = np.nan
    args = {"target": "y", "inputs": ("z",), "window": 3, "missing": policy, "season": 4}
    for row in range(20, 190, 13):
        changed = frame.copy()
        changed.loc[row:, ["y", "z"]] *= 10
        for one, other in zip(
            every_part(series(frame, **args)), every_part(series(changed, **args)), strict=True
        ):
            before = one.inputs.starts + 2 < row
            assert (before == (other.inputs.starts + 2 < row)).all()
            for i in np.flatnonzero(before):
                assert (one.inputs[i] == other.inputs[i]).all()
                for rule, forecast in one.naive["value"].items():
                    assert forecast[i] == other.naive["value"][rule][i]


def test_interpolation_draws_a_line_inside_a_window():
    part = series(gappy(), target="y", window=5, missing="interpolate").train
    assert [18, 19, 20, 21, 22] in [window.ravel().tolist() for window in part.inputs]


# What is refused


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        series(
            table(), time="when", target="yy", inputs=("y", "zz"), window=0, horizon=-1, test=1.5
        )
    told = str(caught.value)
    for word in ("'when'", "'yy'", "Did you mean 'y'?", "'zz'", "'window'", "'horizon'", "'test'"):
        assert word in told
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"missing": "guess"}, "'missing'.*'guess'"),
        ({"horizon": ()}, "'horizon'"),
        ({"valid": 0.5, "test": 0.5}, "leave nothing to train on"),
        ({"season": 0}, "'season'"),
        ({"target": None, "time": "z"}, "no column 'z'"),
        ({"scaling": "cubic"}, "'scaling'.*'cubic'"),
    ],
)
def test_an_argument_out_of_range_is_named(change, said):
    with pytest.raises(InputError, match=said):
        series(table(), **{"target": "y", **change})


def test_text_where_a_number_belongs_is_named():
    with pytest.raises(InputError, match=r"Column 'word'.*'b' in row 1"):
        series(table(3, word=["1", "b", None]), target="word")


def test_a_part_too_short_for_a_window_says_how_many_rows_it_needs():
    with pytest.raises(InputError) as caught:
        series(table(), target="y", window=20, horizon=2, valid=0.1, test=0.2)
    assert [p[:14] for p in caught.value.problems] == ["The valid part", "The test part "]
    assert "need 22 steps, it has 10" in caught.value.problems[0]


def test_short_groups_are_counted_when_none_is_left():
    both = pd.concat([table(5, shop="a"), table(4, shop="b")])
    with pytest.raises(InputError, match=r"longest of 2 groups"):
        series(both, target="y", group="shop", window=5)


def test_a_part_of_nothing_but_gaps_is_named():
    frame = table()
    frame.loc[80:, "y"] = np.nan
    with pytest.raises(InputError, match=r"The test part.*without missing values"):
        series(frame, target="y", window=5, missing="previous")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\x00\xff\xfe\x80", "not a readable table"),
        (b"date,y\n", "has no rows"),
        (b"2020-01-01,1.5\n2020-01-02,2.5\n", "no column 'y'.*first line must name the columns"),
        (b"date,y\n2020-01-01,1\n2020-01-02,1,2\n", "line 3: 3 fields, where 2 are due"),
        (b"date,y\n2020-01-01,1,2\n2020-01-02,1,2\n", "line 2: 3 fields, where 2 are due"),
    ],
    ids=["empty", "binary", "only a header", "no header", "one long row", "long rows"],
)
def test_a_file_that_is_no_table_is_named(tmp_path, content, said):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        series(tmp_path / "t.csv", target="y")


def test_a_table_is_found_by_path_folder_or_environment(tmp_path, monkeypatch):
    (tmp_path / "weather").mkdir()
    path = tmp_path / "weather" / "t.csv"
    table().to_csv(path, index=False)
    args = {"target": "y", "window": 5}
    monkeypatch.setenv("SEQMODELS_DATA", str(tmp_path))
    for where in (
        {"path": path},
        {"path": str(tmp_path), "file": "weather/t.csv"},
        {"path": path.parent, "file": "weather/t.csv"},
        {"file": "weather/t.csv"},
        {"path": path, "file": "another.csv"},
    ):
        assert len(series(**where, **args).train) == 65


def test_a_table_that_is_not_found_says_what_to_give(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQMODELS_DATA", str(tmp_path))
    table().to_csv(tmp_path / "t.csv", index=False)
    for where, said in (
        ({}, "needs a table"),
        ({"path": tmp_path}, "is a folder.*'t.csv'"),
        ({"path": tmp_path, "file": "u.csv"}, "no 'u.csv'"),
        ({"path": tmp_path / "u.csv"}, "no file"),
        ({"file": "there-is-none.csv"}, "SEQMODELS_DATA"),
        ({"file": "weather/pollution.csv"}, "published by UCI.*SEQMODELS_DATA"),
    ):
        with pytest.raises(InputError, match=said):
            series(**where, target="y")


def test_semicolons_and_a_byte_order_mark_are_read(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False, sep=";", encoding="utf-8-sig")
    assert len(series(tmp_path / "t.csv", target="y", window=5).train) == 65


def test_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    table().to_parquet(tmp_path / "t.parquet")
    assert len(series(tmp_path / "t.parquet", target="y", window=5).train) == 65


# The encoder


def fitted(**args: object) -> SeriesEncoder:
    steps = np.column_stack([np.arange(9.0), np.full(9, 0.1), -np.arange(9.0) * 1e6])
    return SeriesEncoder(columns=("a", "b", "c"), **args).fit([steps])


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_encoded_training_steps_are_standardised_and_a_constant_is_zero(scaling):
    steps = np.column_stack([np.arange(9.0), np.full(9, 0.1), -np.arange(9.0) * 1e6])
    encoded = fitted(scaling=scaling).encode([steps]).values
    assert encoded.dtype == np.float32
    assert encoded.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert encoded.std(axis=0) == pytest.approx([1, 0, 1], abs=1e-6)


def test_log_scaling_keeps_the_sign_and_the_order():
    values = np.array([-1e6, -10, 0, 10, 1e6])
    encoded = SeriesEncoder(scaling="log").fit([values]).encode([values]).values[:, 0]
    assert encoded[2] == pytest.approx(0, abs=1e-9)
    assert (np.diff(encoded) > 0).all()
    assert encoded[4] / encoded[3] == pytest.approx(np.log1p(1e6) / np.log1p(10))


def test_scaling_learns_only_from_steps_that_a_window_reads():
    values = np.array([1e9, 0, 2, 7e9, np.nan, 4, 6, np.nan])[:, None]
    windows = Sequences(values, np.array([1, 5]), np.array([2, 2]))
    assert SeriesEncoder().fit(windows).mean == (3.0,)
    assert SeriesEncoder(length=1).fit(windows).mean == (4.0,)


def test_windows_of_one_array_go_on_sharing_it():
    windows = Sequences(np.arange(100.0)[:, None], np.arange(10, 90), np.full(80, 10))
    encoder = SeriesEncoder().fit(windows)
    encoded = encoder.encode(windows)
    assert len(encoded.values) == 89
    alone = encoder.encode([windows[7]])
    assert (encoded[7] == alone[0]).all()


def test_a_number_that_is_missing_is_named_by_row_step_and_channel():
    rows = [np.zeros((3, 3)), np.zeros((4, 3))]
    rows[1][2, 1] = np.nan
    with pytest.raises(InputError, match="row 1, step 2 of those read, channel 'b' has nan"):
        fitted().encode(rows)
    with pytest.raises(InputError, match="row 1, step 2"):
        SeriesEncoder().fit(rows)


def test_missing_numbers_that_no_window_reads_do_no_harm():
    values = np.array([np.nan, 1, 2, np.nan, 3, np.nan])[:, None]
    windows = Sequences(values, np.array([1, 4, 2]), np.array([2, 1, 1]))
    encoded = SeriesEncoder().fit(windows).encode(windows)
    assert np.isfinite(encoded.values).all()


def test_the_wrong_number_of_channels_is_named():
    with pytest.raises(InputError, match=r"needs 3 channels.*'a', 'b', 'c'.*have 2"):
        fitted().encode([np.zeros((4, 2))])
    with pytest.raises(InputError, match=r"needs 2 channels.*have 3"):
        SeriesEncoder(columns=("a", "b")).fit([np.zeros((4, 3))])


def test_length_keeps_the_last_steps():
    encoder = SeriesEncoder(length=2).fit([[-9.0, 1, 3]])
    assert encoder.encode([[9.0, 1, 3]])[0].ravel().tolist() == [-1, 1]  # [T, 1]
    assert encoder.mean == (2.0,)


def test_a_csv_with_the_columns_is_one_input():
    text = "when,c,a,b\n1,30,10,20\n2,31,11,21\n\n"
    frame = frame_in(text, fitted().table_columns)
    assert frame[["a", "b", "c"]].to_numpy().tolist() == [[10, 20, 30], [11, 21, 31]]
    assert np.array_equal(
        fitted().encode([frame])[0], fitted().encode([[[10, 20, 30], [11, 21, 31]]])[0]
    )


def test_json_lines_are_an_input_each():
    inputs = fitted().read("[[1, 2, 3]]\n[[1, 2, 3], [4, 5, 6]]\n")
    assert [len(one) for one in fitted().encode(inputs)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [("when,a,b\n1,2,3\n", "lacks 'c'"), ("a,b,c\n1,2,\n", "Row 0.*column 'c', got ''")],
)
def test_a_csv_that_cannot_be_read_says_why(text, said):
    with pytest.raises(InputError, match=said):
        frame_in(text, fitted().table_columns)


def test_a_data_frame_is_read_by_column_name():
    frame = pd.DataFrame({"c": [3.0], "x": ["?"], "b": [2.0], "a": [1.0]})
    assert (fitted().encode([frame])[0] == fitted().encode([[[1, 2, 3]]])[0]).all()
    with pytest.raises(InputError, match="Row 0 lacks the columns 'b'"):
        fitted().encode([frame[["a", "c"]]])


def test_an_encoder_survives_json():
    encoder = fitted(scaling="log", length=4)
    assert ENCODERS.restore(json.loads(json.dumps(ENCODERS.dump(encoder)))) == encoder


def test_an_encoder_refuses_settings_it_does_not_know():
    with pytest.raises(InputError) as caught:
        SeriesEncoder(scaling="cubic", length=0)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 2


def test_an_example_shows_its_last_step_by_name():
    assert fitted().show(np.ones((30, 3))) == "30 steps, the last: a 1, b 1, c 1"


# The presets


PRESETS = [name for name, of in DATASETS.get("series").presets.items() if "dataset.file" in of]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_reads_its_public_table(preset, shared_data):
    settings = DATASETS.get("series").presets[preset]
    args = {key[8:]: value for key, value in settings.items() if key.startswith("dataset.")}
    dataset = series(shared_data, **args)
    encoder = dataset.encoder.fit(dataset.train.inputs)
    for part in every_part(dataset):
        assert len(part) > 100
        assert np.isfinite(np.asarray(part.targets["value"])).all()
        assert set(part.targets["direction"]) == {"up", "down"}
        assert set(part.naive["value"]) == {"last value", "seasonal last value"}
        assert np.isfinite(encoder.encode(part.inputs).values).all()


def test_presets_differ_only_in_settings_that_exist():
    for preset in PRESETS:
        for key in DATASETS.get("series").presets[preset]:
            if key.startswith("dataset."):
                assert key[8:] in series.__annotations__, key


def test_an_untrained_forecast_answers_the_last_value():
    import pandas as pd

    import seqmodels as sm
    from seqmodels.training.prepare import split
    from seqmodels.training.settings import resolve

    days = pd.date_range("2020-01-01", periods=200)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"date": days, "wet": rng.normal(50, 9, 200), "warm": rng.normal(size=200)}
    )
    plan = resolve(
        "series",
        data=frame,
        settings={"dataset.target": ("warm", "wet"), "dataset.inputs": ("wet", "warm"),
                  "dataset.horizon": 2, "dataset.window": 5},
    )  # fmt: skip
    parts = split(plan.made(), plan)
    model = sm.SequenceModel(
        parts.data.encoder.fit(parts.train.inputs),
        plan.backbone,
        plan.head.fit(parts.train.target("value")),
    )
    naive = parts.test.naive["value"]["last value"].to_numpy()
    np.testing.assert_allclose(model.predict(parts.test.inputs).answers, naive, rtol=1e-4)


def fitted_on(encoder, text):
    return encoder.fit([frame_in(text, encoder.table_columns)])


TABLE = "date,price\n2024-01-01,5\n2024-01-02,6\n2024-01-03,7\n"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_cells(mark):
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    encoder = fitted_on(encoder, TABLE.replace(",", mark))
    assert encoder.mean == (6.0,)


@pytest.mark.parametrize(
    "rows", [["2024-01-02,6", "2024-01-01,5"], ["2024-01-01,5", "2024-01-01,6"]]
)
def test_a_table_whose_times_do_not_rise_is_refused(rows):
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    with pytest.raises(InputError, match=r"row 1 \(counted from 0\) has '2024-01-01'"):
        fitted_on(encoder, "\n".join(["date,price", *rows]))


def test_a_frame_whose_times_do_not_rise_is_refused():
    frame = table(9)
    encoder = SeriesEncoder(columns=("y",), time=("date",)).fit([frame])
    same = encoder.encode([frame])
    with pytest.raises(InputError, match=r"row 1 \(counted from 0\) has '.*' after '.*'. Sort"):
        encoder.encode([frame[::-1]])
    np.testing.assert_array_equal(encoder.encode([frame.drop(columns="date")])[0], same[0])


def test_times_in_several_columns_are_compared_as_numbers():
    encoder = SeriesEncoder(columns=("price",), time=("month", "hour"))
    assert fitted_on(encoder, "month,hour,price\n9,23,1\n10,0,2\n").mean == (1.5,)
    with pytest.raises(InputError, match="row 1"):
        fitted_on(encoder, "month,hour,price\n10,0,2\n9,23,1\n")


def test_a_table_without_its_times_is_taken_in_its_order():
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    frame = frame_in("price\n3\n1\n", ("price",))
    (steps,) = encoder.fit([frame]).encode([frame])
    assert steps.ravel().tolist() == [1, -1]


def test_predict_reads_json_lines_or_one_table_from_a_text():
    from types import SimpleNamespace
    from typing import Any

    from seqmodels.runs.run import inputs_of

    model: Any = SimpleNamespace(encoder=SeriesEncoder(columns=("price",)))
    assert inputs_of(model, "\ufeff[[1], [2]]\n[[3]]\n") == [[[1], [2]], [[3]]]
    assert [len(one) for one in inputs_of(model, "\ufeff" + TABLE)] == [3]
    model = SimpleNamespace(encoder=SeriesEncoder())
    with pytest.raises(InputError, match="JSON"):
        inputs_of(model, TABLE)


@pytest.mark.parametrize(
    "text",
    ['price\n"1\n', "price\nhigh\n", "date,price\n2024-01-01\n", "price\n1\n\nx\n"],
)
def test_a_table_with_a_broken_line_is_refused(text):
    with pytest.raises(InputError, match=r"Line 2|Row [01].*'price'"):
        frame_in(text, ("price",))


def test_a_decimal_comma_is_read_beside_semicolons():
    assert frame_in("date;price\na;1,5\nb;2\n", ("price",))["price"].tolist() == [1.5, 2]
