"""Times of series, gaps between them and missing values."""

import numpy as np
import pandas as pd
import pytest
from series_written import every_part, rows_of, table

from seqmodels.core.errors import InputError
from seqmodels.data.series.dataset import series


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
    with pytest.raises(InputError, match=r"2020-01-13.*'fill'"):
        series(frame, target="y")
    with pytest.raises(InputError, match=r"2 of 100 values"):
        series(frame, target="y", irregular="fill")
    ignored = series(frame, target="y", window=5, irregular="ignore").train
    assert ignored.inputs[8].ravel().tolist() == [8, 9, 12, 13, 14]
    filled = series(frame, target="y", window=5, irregular="fill", missing="previous").train
    assert [8, 9, 9, 9, 12] in [window.ravel().tolist() for window in filled.inputs]


def test_a_gap_of_ages_is_not_filled():
    frame = table()
    frame.loc[99, "date"] = "2190-01-01"
    with pytest.raises(InputError, match="100 rows"):
        series(frame, target="y", irregular="fill", missing="previous")


def gappy() -> pd.DataFrame:
    frame = table()
    frame.loc[[0, 20, 21, 69, 70], "y"] = [np.nan, np.inf, np.nan, np.nan, np.nan]
    return frame


def test_missing_values_are_refused_with_their_number_and_place():
    with pytest.raises(InputError, match=r"'y'.*5 of 100 values.*2020-01-01"):
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
