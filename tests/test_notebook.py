"""A run as DataFrames, and in a notebook."""

import shutil

import pytest

import seqmodels as sm
from seqmodels.runs.predictions import answers_in

SMALL = {"backbone.units": 4, "dataset.n": 200, "dataset.length": 20, "training.epochs": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "<i>adding"
    return sm.train("adding", settings=SMALL, out=out, quiet=True)


def test_history_is_a_table_with_whole_epochs(run):
    assert run.history["epoch"].tolist() == [1, 2]
    assert run.history["epoch"].dtype.kind == "i"
    assert {"loss", "valid_loss", "seconds"} <= set(run.history)


def test_predictions_are_those_that_were_scored(run):
    head = run.model.head
    found = head.score(*answers_in(run.predictions, head))
    assert found == pytest.approx({name: run.scores[name] for name in found}, rel=1e-5)
    assert len(run.predictions) == run.record["examples"]["test"]
    assert run.predictions["length"].between(20, 22).all()


def test_predictions_are_read_when_they_are_asked_for(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "r")
    (tmp_path / "r" / "predictions.csv").unlink()
    opened = sm.Run(tmp_path / "r")
    with pytest.raises(sm.InputError, match=r"predictions\.csv"):
        opened.predictions  # noqa: B018


def test_a_notebook_shows_scores_beside_the_baselines_and_the_curve(run):
    shown = run._repr_html_()
    assert "model" in shown
    assert all(name in shown for name in run.baselines)
    assert "<img" in shown
    assert "&lt;i&gt;adding" in shown
    assert "<i>adding" not in shown
    assert "http" not in shown
