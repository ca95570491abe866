"""When a training will be done; with a clock made of paper."""

import time

import numpy as np
import pytest

from seqmodels.training.eta import Eta, Forecast, duration

STEPS, BEGAN = 60, 100.0


class Training:
    """A training on a clock of paper: each step takes a time, and so does each validation."""

    def __init__(self, epochs, *, early=False, rest=4.0, slow=10.0):
        self.now, self.rng = BEGAN, np.random.default_rng(0)
        self.epochs, self.rest, self.slow = epochs, rest, slow
        self.hangs = {}  # extra seconds by moment
        self.eta = Eta(epochs, early=early, clock=lambda: self.now)
        self.eta.begin()

    def moments(self):
        """Go through the training; yields after each step, and after each epoch."""
        for epoch in range(1, self.epochs + 1):
            for done in range(1, STEPS + 1):
                self.now += self.slow if (epoch, done) == (1, 1) else 0.0
                self.now += self.rng.uniform(0.5, 1.5) + self.hangs.get((epoch, done), 0.0)
                self.eta.step(epoch, done, STEPS)
                yield epoch, done
            self.now += self.rest
            self.eta.epoch()
            yield epoch, 0

    def until(self, moment):
        for one in self.moments():
            if one == moment:
                return self.eta.forecast()
        raise AssertionError("the moment never came")


@pytest.mark.parametrize("epochs", [1, 10])
@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.9])
def test_the_end_is_foretold_from_a_part_of_the_training(epochs, fraction):
    how = {"rest": 1.0, "slow": 2.0}
    whole = Training(epochs, **how)
    for _ in whole.moments():
        pass
    took, again = whole.now - BEGAN, Training(epochs, **how)
    for _ in again.moments():
        if again.now - BEGAN >= fraction * took:
            break
    found = again.eta.forecast()
    assert found is not None
    assert abs(again.now + found.left - whole.now) / took < 0.05


def test_one_slow_epoch_does_not_count():
    hung, steady = Training(10), Training(10)
    hung.hangs = {(3, 30): 500.0}
    one, other = hung.until((6, 20)), steady.until((6, 20))
    assert one.left == pytest.approx(other.left, rel=0.05)


def test_nothing_is_foretold_before_steps_that_are_warm():
    training = Training(5)
    for moment in training.moments():
        assert training.eta.forecast() is None
        if moment == (1, 3):
            break


def test_at_the_end_nothing_is_left():
    assert Training(3).until((3, 0)).left == 0


def test_what_is_left_falls_while_time_goes_by():
    training = Training(4)
    found = [training.eta.forecast() for _ in training.moments()]
    left = [one.left for one in found if one]
    assert left[30] > left[130] > left[-1] == 0


def test_a_resumed_training_is_foretold_from_the_middle_of_its_epoch():
    training = Training(6)
    eta = Eta(6, clock=lambda: training.now)
    for epoch, done in training.moments():
        if epoch == 4 and done >= 30:
            eta.step(epoch, done, STEPS)
        if (epoch, done) == (4, 50):
            break
    found = eta.forecast()
    assert found is not None
    assert found.left == pytest.approx(2.17 * STEPS, rel=0.25)


def test_a_forecast_is_one_short_line():
    now = time.mktime((2030, 5, 6, 21, 50, 0, 0, 0, -1))
    said = Forecast(72, 1500, True, 1_440_000_000).describe(now)
    assert said == "72 s an epoch; done at 22:15 at the latest, in 25 min; 1.4 GB"
    assert (
        Forecast(0.42, 12.0, False, None).describe(now) == "0.4 s an epoch; done at 21:50, in 12 s"
    )


def test_a_forecast_beyond_midnight_names_the_day():
    now = time.mktime((2030, 5, 6, 21, 50, 0, 0, 0, -1))
    assert "done at 00:20 on 07 May, in 2 h 30 min" in Forecast(9.0, 9000, False, 0).describe(now)


def test_a_duration_is_said_as_people_do():
    said = [duration(s) for s in (0.42, 9.96, 35, 99, 100, 720, 3599, 3600, 5400)]
    assert said == ["0.4 s", "10 s", "35 s", "99 s", "2 min", "12 min", "1 h", "1 h", "1 h 30 min"]
