"""Batch size, epochs and patience where nobody has set them."""

import dataclasses

import pytest

import seqmodels as sm
from seqmodels.encoders import SeriesEncoder
from seqmodels.plan import Training
from seqmodels.settings import resolve, restored
from seqmodels.sizing import sized

ALL = ("batch_size", "epochs", "patience")
ASKED = Training()


def test_few_examples_are_looked_at_often_in_small_batches():
    found, why = sized(ASKED, ALL, 67, 8)
    assert (found.batch_size, found.epochs) == (16, 200)
    assert why[0] == "batches of 16, for 67 training examples"
    assert why[1] == "200 epochs for 1,000 steps"
    assert sized(ASKED, ALL, 640, 100)[0].epochs == 25, "40 steps an epoch"


def test_many_examples_are_trained_on_as_is_the_default():
    found, why = sized(ASKED, ALL, 22_500, 2_500)
    assert found == ASKED
    assert why[1:] == [
        "20 epochs of 352 steps",
        "or until 4 in a row are no better on validation",
    ]


@pytest.mark.parametrize(("train", "size"), [(1_000, 16), (1_001, 32), (5_000, 32), (5_001, 64)])
def test_batches_grow_with_the_examples(train, size):
    assert sized(ASKED, ALL, train, 100)[0].batch_size == size


def test_a_handful_of_validation_examples_does_not_end_a_training():
    found, why = sized(ASKED, ALL, 500, 49)
    assert found.patience == 0
    assert "49 validation examples cannot tell" in why[2]
    assert sized(ASKED, ALL, 500, 50)[0].patience > 0


def test_longer_trainings_are_more_patient():
    found = sized(ASKED, ALL, 320, 50)[0]
    assert (found.epochs, found.patience) == (50, 10)


@pytest.mark.parametrize("name", ALL)
def test_what_was_set_stays(name):
    asked = dataclasses.replace(ASKED, **{name: 7})
    found, _ = sized(asked, [one for one in ALL if one != name], 67, 8)
    assert getattr(found, name) == 7
    assert sized(asked, (), 67, 8) == (asked, [])


def test_a_plan_knows_what_nobody_has_set():
    plan = resolve("texts", settings={"training.epochs": 3})
    assert plan.free == ("batch_size", "patience")
    assert restored(plan.record()).free == plan.free


def test_a_run_says_what_the_data_decided_and_records_it(tmp_path):
    examples = sm.Examples([[float(i % 2)] * 3 for i in range(60)], {"y": ["a", "b"] * 30})
    data = sm.Dataset(train=examples, test=examples, encoder=SeriesEncoder(), head="binary")
    how = {"settings": {"training.epochs": 2}, "baselines": False, "allow_leak": "the same twice"}
    run = sm.train(data, **how, out=tmp_path / "r", quiet=True)
    assert (run.record["training"]["batch_size"], run.record["training"]["patience"]) == (16, 0)
    assert run.record["training"]["epochs"] == 2
    assert run.record["free"] == []
    assert run.record["decided"][-1].startswith("Training: batches of 16, for 54 training examples")
