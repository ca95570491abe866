"""Windows of series: which steps they read and foretell, and in which part."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from series_written import every_part, rows_of, table

from seqmodels.audit.checks import audit
from seqmodels.core.errors import InputError
from seqmodels.data.series.dataset import series


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
    with pytest.raises(InputError, match="valid=60 and test=40"):
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
    with pytest.raises(InputError, match=r"12 steps.*10"):
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
