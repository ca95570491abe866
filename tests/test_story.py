"""The summary of a run: answers by class and length, calibration, verdicts."""

import itertools

import numpy as np
import pytest

from seqmodels.evaluation.scores import Evaluation, Gain
from seqmodels.heads import Multiclass, Regression
from seqmodels.heads.base import Prediction
from seqmodels.report import run_report
from seqmodels.report.answers import Answers, ordered, wilson
from seqmodels.report.story import Story, _narrow


def answers(truth: str, picks: str, sure: list[float]) -> Answers:
    head = Multiclass().fit(list("abc"))
    columns, n = head.classes or (), len(sure)
    scores = np.full((n, 3), 0.0)
    for i, (pick, p) in enumerate(zip(picks, sure, strict=True)):
        scores[i] = (1 - p) / 2
        scores[i, columns.index(pick)] = p
    prediction = Prediction(np.array(list(picks)), scores, columns)
    found = Answers.of(head, list(truth), prediction, np.arange(1, n + 1))
    assert found is not None
    return found


def test_each_class_has_its_recall_and_precision():
    a, b, c = answers("aaab", "aabb", [0.9] * 4).by_class()
    assert (a["n"], a["recall"], a["answered"], a["precision"]) == (3, 2 / 3, 2, 1)
    assert (b["n"], b["recall"], b["answered"], b["precision"]) == (1, 1, 2, 0.5)
    assert (c["n"], c["recall"], c["precision"]) == (0, None, None)
    assert a["low"] < 2 / 3 < a["high"]


def test_the_worst_mistake_is_the_surest_and_right_answers_are_none():
    found = answers("aabc", "abca", [0.99, 0.6, 0.9, 0.7])
    assert found.worst(6).tolist() == [2, 3, 1]
    assert found.best(3).tolist() == [0]


def test_calibration_is_the_distance_between_said_and_came():
    rows, error, of = answers("aaab", "aaaa", [0.95] * 4).calibration()
    assert [row["n"] for row in rows] == [4]
    assert (rows[0]["came"], rows[0]["said"]) == (0.75, pytest.approx(0.95))
    assert error == pytest.approx(0.2)
    assert of == "the answer"


def test_answers_by_length_are_counted_once():
    found = answers("a" * 60, "a" * 30 + "b" * 30, [0.9] * 60)
    rows = found.by_length()
    assert sum(row["n"] for row in rows) == 60
    assert rows[0]["from"] == 1
    assert rows[-1]["to"] == 60
    assert rows[0]["score"] == 1
    assert rows[-1]["score"] == 0
    assert all(before["to"] < after["from"] for before, after in itertools.pairwise(rows))


def test_numbers_have_errors_by_length_and_a_worst():
    head = Regression().fit([1.0, 2.0, 3.0])
    truth = np.arange(20.0)
    guesses = truth + np.where(np.arange(20) == 13, 5, 0.5)
    found = Answers.of(head, truth, Prediction(guesses), np.arange(20) + 1)
    assert found is not None
    assert found.worst(1).tolist() == [13]
    assert found.by_length()[0]["score"] == pytest.approx(0.5)
    assert found.calibration()[0] == []
    assert found.by_class() == []


def test_a_share_of_all_is_not_certain():
    low, high = wilson(10, 10)
    assert (round(low, 4), round(high, 4)) == (0.7225, 1)  # Wilson's interval of 10 of 10
    assert round(wilson(5, 10)[0], 4) == 0.2366


def test_a_model_that_is_worse_is_behind():
    row = {"headline": {"value": 0.7, "low": None, "high": None}}
    gain = {"difference": -0.1, "low": -0.15, "high": -0.05}
    text = run_report.sentence(row, {**row, "name": "x", "gain": gain}, "accuracy", 10)
    assert "behind by 0.1 (0.05 to 0.15)" in text


def test_intervals_that_are_too_narrow_say_so():
    assert _narrow("examples") == _narrow("") == ""
    assert "blocks of 12 windows" in _narrow("blocks of 12 windows")
    assert "too narrow" in _narrow("speakers")


def test_classes_are_in_one_order_numbers_by_size_and_names_by_count():
    assert ordered(["10", "9", "-1"], [5, 1, 3]) == [2, 1, 0]
    assert ordered(["b", "a", "10"], [2, 7, 2]) == [1, 0, 2]
    assert [row["class"] for row in answers("bbca", "abca", [0.9] * 4).by_class()] == [*"bac"]


def test_the_verdict_is_about_the_rival_that_is_hardest_to_beat():
    """The best baseline by its score may be surely beaten while another one is not."""
    lifts = {"mean": Gain(0.05, 0.01, 0.09), "simple": Gain(0.06, -0.02, 0.14)}
    scores = {"model": 0.9, "mean": 0.85, "simple": 0.84}
    found = Evaluation(
        {"accuracy": scores.pop("model")},
        {name: {"accuracy": value} for name, value in scores.items()},
        gains=lifts,
    )
    record = {"dataset": "d", "head": {"name": "binary"}, "examples": {"test": 9}, "training": {}}
    history = [{"epoch": 1, "loss": 1.0, "valid_loss": 1.0}]
    told = Story.of(record, history, found, "accuracy", True, None)
    assert told.verdict == "not clearly better than simple"
    assert "The best baseline, mean, has 0.85" in told.summary
