"""Sequences in .ts files, and which files of a folder are a set."""

import pytest
from sequences_written import HEADER, REGRESSION, ROWS, drawn, labelled, together, ts

from seqmodels.core.errors import InputError
from seqmodels.core.registry import Found
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.dataset import look, sequences


def test_ts_holds_channels_side_by_side_and_lengths_of_their_own(tmp_path):
    data = drawn(ts(tmp_path))
    assert labelled(data, [[1, 4], [2, 5], [3, 6]]) == "up"
    assert labelled(data, [[1.5, 0], [-2, 0], [30, 0], [4, 1]]) == "down"
    assert {len(one) for one in [*data.train.inputs, *data.test.inputs]} == {2, 3, 4}
    assert data.head == "binary"


def test_what_was_decided_is_said(tmp_path):
    (said,) = drawn(ts(tmp_path)).notes
    assert "gestures.ts: 5 sequences of 2 to 4 steps, 2 channels, target 'label'" in said
    assert "2 classes" in said
    assert "30 % held out, stratified, seed 0" in said


def test_case_of_the_header_order_comments_and_ends_of_lines_do_not_matter(tmp_path):
    plain = together(drawn(ts(tmp_path)))
    lines = HEADER.splitlines()
    odd = [lines[0], *reversed(lines[1:-1]), "@DATA "]
    text = "\r\n".join([*(one.swapcase() if one[0] == "@" else one for one in odd[:-1]), odd[-1]])
    text = text.replace("UP DOWN", "up down").replace("TRUE", "true")
    body = "\r\n".join([ROWS[0].replace(",", ", "), "", "# a comment", *ROWS[1:]])
    raw = b"\xef\xbb\xbf" + f"{text}\r\n{body}\r\n".encode()
    (tmp_path / "other.ts").write_bytes(raw.replace(b"Two", b"d\xe9j\xe0"))  # in Latin-1
    assert together(drawn(tmp_path / "other.ts")) == plain


@pytest.mark.parametrize("stamps", ["(0,{}),(1.5,{})", "(2020-01-01 00:10:00,{}),(2020-01-02,{})"])
def test_timestamps_are_told_from_values(tmp_path, stamps):
    header = HEADER.replace("timeStamps false", "timeStamps true")
    rows = [f"{stamps.format(i, 2)}:{stamps.format(3, 4)}:{'up' if i < 2 else 'down'}"
            for i in range(4)]  # fmt: skip
    data = drawn(ts(tmp_path, rows, header))
    assert labelled(data, [[0, 3], [2, 4]]) == "up"
    assert labelled(data, [[3, 3], [2, 4]]) == "down"


def test_a_number_as_the_target_is_regression(tmp_path):
    path = ts(tmp_path, [], REGRESSION)
    assert look(path, {}) == Found({}, "regression")
    data = drawn(path)
    assert data.head == "regression"
    assert labelled(data, [[1, 3], [2, 4]]) == 3.25
    assert labelled(data, [[5, 7], [6, 8]]) == -0.01


def test_channels_with_different_times_are_laid_side_by_side_by_time(tmp_path):
    header = HEADER.replace("timeStamps false", "timeStamps true")
    rows = ["(0,1),(1,2),(2,3):(0,10),(2,30):up", "(0,1):(0,2):down", "(0,3):(0,4):up"]
    path = ts(tmp_path, rows, header)
    with pytest.raises(InputError, match=r"line 10: .*channel 2.*step 2.*missing"):
        drawn(path)
    data = drawn(path, missing="interpolate")
    assert labelled(data, [[1, 10], [2, 20], [3, 30]]) == "up"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("interpolate", [[2, 4], [2, 5], [4, 6], [6, 6]]),
        ("previous", [[2, 4], [2, 5], [2, 6], [6, 6]]),
        ("skip", [[2, 5]]),
    ],
)
def test_missing_values_and_short_channels_are_filled_as_asked(tmp_path, policy, expected):
    path = ts(tmp_path, ["?,2,NaN,6:4,5,6:up", "1,1:2,2:down", "3,3:4,4:down"])
    assert labelled(drawn(path, missing=policy), expected) == "up"


def test_sequences_with_gaps_are_left_out_when_asked_and_it_is_said(tmp_path):
    data = drawn(ts(tmp_path, [*ROWS, "1,?:2,3:up"]), missing="drop")
    assert len(data.train) + len(data.test) == 5
    assert "1 sequences with missing values left out" in data.notes


def test_labels_may_be_odd_and_are_spelled_as_in_the_header(tmp_path):
    header = HEADER.replace("true up down", "true 1.0 a:b _x-%")
    rows = ["1,2:3,4:1", "5,6:7,8:a:b", "9,9:9,9:_X-%", "1,1:1,1:1.0"]
    data = drawn(ts(tmp_path, rows, header))
    assert labelled(data, [[1, 3], [2, 4]]) == labelled(data, [[1, 1], [1, 1]]) == "1"
    assert labelled(data, [[5, 7], [6, 8]]) == "a:b"
    assert labelled(data, [[9, 9], [9, 9]]) == "_x-%"
    assert data.head == "multiclass"


def test_steps_without_any_value_at_the_end_are_none(tmp_path):
    header = HEADER.replace("Length false", "Length true")
    data = drawn(ts(tmp_path, ["1,2,?:4,5,NaN:up", "1,1,1:2,2,2:down", "3,3,3:4,4,4:up"], header))
    assert labelled(data, [[1, 4], [2, 5]]) == "up"


def test_a_description_may_have_percent_signs_or_none(tmp_path):
    plain = together(drawn(ts(tmp_path)))
    for start in ("%# cut down from another\n% for tests\n%\n", "Recorded in 2018,\nby hand.\n"):
        assert together(drawn(ts(tmp_path, header=start + HEADER))) == plain


def test_parts_are_those_published_whichever_file_is_named(tmp_path):
    train = ts(tmp_path, ROWS[:3], name="G_TRAIN.ts")
    test = ts(tmp_path, ROWS[3:], name="G_TEST.ts")
    for path in (tmp_path, train, test):
        data = sequences(path)
        assert (len(data.train), len(data.test)) == (3, 2)
        assert "parts as published: 3 train, 2 test" in data.notes[0]
    data = sequences(tmp_path, parts="drawn", test=0.4)
    assert "40 % held out" in data.notes[0]
    assert len(together(data)) == 5


def test_several_sets_are_refused_with_the_choices(tmp_path):
    for name in ("A", "B"):
        for part in ("TRAIN", "TEST"):
            ts(tmp_path, name=f"{name}_{part}.ts")
    with pytest.raises(InputError, match="several sets: 'A', 'B'"):
        look(tmp_path, {})
    (tmp_path / "B_TEST.ts").unlink()
    assert "A_TRAIN.ts and A_TEST.ts" in sequences(tmp_path).notes[0]


def test_a_folder_of_folders_names_the_sets_in_it(tmp_path):
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        for part in ("TRAIN", "TEST"):
            ts(tmp_path / name, name=f"{name}_{part}.ts")
    with pytest.raises(InputError, match=r"several sets: 'A', 'B'.*A'"):
        recognised(tmp_path, {})
