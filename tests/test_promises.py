"""What the project promises of its defaults, held to on real data and on the tasks of 1997."""

import csv

import numpy as np
import pytest

import seqmodels as sm

WITHIN = 0.04  # Hochreiter and Schmidhuber 1997, Experiment 4: a sum is right to this


def answers(run: sm.Run, column: str) -> np.ndarray:
    with (run.path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return np.array([float(row[column]) for row in csv.DictReader(file)])


def test_a_sum_is_remembered_over_thirty_steps(tmp_path):
    settings = {"dataset.n": 3000, "dataset.length": 30, "backbone.chrono_init": 30}
    run = sm.train("adding", settings=settings, epochs=12, out=tmp_path / "r", quiet=True)
    wrong = np.abs(answers(run, "target") - answers(run, "answer")) >= WITHIN
    assert wrong.mean() < 0.02
    assert run.scores["rmse"] < 0.2 * run.baselines["mean"]["rmse"]


@pytest.mark.slow
def test_adding_over_a_hundred_steps_meets_the_criterion_of_the_paper(tmp_path):
    run = sm.train("adding", out=tmp_path / "r", quiet=True)
    wrong = np.abs(answers(run, "target") - answers(run, "answer")) >= WITHIN
    assert wrong.sum() <= 3, "of 2,500; the paper has at most 3 of 2,560"
    assert run.scores["rmse"] ** 2 < 0.01


@pytest.mark.slow
def test_the_order_of_symbols_is_remembered_over_a_hundred_steps(tmp_path):
    run = sm.train("temporal_order", out=tmp_path / "r", quiet=True)
    assert run.scores["accuracy"] >= 1 - 3 / 2500


@pytest.mark.slow
def test_the_embedded_reber_grammar_is_learned(tmp_path):
    run = sm.train("reber", out=tmp_path / "r", quiet=True)
    assert run.scores["accuracy"] > 0.995


@pytest.mark.slow
def test_pendigits_are_read(tmp_path, shared_data):
    run = sm.train("handwriting", data=shared_data, out=tmp_path / "r", quiet=True)
    assert run.scores["accuracy"] >= 0.97


@pytest.mark.slow
def test_tomorrows_temperature_is_foretold_better_than_by_todays(tmp_path, shared_data):
    run = sm.train(
        "series", preset="delhi-temperature", data=shared_data, out=tmp_path / "r", quiet=True
    )
    assert run.scores["mae"] < run.baselines["last value"]["mae"]


@pytest.mark.slow
def test_film_reviews_are_judged(tmp_path, shared_data):
    run = sm.train("imdb", head="binary", data=shared_data, out=tmp_path / "r", quiet=True)
    assert run.scores["accuracy"] >= 0.86
    assert run.predict(["a quiet, wonderful film"]).answers.tolist() == ["pos"]
