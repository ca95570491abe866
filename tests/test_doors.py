"""The same data give the same model, whichever door they come through."""

import csv
import dataclasses
import json
import wave

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm
from seqmodels.core.registry import DATASETS
from seqmodels.sklearn import SequenceClassifier, SequenceRegressor
from seqmodels.training.config import Training
from seqmodels.training.prepare import prepare
from seqmodels.training.settings import resolve

RNG = np.random.default_rng(0)
QUICK = {"epochs": 1, "quiet": True, "baselines": False}


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
    by_path = sm.train(path, out=tmp_path / "a", **QUICK)
    by_value = sm.train(sm.read(path), out=tmp_path / "b", **QUICK)
    table = sm.read(pd.read_csv(path), "mood")
    by_table = sm.train(table, out=tmp_path / "c", **QUICK)
    assert by_path.scores == by_value.scores == by_table.scores
    sizes = [(run.record["backbone"], run.record["training"]) for run in (by_path, by_table)]
    assert sizes[0] == sizes[1]


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
    run = sm.train(data, out=tmp_path / "run", **QUICK)
    channels = {} if kind == "texts" else {"channels": "last"}
    estimator = made(epochs=1, **channels).fit(data.train.inputs, data.train.targets["target"])
    assert estimator.model_.backbone == run.model.backbone
    assert estimator.model_.head == run.model.head
    found = estimator.model_.predict(data.test.inputs)
    expected = run.model.predict(data.test.inputs)
    np.testing.assert_array_equal(found.answers, expected.answers)
    if found.scores is not None:
        np.testing.assert_array_equal(found.scores, expected.scores)


def test_a_preset_holds_for_data_in_memory_too(tmp_path):
    data = sm.read(sequences(tmp_path))
    assert resolve(data, preset="best").backbone.members == 3
    with pytest.raises(sm.InputError, match=r"Unknown preset 'bets'.*Did you mean 'best'"):
        resolve(data, preset="bets")


def test_data_of_no_family_have_no_presets(tmp_path):
    data = dataclasses.replace(sm.read(sequences(tmp_path)), family=None)
    assert resolve(data).training == Training()
