"""A run within a budget of time: when it stops, what it keeps, and that it can be repeated."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.evaluation.baselines import Simple
from seqmodels.heads import Binary
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.runs.launch import repeat, resume
from seqmodels.runs.reproducibility import differences
from seqmodels.training import loop
from seqmodels.training.config import Training
from seqmodels.training.eta import Eta
from seqmodels.training.max_time import Budget, MaxTime, process_began, seconds_of
from seqmodels.training.part import Part

QUICK = {"quiet": True, "baselines": False}
RNG = np.random.default_rng(0)


def part(count):
    lengths = RNG.integers(3, 9, count)
    values = RNG.normal(size=(lengths.sum(), 2)).astype(np.float32)
    starts = np.cumsum(lengths) - lengths
    targets = RNG.integers(0, 2, (count, 1)).astype(np.float32)
    return Part(Sequences(values, starts, lengths), targets)


TRAIN, VALID = part(640), part(60)


def fit_within(seconds, epochs=6, patience=0, pace=lambda epoch: 1.0):
    """Train six epochs of twenty steps, on a clock that a step moves; return what came of it."""
    now = [0.0]
    encoder = SeriesEncoder().fit([np.zeros((3, 2)), np.ones((3, 2))])
    made = SequenceModel(encoder, sm.Backbone(units=2), Binary().fit(["a", "b"]), seed=0)

    class Ticking(MaxTime):
        def step(self, epoch, *args):
            now[0] += pace(epoch)
            super().step(epoch, *args)

    watch = Ticking(Budget(f"{seconds}s", 0.0, lambda: now[0]), epochs)
    settings = Training(epochs=epochs, patience=patience, batch_size=32, learning_rate=0.01)
    history = loop.fit(
        made.network, made.head, TRAIN, VALID, settings, seed=0, folder=None, watch=watch
    )
    return history, [np.array(w) for w in made.network.get_weights()], watch


def test_a_training_that_fits_is_not_stopped():
    history, _, watch = fit_within(200)
    assert len(history) == 6
    assert watch.stopped is None


def test_a_training_stops_after_the_last_epoch_that_fits():
    history, _, watch = fit_within(90)  # of which 19 are kept
    assert len(history) == 3
    assert watch.stopped == "after epoch 3"


def test_a_stopped_training_has_the_weights_of_its_best_epoch():
    """Those of one that was asked for as many epochs, with patience enough to take the best."""
    history, stopped, _ = fit_within(90)
    same, asked, _ = fit_within(1000, epochs=3, patience=3)
    assert [row["valid_loss"] for row in history] == [row["valid_loss"] for row in same]
    assert all((a == b).all() for a, b in zip(stopped, asked, strict=True))


def test_a_machine_that_becomes_slow_stops_a_training_in_the_middle_of_an_epoch():
    history, _, watch = fit_within(90, pace=lambda epoch: 1.0 if epoch < 3 else 10.0)
    assert len(history) == 2
    assert watch.stopped == "in epoch 3, after 4 of 20 steps"


def test_of_a_first_epoch_that_does_not_fit_the_part_that_does_is_kept():
    history, _, watch = fit_within(10)  # of which 5 are kept
    assert len(history) == 1
    assert watch.stopped == "in epoch 1, after 6 of 20 steps"


def test_time_is_kept_for_scores_and_report():
    now = [0.0]
    budget = Budget("100s", 0.0, lambda: now[0])
    assert (budget.reserve, budget.room) == (20.0, 80.0)
    now[0] = 91.0
    assert not budget.late(), "of 20 seconds kept, 9 are left"
    now[0] = 93.0
    assert budget.late()
    assert (budget.left, budget.room) == (7.0, -13.0)
    assert Budget("6s", 0.0, lambda: 0.0).reserve == 3.0, "half at most"


def test_too_little_time_is_refused_with_what_is_enough():
    with pytest.raises(InputError, match=r"A budget of 20s is too short.*Give at least") as told:
        Budget("20s", 0.0, lambda: 12.0).refuse_short()
    least = str(told.value).rsplit("--budget ", 1)[1].rstrip(".")
    Budget(least, 0.0, lambda: 12.0).refuse_short()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("90s", 90), ("1h30m", 5400), ("2h", 7200), ("1.5m", 90), ("1h1m1s", 3661)],
)
def test_a_budget_is_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "ten", "-5m", "0s", "0m", "5d", "30m1h", "1 h", "m", "nan"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="such as 10m"):
        seconds_of(text)


def test_a_budget_must_be_a_time():
    with pytest.raises(InputError, match="such as 10m"):
        sm.train("digits", budget="soon")


def stops_after(epoch, monkeypatch):
    def stops(self, row):
        if row["epoch"] == epoch:
            self.stopped = f"after epoch {epoch}"
            raise loop.Enough

    monkeypatch.setattr(MaxTime, "epoch", stops)


HOW = {"epochs": 5, "limit": 60, "settings": {"training.patience": 0, "training.decay": 1.0}}


def test_a_run_that_its_budget_stops_is_repeated_to_where_it_came(tmp_path, monkeypatch):
    stops_after(2, monkeypatch)
    run = sm.train("reber", **HOW, budget="2h", out=tmp_path / "a", **QUICK)
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["budget"] == {
        "asked": "2h", "epochs": 2, "of_epochs": 5, "stopped": "after epoch 2",
    }  # fmt: skip
    assert len(run.history) == record["training"]["epochs"] == 2
    again = repeat(tmp_path / "a", out=tmp_path / "b", quiet=True)
    assert again.scores == run.scores
    assert again.record["budget"] == run.record["budget"]


def test_a_budget_runs_again_when_its_run_is_resumed(tmp_path, monkeypatch):
    def interrupted(self, row):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MaxTime, "epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sm.train("reber", **HOW, budget="1h", out=tmp_path / "a", **QUICK)
    stops_after(3, monkeypatch)
    run = resume(tmp_path / "a", quiet=True)
    assert len(run.history) == run.record["budget"]["epochs"] == 3
    assert run.record["budget"]["asked"] == "1h"


def test_a_run_stopped_within_its_first_epoch_says_that_it_cannot_be_repeated_exactly(
    tmp_path, monkeypatch
):
    of_step = MaxTime.step

    def stops(self, *args):
        self.budget = Budget("1s", 0.0, lambda: 9.0)  # the time is over
        of_step(self, *args)

    monkeypatch.setattr(MaxTime, "step", stops)
    run = sm.train("reber", epochs=5, limit=60, budget="2h", out=tmp_path / "a", **QUICK)
    told = differences(run.record, run.record)
    assert len(told) == 1
    assert "stopped it in epoch 1, after 1 of " in told[0]
    assert "cannot be repeated exactly" in told[0]
    later = run.record | {"budget": run.record["budget"] | {"stopped": "in epoch 12, after 1 of 2"}}
    assert differences(later, later) == []
    repeated = run.record | {"like": {"run": "a", "differs": told}}
    assert differences(repeated, repeated) == [], "that one has trained the whole epoch"
    shared = run.record | {"budget": {"asked": "1m", "examples": 30, "of_examples": 60}}
    assert "trained 30 of 60 examples" in differences(shared, shared)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="known on Linux alone")
def test_a_process_knows_when_it_began():
    before = time.monotonic()
    code = (
        "import time; from seqmodels.training.max_time import process_began as b; "
        "print(b(), time.monotonic())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    began, after = map(float, out.stdout.split())
    assert before - 0.05 <= began < after
    assert began - before < after - began, "before it imported anything"


@pytest.mark.parametrize("told", ["nonsense", "1 (a) S 2"])
def test_a_machine_that_does_not_tell_when_a_process_began_is_believed_nothing(told, monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *a, **k: told)
    assert process_began() is None


def test_simple_models_may_take_part_of_what_is_kept_for_the_end():
    now = [0.0]
    budget = Budget("20s", 0.0, lambda: now[0])
    now[0] = 20.0 - budget.reserve
    assert budget.room == 0
    assert budget.spare > 5


def test_the_end_is_foretold_within_the_budget():
    now = [0.0]
    eta = Eta(1000, clock=lambda: now[0], room=lambda: 30.0)
    eta.begin()
    for epoch in (1, 2):
        now[0] += 1
        eta.step(epoch, 1, 1)
        eta.epoch()
    found = eta.forecast()
    assert found is not None
    assert found.left == 30.0
    assert found.at_most


def test_a_simple_model_that_a_budget_leaves_out_is_a_warning_of_the_run(tmp_path, monkeypatch):
    budget, given = Budget("1h", 0.0, lambda: 0.0), []

    def simple(*values, seconds, **named):
        given.append(seconds)
        return Simple({}, (), 0.0, ("simple statistics",))

    monkeypatch.setattr("seqmodels.runs.pipeline.simple", simple)
    run = sm.train("digits", limit=60, epochs=1, out=tmp_path / "run", budget=budget, quiet=True)
    assert given == [budget.spare], "more than is left for training"
    assert any("'simple statistics'" in line for line in run.record["doubts"])
