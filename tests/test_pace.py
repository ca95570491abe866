"""When a training will be done, and what of it fits into a budget; with a clock made of paper."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seqmodels.core import batches
from seqmodels.core.durations import duration, seconds_of
from seqmodels.core.errors import InputError
from seqmodels.training.allowance import Budget, fitted, process_began
from seqmodels.training.pace import Forecast, Pace, Work

LENGTHS = np.random.default_rng(0).integers(5, 400, 2000)
VALID = np.random.default_rng(1).integers(5, 400, 300)
WORK = Work.of(LENGTHS, VALID, batch_size=32, seed=3, pass_steps=2**14)


class Training:
    """A training on a clock of paper: a step takes a time, and `noise` is laid upon it."""

    def __init__(self, epochs, work=WORK, noise=lambda rng: 1.0, early=False, rest=4.0, slow=10.0):
        self.now, self.rng, self.noise = 100.0, np.random.default_rng(0), noise
        self.epochs, self.work, self.rest, self.slow = epochs, work, rest, slow
        self.pace = Pace(epochs, work, early=early, clock=lambda: self.now)
        self.pace.begin()

    def moments(self):
        """Go through the training; yields after each step, and after each epoch."""
        for epoch in range(1, self.epochs + 1):
            costs = self.work.epoch(epoch - 1)
            for done, cost in enumerate(costs, start=1):
                first = self.slow if (epoch, done) == (1, 1) else 0.0
                self.now += first + (0.005 + cost * 1e-5) * self.noise(self.rng)
                self.pace.step(epoch, done, len(costs))
                yield epoch, done
            self.now += self.rest
            self.pace.epoch()
            yield epoch, 0


def error_of_forecast_at(fraction, **how) -> float:
    """Return the error of the forecast of the end made then, as a share of the real time."""
    whole = Training(**how)
    for _ in whole.moments():
        pass
    again = Training(**how)
    for _ in again.moments():
        if again.now - 100 >= fraction * (whole.now - 100):
            found = again.pace.forecast()
            assert found is not None
            return abs(again.now + found.left - whole.now) / (whole.now - 100)
    raise AssertionError("the moment never came")


@pytest.mark.parametrize("epochs", [1, 10])
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.9])
def test_the_end_is_foretold_from_a_part_of_the_training(epochs, fraction):
    assert error_of_forecast_at(fraction, epochs=epochs, rest=0.4, slow=0.5) < 0.05


def test_a_few_very_slow_steps_do_not_count():
    def stumbles(rng):
        return 60.0 if rng.random() < 0.01 else 1.0

    whole = Training(10)
    for moment in whole.moments():
        if moment == (2, 30):
            whole.noise = lambda rng: 200.0  # the machine hangs for one step
        if moment == (2, 31):
            whole.noise = lambda rng: 1.0
        if moment == (2, 60):
            break
    steady = Training(10)
    for moment in steady.moments():
        if moment == (2, 60):
            break
    hung, smooth = whole.pace.forecast(), steady.pace.forecast()
    assert hung
    assert smooth
    assert hung.left == pytest.approx(smooth.left, rel=0.05)


def test_validation_is_foretold_before_the_first_and_timed_after():
    training = Training(5, rest=50.0)
    moments = training.moments()
    while next(moments) != (1, 40):
        pass
    before = training.pace.forecast()
    while next(moments) != (2, 40):
        pass
    after = training.pace.forecast()
    assert before
    assert after
    assert before.epoch < 20
    assert after.epoch > 50


def test_nothing_is_foretold_before_steps_that_are_warm():
    training = Training(5)
    for moment in training.moments():
        if moment == (1, 3):
            break
        assert training.pace.forecast() is None
    assert training.pace.forecast() is None


def test_at_the_end_nothing_is_left():
    training = Training(3)
    for _ in training.moments():
        pass
    found = training.pace.forecast()
    assert found is not None
    assert found.left == 0


def test_what_is_left_falls_while_time_goes_by():
    training = Training(4)
    left = []
    for _ in training.moments():
        found = training.pace.forecast()
        left += [found.left] if found else []
    assert left[0] > left[len(left) // 2] > left[-1] == 0


def test_a_resumed_training_is_foretold_from_the_middle_of_its_epoch():
    training = Training(6)
    pace = Pace(6, WORK, clock=lambda: training.now)
    for epoch, done in training.moments():
        if epoch < 4 or (epoch == 4 and 0 < done < 30):
            continue
        if done:
            pace.step(epoch, done, len(WORK.epoch(epoch - 1)))
        if (epoch, done) == (4, 50):
            break
    started, found = training.now, pace.forecast()
    for _ in training.moments():
        pass  # a second training on the same clock, to know what an epoch takes
    assert found is not None
    epoch = (training.now - started - training.slow) / 6 - training.rest
    assert found.left == pytest.approx((2 + 13 / 63) * epoch, rel=0.25)


def test_the_work_of_an_epoch_is_that_of_its_batches():
    orders = batches.shuffled(LENGTHS, 32, 3, 1)
    assert WORK.epoch(1).tolist() == [len(rows) * LENGTHS[rows].max() for rows in orders]


def test_padding_is_the_share_of_steps_that_are_not_real():
    assert WORK.padding == pytest.approx(1 - LENGTHS.sum() / WORK.epoch(0).sum())
    one = Work.of(np.full(70, 8), np.full(3, 8), batch_size=32, seed=0, pass_steps=100)
    assert one.padding == 0
    assert one.epoch(0).tolist() == [256, 256, 48]
    assert one.valid == 24


def test_a_forecast_is_one_short_line():
    now = time.mktime((2030, 5, 6, 21, 50, 0, 0, 0, -1))
    said = Forecast(72, 1500, True, 1_440_000_000, 0.123).says(now)
    assert said == "72 s an epoch; done at 22:15 at the latest, in 25 min; 1.4 GB, 12% padding"
    assert len(said) <= 80
    never_padded = Forecast(0.42, 12.0, False, 640_000_000, 0.0).says(now)
    assert never_padded == "0.4 s an epoch; done at 21:50, in 12 s; 0.6 GB"


def test_a_forecast_beyond_midnight_names_the_day():
    now = time.mktime((2030, 5, 6, 21, 50, 0, 0, 0, -1))
    assert "done at 00:20 on 07 May, in 2 h 30 min" in Forecast(9.0, 9000, False, 0, 0).says(now)


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


def test_a_duration_is_said_as_people_do():
    said = [duration(s) for s in (0.42, 9.96, 35, 99, 100, 720, 3599, 3600, 5400)]
    assert said == ["0.4 s", "10 s", "35 s", "99 s", "2 min", "12 min", "1 h", "1 h", "1 h 30 min"]


HOW = {"epochs": 20, "steps": 400, "epoch": 10.0, "rest": 1.0, "after": 5.0}


def cost(fit) -> float:
    return fit.epochs * (HOW["epoch"] * fit.share + HOW["rest"]) + HOW["after"]


@pytest.mark.parametrize("seconds", [20, 40, 61, 100, 150, 240, 1000])
def test_what_fits_stays_within_the_budget(seconds):
    fit = fitted(seconds, **HOW)
    assert fit.epochs >= 1
    assert cost(fit) <= seconds


def test_enough_time_gives_up_nothing():
    fit = fitted(1000, **HOW)
    assert (fit.epochs, fit.share) == (20, 1.0)


def test_epochs_are_given_up_before_examples():
    fit = fitted(150, **HOW)
    assert 5 <= fit.epochs < 20
    assert fit.share == 1.0


def test_examples_are_given_up_when_few_epochs_would_fit():
    fit = fitted(40, **HOW)
    assert fit.epochs == 5
    assert 0.05 <= fit.share < 1


def test_a_budget_is_used():
    for seconds in (40, 100, 150):
        assert cost(fitted(seconds, **HOW)) > 0.7 * seconds


def test_too_little_time_fits_no_epoch():
    assert fitted(6, **HOW).epochs == 0
    assert fitted(-3, **HOW).epochs == 0


def test_no_more_epochs_than_asked_for():
    assert fitted(10_000, **{**HOW, "epochs": 2}).epochs == 2


def test_a_budget_is_late_when_what_is_left_just_ends_the_run():
    now = [0.0]
    budget = Budget("100s", clock=lambda: now[0], kept=20.0)
    now[0] = 91.0
    assert not budget.late(), "of 20 seconds kept, 9 are left"
    now[0] = 93.0
    assert budget.late()
    assert budget.left == 7.0
    assert budget.room == -13.0, "none for simple models"


@pytest.mark.skipif(sys.platform != "linux", reason="known on Linux alone")
def test_a_process_knows_when_it_began():
    before = time.monotonic()
    code = (
        "import time; from seqmodels.training.allowance import process_began as b; "
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
