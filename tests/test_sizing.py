"""Units, rate, batch size, epochs and patience where nobody has set them."""

import dataclasses

import pytest

import seqmodels as sm
from seqmodels.core.encoder import Spec
from seqmodels.encoders import SeriesEncoder
from seqmodels.training.config import Training
from seqmodels.training.heuristics import sized
from seqmodels.training.settings import FREE, resolve, restored
from seqmodels.training.values import settable

ASKED = Training()


FREE_TRAINING = tuple(name for name in FREE if name.startswith("training."))


def sized_for(train, valid, free=FREE_TRAINING, training=ASKED, **backbone):
    """Return the training that suits so many examples, and why."""
    plan = resolve("digits", backbone=sm.Backbone(**backbone))
    plan = dataclasses.replace(plan, training=training, free=free)
    found, why = sized(plan, Spec(channels=1), train, valid)
    assert found.free == ()
    return found.training, why


@pytest.mark.parametrize(
    ("spec", "units", "rate", "why"),
    [(Spec(vocabulary=9), 32, 3e-3, "words"), (Spec(channels=9), 64, 2e-3, "numbers")],
)
def test_units_suit_words_or_numbers(spec, units, rate, why):
    plan = dataclasses.replace(resolve("digits"), free=FREE)
    found, said = sized(plan, spec, 640, 100)
    assert (found.backbone.units, found.training.learning_rate) == (units, rate)
    assert said[:2] == [
        f"{units} units, for {why}",
        f"a learning rate of {rate:g}, for {units} units",
    ]


def test_few_examples_are_looked_at_often_in_small_batches():
    found, why = sized_for(67, 8)
    assert (found.batch_size, found.epochs) == (16, 200)
    assert why[1] == "batches of 16, for 67 training examples"
    assert why[2] == "200 epochs for 1,000 steps"
    assert sized_for(640, 8)[0].epochs == 25, "40 steps an epoch"
    assert sized_for(640, 100)[0].epochs == 75, "more, where validation can end it"


def test_many_examples_are_trained_on_as_is_the_default():
    found, why = sized_for(22_500, 2_500)
    assert (found.batch_size, found.epochs, found.patience) == (64, 20, 4)
    assert why[2:] == [
        "20 epochs of 352 steps",
        "or until 4 epochs in a row are no better on validation",
    ]


def test_patience_stands_alone_where_the_epochs_were_set():
    _, why = sized_for(22_500, 2_500, free=("training.patience",))
    assert why == ["until 4 epochs in a row are no better on validation"]


@pytest.mark.parametrize(("train", "size"), [(1_000, 16), (1_001, 32), (5_000, 32), (5_001, 64)])
def test_batches_grow_with_the_examples(train, size):
    assert sized_for(train, 100)[0].batch_size == size


@pytest.mark.parametrize(
    ("units", "rate"), [(8, 3e-3), (32, 3e-3), (33, 2e-3), (64, 2e-3), (65, 1e-3), (512, 1e-3)]
)
def test_wide_networks_take_small_steps(units, rate):
    found, why = sized_for(640, 100, units=units)
    assert found.learning_rate == rate
    assert why[0] == f"a learning rate of {rate:g}, for {units} units"


def test_a_handful_of_validation_examples_does_not_end_a_training():
    found, why = sized_for(500, 49)
    assert found.patience == 0
    assert "49 validation examples cannot tell" in why[-1]
    assert sized_for(500, 50)[0].patience > 0


def test_longer_trainings_are_more_patient():
    found = sized_for(320, 50)[0]
    assert (found.epochs, found.patience) == (150, 30)


@pytest.mark.parametrize("name", ["batch_size", "epochs", "patience", "learning_rate"])
def test_what_was_set_stays(name):
    asked = dataclasses.replace(ASKED, **{name: 7})
    rest = [one for one in FREE_TRAINING if one != f"training.{name}"]
    assert getattr(sized_for(67, 8, rest, asked)[0], name) == 7
    assert sized_for(67, 8, (), asked) == (asked, [])


def test_a_plan_knows_what_nobody_has_set():
    asked = {"training.epochs": 3, "backbone.units": 8}
    plan = resolve("sequences", settings=asked)
    assert "backbone.units" in resolve("sequences").free
    assert "backbone.units" not in resolve("sequences", backbone=sm.Backbone()).free
    assert plan.free == (
        "backbone.word_vectors", "training.learning_rate", "training.batch_size",
        "training.patience",
    )  # fmt: skip
    assert restored(plan.record()).free == plan.free


def test_a_run_says_what_the_data_decided_and_records_it(tmp_path):
    examples = sm.Examples([[float(i % 2)] * 3 for i in range(60)], {"y": ["a", "b"] * 30})
    data = sm.Dataset(train=examples, test=examples, encoder=SeriesEncoder(), head="binary")
    how = {"settings": {"training.epochs": 2}, "baselines": False, "allow_leak": "the same twice"}
    run = sm.train(data, **how, out=tmp_path / "r", quiet=True)
    assert (run.record["training"]["batch_size"], run.record["training"]["patience"]) == (16, 0)
    assert run.record["training"]["epochs"] == 2
    assert run.record["free"] == []
    assert run.record["decided"][-1].startswith("Training: 64 units, for numbers; a learning rate")
    assert "batches of 16, for 54 training examples" in run.record["decided"][-1]


def test_the_list_of_settings_says_which_of_them_the_data_decide():
    rows = {row["setting"]: row["default"] for row in settable("texts")}
    assert rows["backbone.units"] == rows["training.learning_rate"] == "from the data"
    assert rows["backbone.embed"] == "32"
