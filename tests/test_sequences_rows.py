"""Sequences in rows of numbers, in .arff files and in published archives."""

from pathlib import Path

import numpy as np
import pytest
from sequences_written import drawn, labelled, names, together, write_ucr

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.dataset import look


def head(path: Path, **given) -> str | None:
    found = look(path, given)
    return found and found.head


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
    with pytest.raises(InputError, match=r"U_TRAIN.tsv, line 5: .*step 2.*missing"):
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
    with pytest.raises(InputError, match=r"6 numbers.*4 channels"):
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
