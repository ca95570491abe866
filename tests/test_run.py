"""From a dataset to a finished run directory, and what goes wrong on the way."""

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm
from seqmodels.core.files import writing
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.runs.launch import resume
from seqmodels.runs.run import rescore

WORDS = ["the", "a", "film", "plot", "was", "and", "with", "of", "cast", "it", "in", "very"]


def moods(n: int, seed: int) -> sm.Examples:
    """Texts that say "good" or "bad" once."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n):
        label = ("bad", "good")[rng.integers(2)]
        words = rng.choice(WORDS, rng.integers(2, 12)).tolist()
        words.insert(int(rng.integers(len(words) + 1)), label)
        texts.append(" ".join(words))
        labels.append(label)
    return sm.Examples(texts, {"mood": labels, "stars": [len(text) for text in texts]})


def dataset() -> sm.Dataset:
    encoder = TextEncoder(words=50, length=12)
    return sm.Dataset(train=moods(300, 1), test=moods(100, 2), encoder=encoder)


QUICK = {"backbone.units": 8, "training.epochs": 2, "training.batch_size": 32}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> sm.Run:
    return sm.train(
        dataset(), head="binary", target="mood", settings={**QUICK, "training.epochs": 8},
        learning_rate=0.01, out=tmp_path_factory.mktemp("runs") / "run", quiet=True,
    )  # fmt: skip


def test_training_beats_the_baseline(run):
    assert run.scores["accuracy"] > 0.95 > run.baselines["majority class"]["accuracy"]


@pytest.mark.parametrize("patience", [0, 2])
def test_the_epoch_whose_weights_are_kept_is_named_where_it_is_not_the_last(
    tmp_path, capfd, patience
):
    found = sm.train(
        dataset(), head="binary", target="mood", out=tmp_path / "r", learning_rate=0.1,
        settings={**QUICK, "training.epochs": 20, "training.patience": patience}, baselines=False,
    )  # fmt: skip
    losses = found.history["valid_loss"]
    best = int(losses.argmin()) + 1
    assert best < len(losses), "or there is nothing to name"
    named = f"Epoch {best} was the best on validation: its weights are kept."
    assert (named in capfd.readouterr().err) == (patience > 0)


def test_a_run_directory_is_complete(run):
    assert sorted(path.name for path in run.path.iterdir()) == [
        "history.csv", "model", "predictions.csv", "report.html", "run.json", "scores.json",
    ]  # fmt: skip
    record = json.loads((run.path / "run.json").read_text())
    assert record["status"] == "complete"
    assert record["examples"] == {"train": 270, "valid": 30, "test": 100}
    assert {"tensorflow", "keras", "numpy", "python"} <= set(record["versions"])
    assert len(run.history) == 8


@pytest.mark.parametrize("name", ["run.json", "scores.json", "history.csv"])
@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 1}', b"epoch,loss\n1,x\n", None])
def test_a_damaged_file_of_a_run_is_named(run, tmp_path, name, damage):
    shutil.copytree(run.path, tmp_path / "r")
    if damage is None:
        (tmp_path / "r" / name).unlink()
    else:
        (tmp_path / "r" / name).write_bytes(damage)
    with pytest.raises(sm.InputError, match=re.escape(name)):
        sm.Run(tmp_path / "r")


@pytest.mark.parametrize("place", ["examples", "fingerprint"])
def test_a_part_of_another_name_in_run_json_is_named(run, tmp_path, place):
    shutil.copytree(run.path, tmp_path / "r")
    record = json.loads((tmp_path / "r" / "run.json").read_text())
    record[place]["tess"] = record[place].pop("test")
    (tmp_path / "r" / "run.json").write_text(json.dumps(record))
    with pytest.raises(sm.InputError, match=rf"run.json is damaged: {place}.tes"):
        sm.Run(tmp_path / "r")


def test_every_prediction_of_the_test_part_is_written(run):
    with (run.path / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    hits = np.mean([row["target"] == row["answer"] for row in rows])
    assert len(rows) == 100
    assert hits == pytest.approx(run.scores["accuracy"])
    assert float(rows[0]["p(bad)"]) + float(rows[0]["p(good)"]) == pytest.approx(1, abs=1e-5)


def test_the_report_is_one_page_that_needs_no_network(run):
    page = (run.path / "report.html").read_text()
    assert "majority class" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<img") >= 3


def test_a_finished_run_opens_again_with_the_same_answers(run):
    again = sm.Run(run.path)
    assert again.scores == run.scores
    assert again.history.equals(run.history)
    texts = ["a good film", "very bad"]
    assert again.predict(texts).answers.tolist() == ["good", "bad"]
    assert sm.load(run.path).predict(texts).answers.tolist() == ["good", "bad"]


def test_a_dataset_of_several_targets_needs_to_be_told_which():
    with pytest.raises(sm.InputError, match=r"has the targets 'mood', 'stars'.*--target"):
        sm.train(dataset(), head="binary", quiet=True)


def test_a_dataset_in_memory_needs_a_head():
    with pytest.raises(sm.InputError, match="Name a head: binary, multiclass, regression"):
        sm.train(dataset(), quiet=True)


def test_regression_reads_another_target_of_the_same_dataset(tmp_path):
    found = sm.train(
        dataset(), head="regression", target="stars", settings=QUICK, out=tmp_path / "r", quiet=True
    )
    assert set(found.baselines) == {"mean", "length only", "bag of words"}
    assert found.scores["mae"] > 0


def test_a_head_and_a_backbone_may_be_given_as_values(tmp_path):
    found = sm.train(
        dataset(), head=sm.Binary(positive="bad"), target="mood", backbone=sm.Backbone(units=4),
        epochs=1, limit=50, out=tmp_path / "r", quiet=True,
    )  # fmt: skip
    assert found.model.head.classes == ("good", "bad")
    assert found.model.backbone == sm.Backbone(units=4)
    assert found.record["examples"] == {"train": 50, "valid": 30, "test": 50}


def test_a_run_directory_is_never_written_over(run):
    with pytest.raises(sm.InputError, match="exists"):
        sm.train(dataset(), head="binary", target="mood", out=run.path, quiet=True)


def test_runs_without_a_name_take_the_next_free_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "in-memory-binary-1").mkdir(parents=True)
    found = sm.train(dataset(), head="binary", target="mood", settings=QUICK, limit=40, quiet=True)
    assert found.path.name == "in-memory-binary-2"


def test_scaled_errors_and_naive_forecasts_stand_beside_the_score(tmp_path):
    rng = np.random.default_rng(0)
    level = np.cumsum(rng.normal(size=400))[:, None]

    def part(start: int, stop: int) -> sm.Examples:
        places = np.arange(start, stop - 10)
        windows = sm.Sequences(level, places, np.full(len(places), 10))
        last = level[places + 9, 0]
        return sm.Examples(
            windows, {"level": level[places + 10, 0]}, {"level": {"last value": last}}
        )

    data = sm.Dataset(
        train=part(0, 250), valid=part(250, 320), test=part(320, 400), encoder=SeriesEncoder()
    )
    found = sm.train(data, head="regression", settings=QUICK, out=tmp_path / "r", quiet=True)
    rivals = {"simple statistics", "linear on the steps"}
    assert set(found.baselines) == {"mean", "last value", *rivals}
    assert found.scores["mase"] > 0
    assert found.baselines["last value"]["mase"] == pytest.approx(1, rel=0.5)


def test_the_score_can_be_taken_again(tmp_path, monkeypatch):
    found = sm.train("adding", settings={**QUICK, "dataset.n": 200, "dataset.length": 20},
                     out=tmp_path / "r", quiet=True)  # fmt: skip
    again, evaluation, same = rescore(tmp_path / "r")
    assert same
    assert evaluation.scores == pytest.approx(found.scores)
    assert again.path == found.path


def test_a_learning_rate_far_too_high_is_refused_with_a_cause(tmp_path):
    with pytest.raises(sm.InputError, match=r"(?s)step \d+ of epoch \d+.*learning rate 1e\+30"):
        sm.train("adding", settings={**QUICK, "dataset.n": 200, "dataset.length": 20,
                 "training.clip": None, "backbone.summary": "max"}, learning_rate=1e30,
                 out=tmp_path / "r", quiet=True)  # fmt: skip


def test_a_full_disk_while_training_keeps_what_was_asked(tmp_path, monkeypatch):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(sm.InputError, match=r"No space left on device.*--resume"):
        sm.train(dataset(), head="binary", target="mood", settings=QUICK, out=tmp_path / "r",
                 quiet=True)  # fmt: skip
    assert [one.name for one in (tmp_path / "r" / "checkpoints").iterdir()] == ["lock"]
    monkeypatch.undo()
    finished = resume(tmp_path / "r", dataset=dataset(), quiet=True)
    assert finished.scores["accuracy"] > 0


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text("before")

    def fail() -> None:
        with writing(path) as file:
            file.write("half of")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["scores.json"]


def test_a_stopped_run_says_what_is_kept_and_goes_on_to_the_same_weights(tmp_path):
    command = [sys.executable, "-m", "seqmodels", "train", "adding", "--epochs", "6",
               "--set", "dataset.n=1500", "--set", "backbone.units=8"]  # fmt: skip
    whole = tmp_path / "whole"
    subprocess.run([*command, "--out", str(whole), "--quiet"], check=True, capture_output=True)
    broken = tmp_path / "broken"
    process = subprocess.Popen(
        [*command, "--out", str(broken)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list(broken.glob("checkpoints/000002-*.npz")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert f"seqmodels train --resume {broken}" in said
    assert "Traceback" not in said
    with pytest.raises(sm.InputError, match="did not finish"):
        sm.load(broken)
    finished = resume(broken, quiet=True)
    whole_weights = np.load(whole / "model" / "weights.npz")
    weights = np.load(broken / "model" / "weights.npz")
    assert all(np.array_equal(whole_weights[name], weights[name]) for name in whole_weights.files)
    assert finished.scores == sm.Run(whole).scores


def test_a_folder_that_is_no_run_is_told_what_to_give_instead(tmp_path):
    for opened in (sm.load, sm.Run):
        with pytest.raises(sm.InputError, match="`seqmodels train` has made, such as runs/NAME"):
            opened(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{}")
    for opened in (sm.load, sm.Run):
        with pytest.raises(sm.InputError, match=rf"holds runs: '{tmp_path}/mine'\. Give one"):
            opened(tmp_path)


def test_a_run_whose_data_changed_is_not_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "savez", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(sm.InputError):
        sm.train(dataset(), head="binary", target="mood", settings=QUICK, out=tmp_path / "r",
                 quiet=True)  # fmt: skip
    monkeypatch.undo()
    other = sm.Dataset(train=moods(300, 9), test=moods(100, 2), encoder=dataset().encoder)
    with pytest.raises(sm.InputError, match="are not those it was trained on"):
        resume(tmp_path / "r", dataset=other, quiet=True)


def test_a_finished_run_has_nothing_to_go_on_with(run):
    with pytest.raises(sm.InputError, match="is finished"):
        resume(run.path)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ("one text", "needs a list"),
        ([], "nothing to predict"),
        (["good", ""], "1"),
        (pd.DataFrame({"text": ["good", "bad"]}), r"got a DataFrame.*predict\(table\['text'\]\)"),
        ({"text": ["good", "bad"]}, "got a dict"),
        (np.arange(5.0), r"one sequence.*predict\(\[x\]\)"),
    ],
)
def test_inputs_that_cannot_be_read_are_refused(run, inputs, says):
    with pytest.raises(sm.InputError, match=says):
        run.predict(inputs)


def test_an_input_that_cannot_be_read_is_told_by_its_row_in_the_dataset():
    texts, words = moods(60, 1), ["a good film"] * 10
    broken = sm.Examples([*texts.inputs[:40], "", *texts.inputs[41:]], texts.targets)
    test = sm.Examples(words, {"mood": ["good", "bad"] * 5, "stars": list(range(10))})
    data = sm.Dataset(train=broken, test=test, encoder=TextEncoder())
    with pytest.raises(sm.InputError, match=r"In the train part: .*\b40\b"):
        sm.train(data, head="binary", target="mood", quiet=True)
