"""What is read is what was written: headers, delimiters, groups, masks, and parts that mean it."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core.examples import Examples
from seqmodels.data.parts import held_out
from seqmodels.training.settings import resolve
from seqmodels.training.split import split

DAYS = pd.date_range("2023-01-01", periods=100).strftime("%Y-%m-%d")


@pytest.mark.parametrize("header", [" date , y ", "date, y", '" date ",y ', "date\t y "])
def test_spaces_around_the_names_of_columns_are_no_part_of_them(tmp_path, header):
    mark = "\t" if "\t" in header else ","
    rows = "".join(f"{day}{mark}{i * 0.5}\n" for i, day in enumerate(DAYS))
    (tmp_path / "in.csv").write_text(f"{header}\n{rows}")
    assert "target 'y'" in sm.read(tmp_path / "in.csv", target="y").notes[0]


def test_a_large_table_has_the_same_names(tmp_path, on_disk):
    on_disk()
    rows = "".join(f"{day},{who},{i}\n" for who in "ab" for i, day in enumerate(DAYS))
    (tmp_path / "in.csv").write_text(f" date , shop , y \n{rows}")
    found = sm.read(tmp_path / "in.csv", target="y", group="shop")
    assert set(found.test.groups["series"]) == {"a", "b"}


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=|", "sep=\t", "sep=,"])
def test_a_line_that_announces_the_delimiter_is_no_row(tmp_path, first):
    mark = first.strip('"')[-1]
    told = [("late", "bad"), ("early", "good")]
    rows = "".join(f"parcel {i} came {told[i % 2][0]}{mark}{told[i % 2][1]}\n" for i in range(60))
    (tmp_path / "in.csv").write_text(f"{first}\ntext{mark}label\n{rows}")
    found = sm.read(tmp_path / "in.csv")
    assert len(found.train) + len(found.test) == 60
    assert set(found.train.targets["label"]) == {"good", "bad"}


@pytest.mark.parametrize("first", ["sep=;", "sep=,"])
def test_so_it_is_above_a_series(tmp_path, first):
    rows = "".join(f"{day}{first[-1]}{i}\n" for i, day in enumerate(DAYS))
    (tmp_path / "in.csv").write_text(f"{first}\ndate{first[-1]}y\n{rows}")
    assert "target 'y'" in sm.read(tmp_path / "in.csv").notes[0]


@pytest.mark.parametrize("blank", ["", "NA", " "])
def test_rows_without_a_group_are_refused_by_their_numbers(tmp_path, blank):
    rows = "".join(f"{day},{who},{i}\n" for who in ("a", blank) for i, day in enumerate(DAYS[:60]))
    (tmp_path / "in.csv").write_text(f"date,shop,y\n{rows}")
    with pytest.raises(sm.InputError, match=r"60 rows without a 'shop'.*row 60"):
        sm.read(tmp_path / "in.csv", target="y", group="shop")


@pytest.mark.parametrize("kind", [float, np.float32, int])
def test_masked_numbers_are_missing(kind):
    x = np.ma.masked_less(np.arange(480).reshape(60, 8).astype(kind) - 3, 0)
    y = np.arange(60) % 2
    for given_x in (x, list(x), np.ma.masked_less(x[:, :, None], 0)):
        with pytest.raises(sm.InputError, match="missing"):
            sm.read(given_x, y)
    whole = np.ma.masked_less(np.abs(x.data) + 1, 0)  # masked in name alone
    assert len(sm.read(whole, y).train) == 48


@pytest.mark.parametrize("kind", [int, float, str])
def test_masked_targets_are_missing(kind):
    y = np.ma.array((np.arange(60) % 2).astype(kind), mask=np.arange(60) == 3)
    with pytest.raises(sm.InputError, match=r"missing in row 3"):
        sm.read(np.random.default_rng(0).normal(size=(60, 8)), y)


def test_the_estimator_refuses_what_is_masked():
    from seqmodels.sklearn import SequenceClassifier

    x = np.ma.masked_less(np.arange(480.0).reshape(60, 8), 1)
    with pytest.raises(ValueError, match="NaN"):
        SequenceClassifier().fit(x, np.arange(60) % 2)
    with pytest.raises(ValueError, match="NaN"):
        SequenceClassifier().fit(x.data, np.ma.array(np.arange(60) % 2, mask=np.arange(60) == 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=60, max_size=300), st.integers(0, 99))
def test_a_quantity_is_parted_at_random_whatever_its_values(values, seed):
    values = [*values, *range(30)]  # a quantity: more kinds than classes have
    rows = Examples([f"text {i}" for i in range(len(values))], {"y": values})
    train, test, how = held_out(rows, test=0.2, seed=seed)
    assert len(test) == round(0.2 * len(values))
    assert len(train) + len(test) == len(values)
    assert "at random" in how


def test_classes_keep_their_shares_and_quantities_are_not_asked_to():
    rows = [f"parcel number {i} came by road" for i in range(400)]
    for values in (np.arange(400) % 200, np.arange(400) % 50):
        found = sm.read(rows, values)
        assert len(found.test) == 80
    found = sm.read(rows, ["rare" if i % 20 == 0 else "usual" for i in range(400)])
    assert list(found.test.targets["target"]).count("rare") == 4


@pytest.mark.parametrize(("head", "valid"), [("regression", 64), ("multiclass", 0)])
def test_the_validation_part_of_a_quantity_is_drawn_at_random(head, valid):
    data = sm.read([f"parcel number {i} came by road" for i in range(400)], np.arange(400) % 200)
    config = resolve(data, head=head, settings={"training.valid": 0.2})
    found = split(data, config)
    assert (len(found.valid) == valid) == (head == "regression")


def test_an_encoding_that_lacks_a_character_escapes_it(tmp_path):
    labels = ["böse", "gut"]
    rows = "".join(f"parcel {i} came \U0001f600,{labels[i % 2]}\n" for i in range(60))
    (tmp_path / "in.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    command = [sys.executable, "-m", "seqmodels", "inspect", str(tmp_path / "in.csv")]
    for encoding in ("cp1252", "ascii"):
        known = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        done = subprocess.run(command, capture_output=True, env=known, check=False)
        assert done.returncode == 0, done.stderr.decode(encoding)[-500:]
        assert "gut" in done.stdout.decode(encoding)
