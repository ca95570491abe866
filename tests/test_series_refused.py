"""What a table of series is refused for, and where tables are found."""

import numpy as np
import pandas as pd
import pytest
from series_written import table

from seqmodels.core.errors import InputError
from seqmodels.data.series.dataset import series


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
    with pytest.raises(InputError, match=r"test part.*missing"):
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
