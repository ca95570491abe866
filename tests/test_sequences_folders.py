"""Folders with a file for each sequence, and tables with a sequence a row."""

from pathlib import Path

import numpy as np
import pytest
from sequences_written import labelled, names, write_labels, write_steps

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.dataset import look


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
    with pytest.raises(InputError, match=r"'rec03' \(line 5\)"):
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
