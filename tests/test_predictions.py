"""`predictions.csv` comes back as it was: types, answers, and nothing damaged."""

import re

import numpy as np
import pytest
from made_runs import classes, write_run

import seqmodels as sm
from seqmodels.evaluation.intervals import Units
from seqmodels.runs.predictions import answers_in, head_of, predictions_of, units_in

RNG = np.random.default_rng(3)
LABELS = {
    "words": ("bad", "good"),
    "numbers": (0, 1, 10),
    "numerals": ("0", "01", "1"),
    "nasty": ("NA", 'a,"b"', "line\nbreak", "é …"),
    "truth": (False, True),
}


def read(path, n=60):
    head = head_of(path)
    return head, predictions_of(path, head, n)


@pytest.mark.parametrize("names", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("kind", [sm.Binary, sm.Multiclass])
def test_labels_come_back_in_their_types_and_score_the_same(tmp_path, names, kind):
    if kind is sm.Binary:
        names = names[:2]
    truth = np.array(names)[np.arange(60) % len(names)]
    given = classes(truth, RNG.random(60) < 0.7, names)
    head, frame = read(write_run(tmp_path / "r", kind(), truth, given))
    targets, prediction = answers_in(frame, head)
    assert frame["target"].tolist() == truth.tolist()
    assert frame["answer"].tolist() == given.answers.tolist()
    assert targets.dtype.kind == truth.dtype.kind
    assert head.score(targets, prediction) == pytest.approx(head.score(truth, given))
    assert frame["length"].tolist() == [7] * 60


def test_the_labels_behind_two_classes_come_back(tmp_path):
    truth = np.arange(60) % 10
    given = classes(np.where(truth == 7, "7", "not 7"), RNG.random(60) < 0.7, ("not 7", "7"))
    head, frame = read(write_run(tmp_path / "r", sm.Binary(positive=7), truth, given))
    assert frame["target"].tolist() == truth.tolist()
    assert head.score(*answers_in(frame, head)) == pytest.approx(head.score(truth, given))


def test_the_numbers_behind_bins_come_back(tmp_path):
    truth = RNG.normal(size=60)
    fitted = sm.Multiclass(bins=3).fit(truth)
    names = np.array(fitted.classes)[fitted.encode(truth)]
    given = classes(names, RNG.random(60) < 0.7, fitted.classes)
    head, frame = read(write_run(tmp_path / "r", sm.Multiclass(bins=3), truth, given))
    assert frame["target"].tolist() == truth.tolist()
    assert head.score(*answers_in(frame, head)) == pytest.approx(head.score(truth, given))


@pytest.mark.parametrize("width", [1, 3])
def test_numbers_come_back_as_columns(tmp_path, width):
    truth = RNG.normal(size=(60, width))
    given = sm.Prediction(truth + 0.1, columns=("1", "2", "3") if width > 1 else None)
    if width == 1:
        truth, given = truth[:, 0], sm.Prediction(truth[:, 0] + 0.1)
    head, frame = read(write_run(tmp_path / "r", sm.Regression(), truth, given))
    targets, prediction = answers_in(frame, head)
    assert np.array_equal(targets, truth)
    assert prediction.answers == pytest.approx(given.answers, rel=1e-6)
    assert ("target 2" in frame) == (width > 1)


def test_numbers_that_are_called_as_our_columns_hide_nothing(tmp_path):
    import pandas as pd

    truth = pd.DataFrame(RNG.normal(size=(60, 2)), columns=["input", "length"])
    given = sm.Prediction(truth.to_numpy() + 1, columns=("input", "length"))
    _, frame = read(write_run(tmp_path / "r", sm.Regression(), truth, given))
    assert frame["input"][0] == "example 0"
    assert frame["answer length"].to_numpy() == pytest.approx(truth["length"] + 1, rel=1e-6)


def test_what_is_drawn_together_comes_back(tmp_path):
    truth = np.array(["a", "b"])[np.arange(60) % 2]
    units = Units("blocks of 4 windows", 20, np.arange(60) // 3, 4)
    given = classes(truth, truth == "a", ("a", "b"))
    _, frame = read(write_run(tmp_path / "r", sm.Binary(), truth, given, units=units))
    found = units_in(frame, "blocks of 4 windows")
    assert (found.count, found.block, found.of.tolist()) == (20, 4, units.of.tolist())
    assert units_in(frame.drop(columns="unit"), "examples").of is None


DAMAGE = {
    "empty": ("(?s).*", ""),
    "a row less": (r"example 59.*\n", ""),
    "a row more": (r"\Z", "example 60,a,a,0.8,0.2,7\n"),
    "another column": (r"\Ainput,", "inputs,"),
    "a cell more": (r"example 3,", "example 3,x,"),
    "no number": (r"example 3,(.),(.),0.\d", r"example 3,\1,\2,x"),
    "no finite number": (r"example 3,(.),(.),0.\d", r"example 3,\1,\2,nan"),
    "no length": (r"0,7\n", "0,\n"),
    "no text": ("example 3,", "example \udcff3,"),
    "an open quote": ("example 3,", '"example 3,'),
}


@pytest.mark.parametrize("pattern", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_named(tmp_path, pattern):
    truth = np.array(["a", "b"])[np.arange(60) % 2]
    path = write_run(tmp_path / "r", sm.Binary(), truth, classes(truth, truth == "a", ("a", "b")))
    file = path / "predictions.csv"
    text = re.sub(*pattern, file.read_text().replace("0.2,7", "0.0,7"), count=1)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(sm.InputError, match=r"predictions\.csv is damaged"):
        read(path)


def test_a_file_that_is_not_there_or_far_too_large_is_not_read(tmp_path):
    truth = np.array(["a", "b"])[np.arange(60) % 2]
    path = write_run(tmp_path / "r", sm.Binary(), truth, classes(truth, truth == "a", ("a", "b")))
    with (path / "predictions.csv").open("r+b") as file:
        file.truncate(2**33)  # a hole: it takes no room on the disk
    with pytest.raises(sm.InputError, match=r"predictions\.csv has 8,589,934,592 bytes, at most"):
        read(path)
    (path / "predictions.csv").unlink()
    with pytest.raises(sm.InputError, match=r"predictions\.csv cannot be read: No such file"):
        read(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"head": 3}', '{"head": {}}', "[" * 10**6])
def test_a_head_is_not_read_from_anything_else(tmp_path, text):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text(text)
    with pytest.raises(sm.InputError, match=r"model\.json"):
        head_of(tmp_path)
