"""A search reads no test part, and repeats with its seed."""

import time

import numpy as np
import pytest
from searches import QUICK, SMALL, Fake, dataset, examples, made, tuned

import seqmodels as sm
from seqmodels import tuning
from seqmodels.encoders import SeriesEncoder
from seqmodels.training.config import Training
from seqmodels.training.nan_guard import NotFiniteError
from seqmodels.training.settings import resolve
from seqmodels.tuning import objective, search
from seqmodels.tuning.watching import Watching

pytest.importorskip("optuna")


# --- the test part


class Untouchable:
    """Has a length; whoever looks inside is told off."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        raise AssertionError("The test part was read.")

    def __iter__(self):
        raise AssertionError("The test part was read.")

    def __array__(self, *rest, **more):
        raise AssertionError("The test part was read.")


@pytest.mark.parametrize("limit", [None, 20])
def test_the_test_part_is_never_read(tmp_path, limit):
    hidden = sm.Examples(Untouchable(30), {"label": Untouchable(30)})
    data = dataset(test=hidden)
    found = tuned(tmp_path / "t", dataset=data, trials=1, limit=limit, settings=QUICK, search=SMALL)
    assert found.trials.state.tolist() == ["complete"]
    with pytest.raises(AssertionError, match="was read"):  # the guard does guard
        sm.train(data, settings=QUICK, out=tmp_path / "r", quiet=True)


def test_other_test_examples_change_nothing(tmp_path):
    one = tuned(tmp_path / "1", dataset=dataset(), trials=2, settings=QUICK, search=SMALL)
    other = dataset(test=examples(17, 99))
    two = tuned(tmp_path / "2", dataset=other, trials=2, settings=QUICK, search=SMALL)
    columns = ["valid_loss", "valid_score"]
    assert one.trials[columns].equals(two.trials[columns])


def test_the_value_is_the_loss_of_the_weights_that_a_run_keeps(sums):
    plan = resolve(
        "sums", head="binary", settings={**QUICK, "training.epochs": 4, "training.patience": 4}
    )
    rows = []
    watch = Watching(lambda epoch, loss: rows.append(loss), show=lambda row: None)
    outcome = objective.Objective(plan)({"training.learning_rate": 0.9}, watch)
    assert outcome.value == min(rows)
    assert outcome.epoch == 1 + rows.index(min(rows))
    rows.clear()
    outcome = objective.Objective(plan)(
        {"training.learning_rate": 0.9, "training.patience": 0}, watch
    )
    assert outcome.value == rows[-1]


# --- data


def test_the_data_are_read_once_for_each_of_the_datasets_settings_as_memory_allows(sums):
    plan = resolve("sums", head="binary", settings={**QUICK, "training.epochs": 1})
    watch = Watching(lambda epoch, loss: False)
    for memory, read in ((2**30, [40, 60]), (0, [40, 60, 40])):
        made.calls.clear()
        train = objective.Objective(plan, memory=memory)
        for size in (40, 60, 40):
            train({"dataset.size": size}, watch)
        assert [size for size, _ in made.calls] == read
        assert len(train._read) == (2 if memory else 1)


# --- trials


def test_the_same_seed_tries_the_same(sums, fake, tmp_path):
    one, two = (tuned(tmp_path / name, trials=14).trials for name in "ab")
    assert one.drop(columns="seconds").equals(two.drop(columns="seconds"))
    other = tuned(tmp_path / "c", trials=14, seed=1).trials
    assert one["training.learning_rate"].tolist() != other["training.learning_rate"].tolist()


def test_the_first_trial_is_what_a_run_would_do(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=1, settings={"training.epochs": 9})
    assert found.best["training.learning_rate"] == Training().learning_rate
    assert found.best["backbone.units"] == sm.Backbone().units
    assert found.best["dataset.size"] == 60


def test_a_search_beats_its_first_trials(sums, fake, tmp_path):
    rates = tuned(tmp_path / "t", trials=30).trials["training.learning_rate"]
    away = np.abs(np.log(rates.to_numpy() / 1e-2))
    assert np.median(away[20:]) < np.median(away[1:11])
    assert away.min() < 0.1


def test_bad_trials_are_given_up_and_count(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=30).trials
    assert len(found) == 30
    assert set(found.state) == {"complete", "pruned"}
    given_up = found[found.state == "pruned"]
    assert (given_up.epochs < 3).all()
    assert given_up.valid_loss.median() > found[found.state == "complete"].valid_loss.median()


def test_a_loss_that_is_not_finite_fails_one_trial(sums, fake, tmp_path):
    class Burns(Fake):
        def loss(self, settings):
            if settings["backbone.layers"] == 2:
                raise NotFiniteError("The loss became nan.")
            return super().loss(settings)

    fake.setattr(objective, "Objective", Burns)
    fake.setattr(search, "IN_A_ROW", 20)
    found = tuned(tmp_path / "t", trials=10).trials
    failed = found[found.state == "failed"]
    assert len(failed)
    assert set(failed.why) == {"The loss became nan."}
    assert (found.state.isin(["complete", "pruned"])).sum() == 10


def test_a_real_loss_that_is_not_finite_fails_its_trial(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "IN_A_ROW", 1)
    with pytest.raises(sm.InputError, match="1 trial"):
        tuned(
            tmp_path / "t", dataset=dataset(), search=SMALL,
            settings={**QUICK, "training.learning_rate": 1e38, "training.clip": None},
        )  # fmt: skip
    assert "training.learning_rate" in tuning.Tuning(tmp_path / "t").trials.why[0]


def test_trial_after_trial_that_fails_ends_the_search(sums, fake, tmp_path):
    class Broken(Fake):
        def loss(self, settings):
            raise sm.InputError("No such column.")

    fake.setattr(objective, "Objective", Broken)
    with pytest.raises(sm.InputError, match=r"5 trials.*No such column"):
        tuned(tmp_path / "t")
    assert tuning.Tuning(tmp_path / "t").trials.state.tolist() == ["failed"] * 5


def test_the_time_can_be_limited(sums, fake, tmp_path):
    class Slow(Fake):
        def __call__(self, settings, watch):
            for step in range(1000):
                time.sleep(0.01)
                watch.step(1, step, 1000, dict)
            raise AssertionError("Nobody stopped this.")

    fake.setattr(objective, "Objective", Slow)
    found = tuned(tmp_path / "t", minutes=0.002)
    assert found.trials.state.tolist() == ["lost"], "to be tried again"


def test_the_first_trial_has_the_sizes_that_the_data_decide():
    from seqmodels.tuning.objective import Objective

    rows = sm.Examples([[float(i % 2)] * 3 for i in range(600)], {"y": ["a", "b"] * 300})
    data = sm.Dataset(train=rows, test=rows, encoder=SeriesEncoder(), head="binary")
    usual = Objective(resolve(data)).usual()
    assert (usual.backbone.units, usual.training.learning_rate) == (64, 2e-3)
    assert (usual.training.batch_size, usual.training.epochs) == (16, 89)
