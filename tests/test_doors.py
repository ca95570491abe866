"""The same data give the same model, whichever door they come through."""

import csv
import dataclasses
import json
import wave
from typing import Any

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm
from seqmodels.core.registry import DATASETS
from seqmodels.encoders import SeriesEncoder
from seqmodels.sklearn import SequenceClassifier, SequenceRegressor
from seqmodels.training.config import Training
from seqmodels.training.evaluate import score
from seqmodels.training.fit import fit
from seqmodels.training.prepare import prepare
from seqmodels.training.settings import resolve

RNG = np.random.default_rng(0)


def trained(dataset):
    """Return the model and the scores of a run on a dataset, without its directory."""
    config = resolve(dataset, settings={"training.epochs": 1})
    ready = prepare(config.made(), config)
    model = fit(ready).model
    return (
        ready.config,
        model,
        score(model, ready.parts["test"], ready.examples["test"], ready.target),
    )


def texts(folder):
    path = folder / "texts.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "mood"])
        for i in range(80):
            words = RNG.choice(["the", "a", "film", "of", "and", "it", "was", "so", "by", "on"], 8)
            table.writerow([" ".join([*words, ("fine", "dull")[i % 2]]), ("good", "bad")[i % 2]])
    return path


def series(folder):
    days = pd.date_range("2020-01-01", periods=200)
    path = folder / "series.csv"
    pd.DataFrame({"date": days, "price": np.sin(np.arange(200) / 9)}).to_csv(path, index=False)
    return path


def sequences(folder):
    rows = [
        {"sequence": RNG.normal(i % 2, 1, int(RNG.integers(5, 12))).tolist(), "label": "ab"[i % 2]}
        for i in range(80)
    ]
    path = folder / "sequences.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def strokes(folder):
    rows = []
    for i in range(60):
        x, y = np.cumsum(RNG.integers(0, 9, (2, 12)), axis=1).tolist()
        rows.append({"word": ("cat", "dog")[i % 2], "drawing": [[x, y]], "key_id": str(i)})
    path = folder / "drawings.ndjson"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def speech(folder):
    path = folder / "speech"
    for word in ("no", "yes"):
        (path / word).mkdir(parents=True)
        for i in range(12):
            with wave.open(str(path / word / f"{i}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(RNG.integers(-9999, 9999, 2400).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("make", [texts, series, sequences, strokes, speech])
def test_a_path_and_what_is_read_from_it_have_the_same_configuration(make, tmp_path):
    path = make(tmp_path)
    by_path, by_value = resolve(path), resolve(data := sm.read(path))
    assert data.family == by_path.dataset == make.__name__
    found = [prepare(config.made(), config).config for config in (by_path, by_value)]
    one, other = ({**config.record(), "arguments": 0, "dataset": 0} for config in found)
    assert {**one, "target": 0} == {**other, "target": 0}
    assert "training.average" not in found[0].free
    assert found[0].training.average > 0, "of the family's presets"


@pytest.mark.parametrize("name", ["digits", "reber", "adding", "temporal_order"])
def test_a_name_and_what_its_function_returns_have_the_same_configuration(name):
    data = DATASETS.get(name).make(**({} if name == "digits" else {"n": 60}))
    one, other = resolve(name), resolve(data)
    assert (one.head, one.target, one.says) == (other.head, other.target, other.says)
    assert (one.backbone, one.training) == (other.backbone, other.training)
    assert one.free == other.free


def test_a_path_a_value_and_a_table_in_memory_score_the_same(tmp_path):
    path = texts(tmp_path)
    doors = [path, sm.read(path), sm.read(pd.read_csv(path), "mood")]
    (config, _, scores), *others = [trained(door) for door in doors]
    for other, _, found in others:
        assert found == scores
        assert (other.backbone, other.training) == (config.backbone, config.training)


@pytest.mark.parametrize("kind", ["texts", "numbers", "regression"])
def test_an_estimator_answers_as_a_run_on_the_same_data(kind, tmp_path):
    if kind == "texts":
        table = pd.read_csv(texts(tmp_path))
        x, y, made = table["text"].tolist(), table["mood"].tolist(), SequenceClassifier
    else:
        x = [RNG.normal(i % 2, 1, (int(RNG.integers(5, 12)), 2)) for i in range(80)]
        y = ["ab"[i % 2] for i in range(80)]
        made = SequenceClassifier
        if kind == "regression":
            y, made = [float(row.sum()) for row in x], SequenceRegressor
    data = sm.read(x, y)
    _, model, _ = trained(data)
    channels: Any = {} if kind == "texts" else {"channels": "last"}
    estimator = made(epochs=1, **channels).fit(data.train.inputs, data.train.targets["target"])
    assert estimator.model_.backbone == model.backbone
    assert estimator.model_.head == model.head
    found = estimator.model_.predict(data.test.inputs)
    expected = model.predict(data.test.inputs)
    np.testing.assert_array_equal(found.answers, expected.answers)
    if found.scores is not None:
        np.testing.assert_array_equal(found.scores, expected.scores)


def test_a_preset_holds_for_data_in_memory_too(tmp_path):
    data = sm.read(sequences(tmp_path))
    assert resolve(data, preset="best").backbone.ensemble_size == 3
    with pytest.raises(sm.InputError, match=r"Unknown preset 'bets'.*Did you mean 'best'"):
        resolve(data, preset="bets")


def test_data_of_no_family_have_no_presets(tmp_path):
    data = dataclasses.replace(sm.read(sequences(tmp_path)), family=None)
    assert resolve(data).training == Training()


GIVEN_TWICE = [
    ({"head": "binary", "settings": {"head": "multiclass"}}, "head"),
    ({"target": "digit", "settings": {"target": "digit"}}, "target"),
    ({"backbone": sm.Backbone(), "settings": {"backbone.units": 8}}, "units"),
    ({"data": "a.csv", "settings": {"dataset.path": "b.csv"}}, "path"),
]


@pytest.mark.parametrize(("asked", "noun"), GIVEN_TWICE, ids=[noun for _, noun in GIVEN_TWICE])
def test_what_is_given_twice_is_refused(asked, noun):
    with pytest.raises(sm.InputError, match=rf"{noun}.*Leave one of them out"):
        resolve("digits", **asked)


def test_an_option_and_its_setting_are_not_both_given():
    with pytest.raises(sm.InputError, match=r"training\.epochs.*twice"):
        sm.train("digits", epochs=2, settings={"training.epochs": 3})


WRONG = [
    ({"seed": "one"}, "seed"), ({"limit": "9"}, "limit"), ({"settings": [1]}, "settings"),
    ({"preset": 3}, "preset"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "noun"), WRONG, ids=[noun for _, noun in WRONG])
def test_arguments_of_another_type_are_named(asked, noun):
    with pytest.raises(sm.InputError, match=noun):
        resolve("digits", **asked)


def test_data_without_a_target_are_refused():
    examples = sm.Examples([[1.0], [2.0]], {})
    data = sm.Dataset(train=examples, test=examples, encoder=SeriesEncoder())
    with pytest.raises(sm.InputError, match=r"no target to predict.*Examples"):
        sm.train(data, head="regression")
