"""A run within a budget of time: what is given up for it, and that it can be repeated."""

import json

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.heads import Binary
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.runs.launch import repeat, resume
from seqmodels.runs.likeness import differences
from seqmodels.training import budget as budgets
from seqmodels.training import loop
from seqmodels.training.allowance import Budget
from seqmodels.training.budget import Deadline, decided, says, share
from seqmodels.training.pace import Pace
from seqmodels.training.plan import Training
from seqmodels.training.progress import Reporter

QUICK = {"quiet": True, "baselines": False}
RNG = np.random.default_rng(0)


def part(count):
    lengths = RNG.integers(3, 9, count)
    values = RNG.normal(size=(lengths.sum(), 2)).astype(np.float32)
    starts = np.cumsum(lengths) - lengths
    return loop.Part(
        Sequences(values, starts, lengths), RNG.integers(0, 2, (count, 1)).astype(np.float32)
    )


ENCODED = {"train": part(640), "valid": part(60), "test": part(60)}


@pytest.fixture
def clock(monkeypatch):
    """A clock that each training step moves by a second, and nothing else does."""
    monkeypatch.setattr(budgets, "_drawn", lambda: 0.1)  # seconds of a figure, on any machine
    now = [0.0]
    of_step = Pace.step

    def step(self, *args):
        now[0] += 1.0
        of_step(self, *args)

    monkeypatch.setattr(Pace, "step", step)
    monkeypatch.setattr(Pace, "__init__", _with_clock(Pace.__init__, lambda: now[0]))
    return now


def _with_clock(init, clock):
    def made(self, *args, **how):
        init(self, *args, **{**how, "clock": clock})

    return made


def model():
    encoder = SeriesEncoder().fit([np.zeros((3, 2)), np.ones((3, 2))])
    return SequenceModel(encoder, sm.Backbone(units=2), Binary().fit(["a", "b"]), seed=0)


def decision(clock, asked, **settings):
    """Return what is decided where a step takes a second, and an epoch has twenty."""
    made = model()
    budget = Budget(asked, clock=lambda: clock[0])
    wanted = Training(batch_size=32, **{"epochs": 30, **settings})
    return decided(budget, lambda: model().network, made.head, ENCODED, wanted, 0)


def test_enough_time_gives_up_nothing(clock):
    found = decision(clock, "1h")
    assert (found["epochs"], found["examples"]) == (30, 640)
    assert says(found) == "Budget of 1h: nothing is given up."


def test_epochs_are_given_up_to_fit(clock):
    found = decision(clock, "5m")
    assert 8 <= found["epochs"] <= 13, "300 seconds, some for timing and the report, 21 an epoch"
    assert found["examples"] == 640
    assert says(found) == f"Budget of 5m: {found['epochs']} of 30 epochs at most."


def test_too_little_time_is_refused_with_what_is_enough(clock):
    with pytest.raises(InputError, match=r"A budget of 30s is too short.*Give at least") as told:
        decision(clock, "30s")
    least = str(told.value).rsplit("--budget ", 1)[1].rstrip(".")
    clock[0] = 0.0
    assert decision(clock, least)["epochs"] >= 1


def test_examples_are_given_up_when_few_epochs_would_fit(clock, monkeypatch):
    monkeypatch.setattr(budgets, "fitted", lambda *a, **k: budgets_fit(2, 0.5))
    found = decision(clock, "2m")
    assert says(found) == "Budget of 2m: 2 of 30 epochs at most, 320 of 640 training examples."


def budgets_fit(epochs, part_of):
    from seqmodels.training.allowance import Fit

    return Fit(epochs, part_of)


def test_the_drawn_examples_are_the_same_for_the_same_seed():
    whole = ENCODED["train"]
    one, same, other = share(whole, 100, 1), share(whole, 100, 1), share(whole, 100, 2)
    assert one.sequences.starts.tolist() == same.sequences.starts.tolist()
    assert one.sequences.starts.tolist() != other.sequences.starts.tolist()
    assert len(one.y) == len(set(one.sequences.starts.tolist())) == 100
    assert share(whole, 640, 1) is whole


def fit_until(second, epochs=6, patience=0, per_step=1.0):
    """Train six epochs of twenty steps, on a clock that a step moves; return what came of it."""
    now, made, reporter = [0.0], model(), Reporter(epochs, quiet=True)
    reporter.pace = Pace(epochs, clock=lambda: now[0])
    budget = Budget(f"{second}s", clock=lambda: now[0])

    class Ticking(Deadline):
        def step(self, *args):
            now[0] += per_step
            super().step(*args)

    watch = Ticking(reporter, budget, epochs)
    settings = Training(epochs=epochs, patience=patience, batch_size=32, learning_rate=0.01)
    history = loop.fit(
        made.network, made.head, ENCODED["train"], ENCODED["valid"], settings,
        seed=0, folder=None, watch=watch,
    )  # fmt: skip
    return history, [np.array(w) for w in made.network.get_weights()], watch


def test_a_training_that_fits_is_not_stopped():
    history, _, watch = fit_until(121)
    assert len(history) == 6
    assert watch.stopped is None


def test_a_training_stops_after_the_last_epoch_that_fits():
    history, _, watch = fit_until(70)
    assert len(history) == 3
    assert watch.stopped == "after epoch 3"


def test_a_stopped_training_has_the_weights_of_its_best_epoch():
    """Those of one that was asked for as many epochs, with patience enough to take the best."""
    history, stopped, _ = fit_until(70)
    same, asked, _ = fit_until(1000, epochs=3, patience=3)
    assert [row["valid_loss"] for row in history] == [row["valid_loss"] for row in same]
    assert all((a == b).all() for a, b in zip(stopped, asked, strict=True))


def test_a_machine_that_becomes_slow_stops_a_training_in_the_middle_of_an_epoch():
    now, made, reporter = [0.0], model(), Reporter(6, quiet=True)
    reporter.pace = Pace(6, clock=lambda: now[0])

    class Slower(Deadline):
        def step(self, epoch, done, *args):
            now[0] += 1.0 if epoch < 3 else 10.0
            super().step(epoch, done, *args)

    watch = Slower(reporter, Budget("70s", clock=lambda: now[0]), 6)
    history = loop.fit(
        made.network, made.head, ENCODED["train"], ENCODED["valid"],
        Training(epochs=6, batch_size=32), seed=0, folder=None, watch=watch,
    )  # fmt: skip
    assert len(history) == 2
    assert watch.stopped == "in epoch 3, after 4 of 20 steps"


def test_a_machine_that_becomes_slow_is_left_more_time_for_scores_and_report():
    now, reporter = [0.0], Reporter(6, quiet=True)
    reporter.pace = Pace(6, clock=lambda: now[0])
    budget = Budget("1000s", clock=lambda: now[0], kept=20.0, rate=1.0)
    watch = Deadline(reporter, budget, 6)
    for done in range(1, 41):
        now[0] += 1.0
        watch.step(1, done, 100, dict)
    assert budget.kept == 20.0, "as fast as it was"
    for done in range(41, 101):
        now[0] += 4.0
        watch.step(1, done, 100, dict)
    assert budget.kept == pytest.approx(80.0)
    now[0] = 1000 - 85.0  # less than the 80 seconds and a tenth
    with pytest.raises(loop.Enough):
        watch.step(2, 1, 100, dict)


def test_of_a_first_epoch_that_does_not_fit_the_part_that_does_is_kept():
    history, _, watch = fit_until(5)
    assert len(history) == 1
    assert watch.stopped == "in epoch 1, after 6 of 20 steps"


def test_a_budget_must_be_a_time():
    with pytest.raises(InputError, match="such as 10m"):
        sm.train("digits", budget="soon")


def test_a_run_with_a_budget_is_repeated_with_what_was_decided(tmp_path, monkeypatch):
    """What fits depends on the machine, so that the test says it; all else is real."""
    monkeypatch.setattr(budgets, "fitted", lambda *a, **k: budgets_fit(2, 0.5))
    run = sm.train("reber", epochs=50, limit=60, budget="1h", out=tmp_path / "a", **QUICK)
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["budget"] == {
        "asked": "1h", "epochs": 2, "of_epochs": 50, "examples": 30, "of_examples": 60,
        "stopped": None,
    }  # fmt: skip
    assert record["training"]["epochs"] == len(run.history) == 2
    again = repeat(tmp_path / "a", out=tmp_path / "b", quiet=True)
    assert again.scores == run.scores
    assert again.record["budget"] == run.record["budget"]
    whole = sm.train("reber", epochs=2, limit=60, out=tmp_path / "c", **QUICK)
    assert whole.scores != run.scores, "with all examples it is another training"


def test_a_run_that_its_budget_stops_is_repeated_to_where_it_came(tmp_path, monkeypatch):
    def stops(self, row):
        self.reporter.epoch(row)
        if row["epoch"] == 2:
            self.stopped = "after epoch 2"
            raise loop.Enough

    monkeypatch.setattr(Deadline, "epoch", stops)
    how = {"epochs": 5, "limit": 60, "settings": {"training.patience": 0}}
    run = sm.train("reber", **how, budget="2h", out=tmp_path / "a", **QUICK)
    assert len(run.history) == run.record["training"]["epochs"] == 2
    assert run.record["budget"]["stopped"] == "after epoch 2"
    again = repeat(tmp_path / "a", out=tmp_path / "b", quiet=True)
    assert again.scores == run.scores


def test_a_budgeted_run_is_resumed_as_was_decided_and_looks_at_no_clock(tmp_path, monkeypatch):
    def interrupted(self, row):
        if row["epoch"] == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(budgets, "fitted", lambda *a, **k: budgets_fit(3, 0.5))
    monkeypatch.setattr(Deadline, "epoch", interrupted)
    how = {"epochs": 50, "limit": 60, "settings": {"training.patience": 0}}
    with pytest.raises(KeyboardInterrupt):
        sm.train("reber", **how, budget="1h", out=tmp_path / "a", **QUICK)
    monkeypatch.setattr(budgets, "decided", None)  # whoever asks again fails
    monkeypatch.setattr(budgets, "Deadline", type(None))
    run = resume(tmp_path / "a", quiet=True)
    assert len(run.history) == 3
    assert (run.record["budget"]["epochs"], run.record["budget"]["examples"]) == (3, 30)


def test_a_run_stopped_within_its_first_epoch_says_that_it_cannot_be_repeated_exactly(
    tmp_path, monkeypatch
):
    of_step = Deadline.step

    def stops(self, *args):
        self.budget.kept = float("inf")  # the time is over
        of_step(self, *args)

    monkeypatch.setattr(Deadline, "step", stops)
    run = sm.train("reber", epochs=5, limit=60, budget="2h", out=tmp_path / "a", **QUICK)
    told = differences(run.record, run.record)
    assert len(told) == 1
    assert "stopped it in epoch 1, after 1 of " in told[0]
    assert "cannot be repeated exactly" in told[0]
    later = run.record | {"budget": run.record["budget"] | {"stopped": "in epoch 12, after 1 of 2"}}
    assert differences(later, later) == []
    repeated = run.record | {"like": {"run": "a", "differs": told}}
    assert differences(repeated, repeated) == [], "that one has trained the whole epoch"


def test_a_tight_budget_trains_one_short_epoch_and_leaves_explanations_out(monkeypatch):
    """Steps take no time here, the first one and figures do, so that it is known what fits."""
    monkeypatch.setattr(budgets, "_timed", lambda *a: (2.0, 1e-4))
    monkeypatch.setattr(budgets, "_drawn", lambda: 0.1)
    made, wanted = model(), Training(batch_size=32, epochs=30)

    def given(seconds):
        budget = Budget(f"{seconds}s", clock=lambda: 0.0)
        return budget, decided(budget, lambda: None, made.head, ENCODED, wanted, 0)

    ample, tight = given(20), given(5)
    assert ample[0].kept - tight[0].kept > 2.0, "what explanations take"
    assert ample[1]["epochs"] > tight[1]["epochs"] >= 1
    with pytest.raises(InputError, match="too short"):
        given(3)
