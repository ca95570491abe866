"""Archives of whole sequences are read as they were written: .ts, UCR, .arff, tables, folders."""

import contextlib
import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.core.registry import Found
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.dataset import inputs, look, sequences
from seqmodels.encoders import SeriesEncoder

HEADER = """\
# Two gestures.
@problemName Gestures
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down
@data
"""
ROWS = [
    "1,2,3:4,5,6:up",
    "1.5,-2,3e1,4:0,0,0,1:down",
    "7,8:9,10:up",
    "0,1,0:1,0,1:down",
    "2,2,2:3,3,3:up",
]
REGRESSION = """\
@problemname Heat
@timestamps true
@missing false
@univariate false
@dimension 2
@equallength true
@serieslength 2
@targetlabel true
@data  \x20
""" + "".join(
    f"(2004-08-1{i} 18:00:00,{a}),(2004-08-1{i} 19:00:00,{b}):"
    f"(2004-08-1{i} 18:00:00,{c}),(2004-08-1{i} 19:00:00,{d}):{y}\n"
    for i, (a, b, c, d, y) in enumerate(
        [(1.0, 2.0, 3, 4, 3.25), (5.0, 6.0, 7, 8, "-1e-2"), (5.5, 6.5, 7, 8, 7)]
    )
)


def ts(path: Path, rows=None, header=HEADER, name="gestures.ts") -> Path:
    text = header + "\n".join(ROWS if rows is None else rows) + "\n"
    (path / name).write_text(text, encoding="utf-8")
    return path / name


def together(data: sm.Dataset) -> dict[bytes, object]:
    """Return the label of each sequence of both parts, by its numbers."""
    return {
        np.asarray(values).tobytes(): label
        for part in (data.train, data.test)
        for values, label in zip(part.inputs, next(iter(part.targets.values())), strict=True)
    }


def labelled(data: sm.Dataset, steps: list) -> object:
    return together(data)[np.array(steps, dtype=float).reshape(len(steps), -1).tobytes()]


def names(data: sm.Dataset) -> tuple[str, ...] | None:
    assert isinstance(data.encoder, SeriesEncoder)
    return data.encoder.columns


def head(path: Path, **given) -> str | None:
    found = look(path, given)
    return found and found.head


def drawn(path: Path, **options) -> sm.Dataset:
    return sequences(path, **{"test": 0.3, **options})


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
    with pytest.raises(InputError, match=r"line 10: the value of channel 2 in step 2 is missing"):
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


def write_ucr(path: Path, mark: str, *, last: bool = False, ragged: bool = False) -> Path:
    rng = np.random.default_rng(0)
    lines = []
    for i in range(20):
        values = [f"{v:.4e}" for v in rng.normal(size=6)]
        if ragged and i % 2:
            values[4:] = ["NaN", "NaN"]
        label = f"{i % 3 - 1:.7e}" if mark == "  " else str(i % 3 - 1)
        lines.append(mark.join([*values, label] if last else [label, *values]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("row", [2, 9])
def test_a_line_of_words_among_rows_of_numbers_is_named(tmp_path, row):
    path = write_ucr(tmp_path / "rows.txt", "\t")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:row], "Total;;;", *lines[row:]]))
    with pytest.raises(InputError, match=rf"rows.txt, line {row + 1}.*'Total;;;'"):
        sm.read(path)


@pytest.mark.parametrize("mark", ["\t", ",", "  "])
@pytest.mark.parametrize("last", [False, True])
def test_rows_of_numbers_have_their_label_first_or_last(tmp_path, mark, last):
    path = write_ucr(tmp_path / "rows.txt", mark, last=last)
    name, found = recognised(path, {})
    assert (name, found.arguments) == ("sequences", {"target": "last" if last else "first"})
    data = sm.read(path)
    assert set(together(data).values()) == {"-1", "0", "1"}
    assert all(one.shape == (6, 1) for one in data.train.inputs)


def test_nan_at_the_end_of_a_row_is_its_end_and_inside_is_missing(tmp_path):
    path = write_ucr(tmp_path / "U_TRAIN.tsv", "\t", ragged=True)
    write_ucr(tmp_path / "U_TEST.tsv", "\t", ragged=True)
    data = sm.read(path)
    assert {len(one) for one in data.train.inputs} == {4, 6}
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], "0\t1.5\tNaN\t3.5\t1\t1\t1"]))
    with pytest.raises(InputError, match=r"U_TRAIN.tsv, line 5: the value of step 2 is missing"):
        sm.read(path)
    assert np.allclose(sm.read(path, missing="interpolate").train.inputs[4][1], 2.5)


def test_many_whole_labels_are_classes_and_fractions_are_numbers(tmp_path):
    rng = np.random.default_rng(0)
    rows = [[i % 50, *rng.normal(size=5)] for i in range(150)]
    np.savetxt(tmp_path / "fifty.tsv", rows, delimiter="\t", fmt="%.5g")
    assert head(tmp_path / "fifty.tsv") == "multiclass"
    rows = np.column_stack([rng.normal(size=(30, 6))])
    np.savetxt(tmp_path / "amount.tsv", rows, delimiter="\t")
    assert look(tmp_path / "amount.tsv", {}) is None
    assert head(tmp_path / "amount.tsv", target="last") == "regression"
    assert drawn(tmp_path / "amount.tsv", target="last").train.target("label").dtype == float


def test_rows_whose_label_could_be_at_either_end_are_refused_with_the_choices(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(f"{i % 2},5,6,{i},8,{i % 3}" for i in range(12)))
    with pytest.raises(InputError, match="--target first, or --target last"):
        look(path, {})
    assert labelled(drawn(path, target="last"), [[0], [5], [6], [0], [8]]) == "0"


def test_rows_of_several_channels_are_read_by_steps(tmp_path):
    path = write_ucr(tmp_path / "pen.tra", ",", last=True)
    data = drawn(path, target="last", channels=("x", "y"))
    assert all(one.shape == (3, 2) for one in data.train.inputs)
    assert names(data) == ("x", "y")
    with pytest.raises(InputError, match="6 numbers make no whole steps of 4 channels"):
        drawn(path, target="last", channels=("a", "b", "c", "d"))


def test_arff_has_steps_in_columns(tmp_path):
    names = "\n".join(f"@attribute att{i} numeric" for i in range(6))
    text = f"% GunPoint\n@relation g\n\n{names}\n@ATTRIBUTE target {{1,2}}\n\n@data\n"
    rows = "1,2,3,4,5,6,1\n2,3,4,5,6,?,2\n1,1,1,1,1,1,1\n"
    (tmp_path / "g.arff").write_text(text + rows)
    data = sm.read(tmp_path / "g.arff", test=0.3)
    assert labelled(data, [[1], [2], [3], [4], [5], [6]]) == "1"
    assert labelled(data, [[2], [3], [4], [5], [6]]) == "2"
    assert list(data.train.targets) == ["target"]


def test_arff_of_several_channels_has_them_quoted(tmp_path):
    text = """@relation b
@attribute b relational
@attribute t0 numeric
@attribute t1 numeric
@end b
@attribute activity {Standing,Running}
@data
'1,2\\n3,4',Standing
"5,6\\n7,8",'Running'
'5,6\\n7,9','Running'
"""
    (tmp_path / "b.arff").write_text(text)
    data = sm.read(tmp_path / "b.arff", test=0.3)
    assert labelled(data, [[1, 3], [2, 4]]) == "Standing"
    assert labelled(data, [[5, 7], [6, 8]]) == "Running"


def write_steps(path: Path, rows: list, header: str = "time,x,y") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def write_labels(folder: Path, rows: list, name: str = "labels.csv") -> None:
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def recordings(folder: Path) -> Path:
    for i in range(12):
        rows = [[t * 0.1, t + i, -t] for t in range(3 + i % 4)]
        write_steps(folder / "data" / f"rec{i:02}.csv", rows)
    rows = [[f"rec{i:02}", "walk" if i % 2 else "run", f"subject {i // 3}"] for i in range(12)]
    write_labels(folder, [["file", "activity", "subject"], *rows])
    return folder


def test_a_folder_of_tables_is_read_by_its_table_of_labels(tmp_path):
    path = recordings(tmp_path)
    with pytest.raises(InputError, match=r"'activity', 'subject'.*--target activity"):
        recognised(path, {})
    data = sm.read(path, target="activity", group_by="subject")
    assert names(data) == ("x", "y")
    assert labelled(data, [[1, 0], [2, -1], [3, -2], [4, -3]]) == "walk"
    assert not set(data.train.groups["subject"]) & set(data.test.groups["subject"])
    assert data.group_by == "subject"
    assert "no subject on both sides" in data.notes[0]


def test_a_table_of_labels_may_say_the_part(tmp_path):
    path = recordings(tmp_path)
    rows = [[f"data/rec{i:02}.csv", i % 2, "test" if i > 8 else "train"] for i in range(12)]
    write_labels(path, [["file", "label", "split"], *rows])
    data = sm.read(path)
    assert (len(data.train), len(data.test)) == (9, 3)
    with pytest.raises(InputError, match="No group 'writer'"):
        sm.read(path, group_by="writer")


def test_files_without_a_row_are_named_and_rows_without_a_file_refused(tmp_path):
    path = recordings(tmp_path)
    write_steps(path / "data" / "spare.csv", [[0, 1, 2]])
    said = sm.read(path, target="activity").notes
    assert any("1 files have no row in labels.csv: 'spare.csv'" in line for line in said)
    (path / "data" / "rec03.csv").unlink()
    with pytest.raises(InputError, match=r"has not: 'rec03' \(line 5\)"):
        sm.read(path, target="activity")


def test_a_folder_for_each_class_holds_its_sequences(tmp_path):
    for i in range(10):
        place = tmp_path / ("left" if i % 2 else "right") / f"{i}.csv"
        place.parent.mkdir(exist_ok=True)
        np.savetxt(place, np.full((4, 3), i), delimiter=",")
    (tmp_path / "notes.txt").write_text("Recorded by hand, and then\nby foot.\n")
    data = sm.read(tmp_path)
    assert labelled(data, [[3, 3, 3]] * 4) == "left"
    assert labelled(data, [[4, 4, 4]] * 4) == "right"


def test_a_folder_for_each_part_and_class_is_split_as_it_is(tmp_path):
    for i in range(12):
        place = tmp_path / ("test" if i > 8 else "train") / ("a" if i % 2 else "b")
        place.mkdir(parents=True, exist_ok=True)
        np.savetxt(place / f"{i}.txt", np.full((4, 2), i))
    data = sm.read(tmp_path)
    assert (len(data.train), len(data.test)) == (9, 3)


def test_a_table_may_hold_a_sequence_in_each_row(tmp_path):
    rows = [[f"p{i // 2}", *range(i, i + 5), "sick" if i % 3 else "well"] for i in range(20)]
    header = ["patient", *(f"t{i}" for i in range(5)), "class"]
    write_labels(tmp_path, [header, *rows], "heart.csv")
    data = sm.read(tmp_path / "heart.csv", group_by="patient")
    assert labelled(data, [[4], [5], [6], [7], [8]]) == "sick"
    assert not set(data.train.groups["patient"]) & set(data.test.groups["patient"])


def test_columns_of_several_channels_are_told_by_their_names(tmp_path):
    header = ["label", *(f"{axis}_{i}" for axis in "xyz" for i in range(1, 6))]
    rows = [["ab"[i % 2], *range(15)] for i in range(8)]
    write_labels(tmp_path, [header, *rows], "wide.csv")
    data = sm.read(tmp_path / "wide.csv")
    assert names(data) == ("x", "y", "z")
    assert data.train.inputs[0].tolist() == [[i, i + 5, i + 10] for i in range(5)]


def test_a_folder_of_texts_is_left_to_others(tmp_path):
    for i in range(6):
        place = tmp_path / ("left" if i % 2 else "right") / f"{i}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"Turn now, {i} times,\nthen wait.\n")
    assert look(tmp_path, {}) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.ts", "import { Component } from '@angular/core';\n@Component({})\nclass A {}\n"),
        ("app.ts", "@Component({})\nexport class A {}\n"),
        ("notes.txt", "ham\tsee you at 5\nspam\tcall 555 now\n"),
        ("iris.csv", "a,b,c,d,kind\n5.1,3.5,1.4,0.2,x\n4.9,3.0,1.4,0.2,y\n"),
        ("iris.arff", "@relation i\n@attribute width real\n@attribute k {a,b}\n@data\n1,a\n"),
        ("world.csv", "name,1990,1991,1992,1993,1994\nA,1,2,3,4,5\nA,1,2,3,4,5\nB,1,1,1,1,1\n"),
        ("empty.ts", ""),
        ("video.ts", "G@\x11\x10\x00B\xf0%\x00\x01"),
    ],
)
def test_files_of_other_kinds_are_left_to_others(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    assert look(tmp_path / name, {}) is None


def broken(header: str, *rows: str) -> tuple[str, bytes]:
    return "x.ts", (header + "\n".join(rows) + "\n").encode()


BROKEN = {
    "no @data": (broken(HEADER.replace("@data\n", "")), "without a line @data"),
    "no labels": (broken(HEADER.replace("true up down", "false"), "1:2"), "no labels to learn"),
    "no sequences": (broken(HEADER), "holds no sequences"),
    "a word": (broken(HEADER, *ROWS, "1,two:3,4:up"), "line 15, channel 1: value 2 is 'two'"),
    "an empty cell": (broken(HEADER, "1,,2:3,4,5:up"), "line 10, channel 1: value 2 is an empty"),
    "a channel too few": (broken(HEADER, *ROWS, "1,2:up"), "line 15: 1 channels, where x.ts, l"),
    "cut off": (broken(HEADER, *ROWS, "1,2,3"), "line 15: no colon between"),
    "an empty channel": (broken(HEADER, ":1,2:up"), "line 10: channel 1 is empty"),
    "an unknown label": (broken(HEADER, "1:2:left"), "line 10: label 'left' is not among"),
    "no label": (broken(HEADER, "1:2:"), "line 10: no label after the last colon"),
    "unequal lengths": (
        broken(HEADER.replace("Length false", "Length true"), *ROWS),
        "line 11: 4 steps, where x.ts, line 10 has 3",
    ),
    "uneven channels": (broken(HEADER, *ROWS, "1,2,3:4:up"), "line 15: channels of 1 to 3 steps"),
    "a missing value": (broken(HEADER, *ROWS, "1,?:4,5:up"), "channel 1 in step 2 is missing"),
    "NUL bytes": (broken(HEADER, *ROWS, "1,\0:3,4:up"), "line 15: holds a NUL byte"),
    "an underscore": (broken(HEADER, "1_0:2:up"), "value 1 is '1_0'"),
    "a label in Latin-1": (
        ("x.ts", (HEADER + "1:2:").encode() + b"\xe9\n"),
        "line 10: not in UTF-8",
    ),
    "channels that would fill memory": (
        broken(HEADER, "1:" * 200_000 + "1," * 200_000 + "1:up"),
        "line 10: 200,001 channels of 1 to 200,001 values are no sequence",
    ),
    "times that never meet": (
        broken(HEADER, "".join(f"({i},1):" for i in range(3000)) + "up"),
        "line 10: 3,000 channels of 1 to 1 values are no sequence of 3,000 steps",
    ),
    "no timestamps": (
        broken(HEADER.replace("Stamps false", "Stamps true"), ROWS[0]),
        "line 10: no timestamps",
    ),
    "times that fall": (broken(HEADER, "(2,1),(1,1):(1,1):up"), "times need to rise; '1'"),
    "times in words": (broken(HEADER, "(noon,1):(noon,1):up"), "times such as 'noon'"),
    "a pair left open": (broken(HEADER, "(0,1),(1,2:up"), "line 10: '(0,1),(1,2' is not"),
    "a target in words": (broken(REGRESSION, "(0,1):(0,1):hot"), "line 13, target: value 1 is"),
    "rows of two lengths": (
        (
            "x.tsv",
            b"1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\n1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\t5\n",
        ),
        "line 4: 6 numbers, where the first row has 5",
    ),
    "a row without values": (
        (
            "x.tsv",
            b"1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\n1\t.1\t.2\t.3\t.4\n2\tNaN\tNaN\tNaN\t?\n",
        ),
        "line 4: no value",
    ),
    "an arff sequence without quotes": (
        (
            "x.arff",
            b"@relation a\n@attribute a relational\n@attribute t numeric\n@end a\n"
            b"@attribute k {1,2}\n@data\n1,2,1\n",
        ),
        "line 7: the sequence is not between quotes",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_clear_error_that_names_the_line(tmp_path, case):
    (name, raw), expected = BROKEN[case]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        sm.read(tmp_path / name)
    assert len(caught.value.problems) == 1
    assert name in str(caught.value)


def test_a_line_that_never_ends_is_not_read_to_its_end(tmp_path, monkeypatch):
    from seqmodels.data.tables import lines

    monkeypatch.setattr(lines, "LONGEST", 1000)
    path = ts(tmp_path, [*ROWS, "1," * 1000])
    with pytest.raises(InputError, match=r"line 15.*1,000 bytes"):
        sequences(path)


def test_both_parts_need_the_same_channels(tmp_path):
    ts(tmp_path, name="G_TRAIN.ts")
    ts(tmp_path, ["1:up", "2:down"], name="G_TEST.ts")
    with pytest.raises(InputError, match=r"G_TEST.ts, line 10: 1 channels, where G_TRAIN.ts"):
        sm.read(tmp_path)


def test_what_the_header_says_wrongly_is_told_and_the_rows_believed(tmp_path):
    data = drawn(ts(tmp_path, header=HEADER.replace("dimensions 2", "dimensions 3")))
    assert "gestures.ts says @dimensions 3, its sequences have 2" in data.notes


def test_a_path_to_a_trained_model_is_one_line(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("TRAIN", "TEST"):
        rows = []
        for i in range(24):
            slope = 1 if i % 2 else -1
            x = slope * np.arange(5 + i % 3) + rng.normal(size=5 + i % 3)
            rows.append(
                f"{','.join(map(str, x))}:{','.join(map(str, -x))}:{'up' if i % 2 else 'down'}"
            )
        ts(tmp_path, rows, name=f"G_{part}.ts")
    from seqmodels.runs.run import inputs_in  # TensorFlow

    run = sm.train(tmp_path, epochs=15, learning_rate=0.02, out=tmp_path / "run", quiet=True)
    assert run.record["dataset"] == "sequences"
    assert run.scores["accuracy"] > 0.9
    assert run.predict([[[0, 0], [1, -1], [2, -2], [3, -3]]]).answers.tolist() == ["up"]
    new = ts(tmp_path, ["0,1,2,3:0,-1,-2,-3:?", "0,-1,-2,-3:0,1,2,3:?"])
    found = inputs_in(run.path, new)
    assert run.predict(found).answers.tolist() == ["up", "down"]
    with pytest.raises(InputError, match="needs 2 channels a step, the inputs have 1"):
        run.predict(inputs_in(run.path, ts(tmp_path, ["0,1,2,3:?"])))


def new(path: Path, **arguments) -> list:
    found = inputs(path, **arguments)
    assert found is not None
    return [np.asarray(one).tolist() for one in found]


GESTURES = [
    [[1, 4], [2, 5], [3, 6]],
    [[1.5, 0], [-2, 0], [30, 0], [4, 1]],
    [[7, 9], [8, 10]],
    [[0, 1], [1, 0], [0, 1]],
    [[2, 3], [2, 3], [2, 3]],
]


def test_a_new_ts_file_is_read_whatever_its_labels_are(tmp_path):
    bare = [row.rpartition(":")[0] for row in ROWS]
    assert new(ts(tmp_path)) == GESTURES
    assert new(ts(tmp_path, [f"{row}:?" for row in bare])) == GESTURES
    assert new(ts(tmp_path, [f"{row}:sideways" for row in bare])) == GESTURES
    assert new(ts(tmp_path, [f"{row}:" for row in bare])) == GESTURES
    header = HEADER.replace("@classLabel true up down", "@classLabel false")
    assert new(ts(tmp_path, bare, header)) == GESTURES
    assert new(ts(tmp_path, bare, header.replace("@classLabel false\n", ""))) == GESTURES
    stamped = ["(0,1),(1,2):(0,3),(1,4)"]
    assert new(ts(tmp_path, stamped, header.replace("ps false", "ps true"))) == [[[1, 3], [2, 4]]]
    assert new(ts(tmp_path, ["(0,1):(0,3):hot"], REGRESSION.partition("(2004")[0])) == [[[1, 3]]]


def test_of_a_new_file_no_other_part_is_looked_for_and_of_a_folder_one_is_asked_for(tmp_path):
    ts(tmp_path, ROWS[:2], name="G_TRAIN.ts")
    assert new(ts(tmp_path, ROWS[2:], name="G_TEST.ts")) == GESTURES[2:]
    with pytest.raises(InputError, match=r"files of many sequences. Give one: .*G_TEST\.ts"):
        inputs(tmp_path)


def test_gaps_in_new_files_are_filled_in_as_those_of_the_run_were(tmp_path):
    path = ts(tmp_path, ["1,?,3:1,2,3:?", "1,2:3,4:?"])
    assert new(path, missing="interpolate")[0] == [[1, 1], [2, 2], [3, 3]]
    assert new(path, missing="skip")[0] == [[1, 1], [3, 3]]
    for missing in ("refuse", "drop"):
        with pytest.raises(InputError, match=r"line 10: .*channel 1 in step 2.*1 of 2 sequences"):
            inputs(path, missing=missing)


@pytest.mark.parametrize("place", ["first", "last"])
def test_new_rows_keep_the_place_of_their_label(tmp_path, place):
    path = tmp_path / "new.tsv"
    for label in ("1", "?", "NaN"):
        rows = [[label, 0.5, 1.5, 2, 3], [label, 4, 5, 6, "NaN"]]
        rows = rows if place == "first" else [[*row[1:], label] for row in rows]
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        whole = [[[0.5], [1.5], [2], [3]], [[4], [5], [6]]]
        assert new(path, target=place) == whole
        path.write_text(path.read_text().partition("\n")[0])
        assert new(path, target=place) == whole[:1]
        assert new(path, target=place, channels=("x", "y")) == [[[0.5, 1.5], [2, 3]]]


def test_new_rows_of_a_run_that_found_its_labels_itself_tell_them_too(tmp_path):
    path = write_ucr(tmp_path / "new.tsv", "\t")
    assert new(path) == new(path, target="first")


def test_a_new_arff_file_may_lack_its_last_attribute(tmp_path):
    path, steps = tmp_path / "g.arff", "".join(f"@attribute a{i} numeric\n" for i in range(5))
    path.write_text(f"@relation g\n{steps}@attribute k {{1,2}}\n@data\n1,2,3,4,5,?\n")
    assert new(path) == [[[1], [2], [3], [4], [5]]]
    path.write_text(f"@relation g\n{steps}@data\n1,2,3,4,5\n")
    assert new(path) == [[[1], [2], [3], [4], [5]]]
    quoted = "@attribute b relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end b\n"
    path.write_text(f"@relation b\n{quoted}@data\n'1,2\\n3,4'\n")
    assert new(path) == [[[1, 3], [2, 4]]]
    path.write_text(f"@relation b\n{quoted}@attribute k {{a}}\n@data\n'1,2\\n3,4',?\n")
    assert new(path) == [[[1, 3], [2, 4]]]


def test_a_new_table_of_rows_needs_no_column_of_labels(tmp_path):
    header = [f"{axis}_{i}" for axis in "xyz" for i in range(1, 6)]
    expected = [[[i, i + 5, i + 10] for i in range(5)]]
    for extra, cells in ((["label"], ["?"]), ([], []), (["note", "label"], ["bent", ""])):
        write_labels(tmp_path, [[*header, *extra], [*range(15), *cells]], "new.csv")
        (found,) = inputs(tmp_path / "new.csv", target="label") or []
        assert list(found.columns) == ["x", "y", "z"]
        assert new(tmp_path / "new.csv", target="label") == expected
    write_labels(tmp_path, [[f"t{i}" for i in range(5)], range(5)], "five.csv")
    assert new(tmp_path / "five.csv", target="label") == [[[i] for i in range(5)]]
    plain = [["a", *range(6)], ["b", *range(6)]]
    write_labels(tmp_path, plain, "plain.csv")
    assert new(tmp_path / "plain.csv", target="0") == [[[i] for i in range(6)]] * 2
    write_labels(tmp_path, [row[1:] for row in plain], "plain.csv")
    assert new(tmp_path / "plain.csv", target="0") == [[[i] for i in range(6)]] * 2


def test_a_new_folder_of_tables_needs_no_labels_and_a_table_alone_is_one_sequence(tmp_path):
    for i in (2, 1):
        write_steps(tmp_path / f"walk{i}.csv", [[0, i, 5], [1, i, 6]])
    expected = [[[1, 5], [1, 6]], [[2, 5], [2, 6]]]
    assert new(tmp_path) == expected
    write_labels(tmp_path, [["file", "kind"], ["walk1", "?"], ["walk2", "?"]])
    (tmp_path / "notes.txt").write_text("Recorded by hand, and then\nby foot.\n")
    assert new(tmp_path, target="kind") == expected
    assert new(tmp_path / "walk2.csv", channels=("y",)) == [[[5], [6]]]
    (tmp_path / "walk3.csv").write_text("time,x,y\n0,1,far\n")
    with pytest.raises(InputError, match=r"walk3\.csv, line 2: value 2 is 'far'"):
        inputs(tmp_path)


def test_channels_of_a_new_table_are_told_by_name_whatever_their_order(tmp_path):
    write_steps(tmp_path / "walk.csv", [[0, 1, 2], [1, 3, 4]], header="time,y,x")
    (walk,) = inputs(tmp_path / "walk.csv") or []
    encoder = SeriesEncoder(columns=("x", "y")).fit([[[0, 0], [1, 1]]])
    assert encoder.encode([walk]).values.argmax(axis=1).tolist() == [0, 0]
    assert encoder.show(walk) == "2 steps, the last: x 4, y 3"


def test_new_steps_in_json_are_left_to_the_encoder(tmp_path):
    for text in ("[[1, 2], [3, 4]]\n[[1, 2]]\n", "[1, 2, 3, 4, 5, 6, 7]\n" * 3, "[1, 2]\n"):
        (tmp_path / "new.jsonl").write_text(text)
        for target in (None, "first", "label", "0"):
            assert inputs(tmp_path / "new.jsonl", target=target) is None


COUNTS = {
    "GunPoint": (50, 150, 1, 2),
    "ECG200": (100, 100, 1, 2),
    "ItalyPowerDemand": (67, 1029, 1, 2),
    "BasicMotions": (40, 40, 6, 4),
    "JapaneseVowels": (270, 370, 12, 9),
    "OSULeaf": (200, 242, 1, 6),
    "PLAID": (537, 537, 1, 11),
    "Handwriting": (150, 850, 3, 26),
    "ArticularyWordRecognition": (275, 300, 9, 25),
}


@pytest.mark.parametrize("name", COUNTS)
def test_real_archives_are_read_as_they_were_published(shared_data, name):
    folder = shared_data / "ucr" / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    train, test, channels, kinds = COUNTS[name]
    data = sm.read(folder)
    assert (len(data.train), len(data.test)) == (train, test)
    assert {one.shape[1] for one in [*data.train.inputs, *data.test.inputs]} == {channels}
    assert len(set(data.train.target("label"))) == kinds
    assert set(data.test.target("label")) <= set(data.train.target("label"))


def test_pendigits_is_sixteen_numbers_and_a_digit(shared_data):
    data = sm.read(shared_data / "pendigits" / "pendigits.tra", channels=("x", "y"))
    assert (len(data.train), len(data.test)) == (7494, 3498)
    assert data.train.inputs[0].tolist()[:2] == [[47, 100], [27, 81]]
    assert data.train.target("label")[0] == "8"


PIECES = [
    *HEADER.splitlines(), "@timeStamps true", "@targetLabel true", "@data", "1,2:3,4:up", ":", ",",
    "(0,1)", "(2020-01-01,1)", "?", "NaN", "\t", "1e999", "@relation r", "@attribute a relational",
    "@attribute k {1,2}", "@attribute b1 numeric", "@end", "'1,2\\n3,4',1", "1\t2\t3\t4\t5", "1,2",
    '{"s": [1, null], "label": "up"}', '{"s": [[1], [2]], "t": [1e999]}', '{"s": [], "label": 1}',
    "label,t0,t1,t2,t3,t4", "up,1,2,3,4,5", "\x00", "\xff", "%", "#", "\"", "-", "\u0661", "1_0",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.tuples(st.sampled_from(PIECES), st.sampled_from(["\n", "", "\n", ":"])), max_size=25
        ).map(lambda parts: "".join(a + b for a, b in parts).encode("latin-1", "replace")),
        st.lists(st.sampled_from(PIECES), max_size=8).map(
            lambda rows: (HEADER + "\n".join(rows)).encode("latin-1", "replace")
        ),
    ),
    missing=st.sampled_from(["refuse", "interpolate", "previous", "skip", "drop"]),
    target=st.sampled_from([None, "first", "last"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw, missing, target):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(raw)
    with contextlib.suppress(InputError):
        for one in inputs(path, missing=missing, target=target) or []:
            assert np.isfinite(np.asarray(one)).all()
            assert len(one)
    try:
        data = sequences(path, missing=missing, target=target, test=0.5)
    except InputError:
        return
    for part in (data.train, data.test):
        assert all(np.isfinite(one).all() and len(one) for one in part.inputs)
