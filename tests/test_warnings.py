"""Warnings about a run: each has its numbers, and a good run has none."""

from typing import Any

import numpy as np
import pytest

from seqmodels.core.examples import Examples
from seqmodels.encoders import SeriesEncoder, StrokeEncoder, TextEncoder
from seqmodels.evaluation.cuts import Cut, cut
from seqmodels.evaluation.scores import Evaluation, Gain
from seqmodels.evaluation.warnings import run_warnings
from seqmodels.heads import Binary, Prediction, Regression

N = 1000
TRUTH = ["neg", "pos"] * (N // 2)
HEAD = Binary().fit(TRUTH)
NUMBERS = Regression().fit([float(i % 7) for i in range(N)])
GOOD: dict[str, Any] = {
    "answers": Prediction(np.array(TRUTH)),
    "truth": TRUTH,
    "history": [
        {"epoch": 1, "loss": 0.6, "accuracy": 0.7, "valid_loss": 0.5, "valid_accuracy": 0.8},
        {"epoch": 2, "loss": 0.3, "accuracy": 0.9, "valid_loss": 0.35, "valid_accuracy": 0.88},
        {"epoch": 3, "loss": 0.2, "accuracy": 0.95, "valid_loss": 0.36, "valid_accuracy": 0.88},
    ],
    "patience": 1,
    "valid": 100,
    "classes": {part: {"neg": 50, "pos": 50} for part in ("train", "valid", "test")},
    "audit": {"findings": []},
    "cut": Cut(400, 0.01, 0.003),
}


def evaluation(**rivals: tuple[float, float, float]) -> Evaluation:
    """Return what a model of accuracy 0.9 is worth beside rivals: their gain and its limits."""
    gains = {"majority class": Gain(0.4, 0.38, 0.42)}
    gains |= {name.replace("_", " "): Gain(*gain) for name, gain in rivals.items()}
    baselines = {name: {"accuracy": 0.9 - gain.difference} for name, gain in gains.items()}
    intervals = {"model": {"accuracy": (0.88, 0.92)}}
    return Evaluation({"accuracy": 0.9}, baselines, intervals, gains, "examples")


def said(found: Evaluation | None = None, head: Any = HEAD, **changes: Any) -> list[str]:
    return run_warnings(head, found or evaluation(), **(GOOD | changes))


def test_nothing_is_said_where_all_is_well():
    assert said() == []
    assert said(evaluation(bag_of_words=(0.02, 0.01, 0.03))) == []


# --- baselines


def test_a_baseline_that_is_better_is_named_with_both_scores_and_limits():
    (one,) = said(evaluation(bag_of_words=(-0.02, -0.03, -0.01), length_only=(0.3, 0.2, 0.4)))
    assert one.startswith(
        "The LSTM does not beat 'bag of words': accuracy 0.9 against 0.92, a difference of -0.02 "
        "with 95 % interval -0.03 to -0.01."
    )
    assert "length only" not in one


def test_a_baseline_that_is_as_good_is_not_beaten():
    assert "does not beat 'length only'" in said(evaluation(length_only=(0.0, -0.1, 0.1)))[0]


def test_a_difference_within_its_limits_has_a_warning_of_its_own():
    (one,) = said(evaluation(bag_of_words=(0.01, -0.005, 0.025)))
    assert one.startswith(
        "The LSTM may be no better than 'bag of words': accuracy 0.9 against 0.89"
    )
    assert "more examples" in one


def test_of_several_better_baselines_the_best_comes_first_and_the_others_are_named():
    rivals = {"length_only": (-0.01, -0.02, 0.0), "bag_of_words": (-0.05, -0.06, -0.04)}
    (one,) = said(evaluation(**rivals))
    assert "does not beat 'bag of words'" in one
    assert "The same holds for 'length only'." in one


def test_of_errors_the_smaller_is_the_better():
    def found(rival: float, gain: float) -> Evaluation:
        gains = {"mean": Gain(gain, gain - 0.01, gain + 0.01)}
        return Evaluation({"mae": 1.0}, {"mean": {"mae": rival}}, {}, gains, "blocks of 3 windows")

    truth = [float(i % 7) for i in range(N)]
    own = {"head": NUMBERS, "answers": Prediction(np.array(truth)), "truth": truth, "classes": {}}
    assert said(found(1.5, 0.5), **own) == []
    assert "mae 1 against 0.5" in said(found(0.5, -0.5), **own)[0]


def test_without_intervals_the_scores_alone_are_compared():
    better = Evaluation({"accuracy": 0.9}, {"majority class": {"accuracy": 0.95}}, {}, {}, "")
    assert said(better)[0].startswith("The LSTM does not beat 'majority class'")
    worse = Evaluation({"accuracy": 0.9}, {"majority class": {"accuracy": 0.5}}, {}, {}, "")
    assert said(worse) == []


# --- how many examples


def test_a_small_test_part_is_told_how_many_examples_it_would_need():
    found = evaluation()
    found.intervals["model"]["accuracy"] = (0.8, 1.0)
    (one,) = said(found, answers=Prediction(np.array(TRUTH[:40])), truth=TRUTH[:40])
    assert "with 40 examples" in one
    assert "0.8 to 1" in one
    assert "About 1,000 test examples" in one  # (0.1 / 0.02)^2 times as many


def test_a_lead_that_its_own_interval_does_not_settle_is_told():
    gains = {"mean": Gain(0.2, -0.2, 0.6)}
    found = Evaluation(
        {"mae": 1.0}, {"mean": {"mae": 1.2}}, {"model": {"mae": (0.8, 1.2)}}, gains, "examples"
    )
    truth = [float(i % 7) for i in range(N)]
    own: dict[str, Any] = {"head": NUMBERS, "answers": Prediction(np.array(truth)), "truth": truth}
    one = said(found, **own, classes={})[-1]
    assert "lead of 0.2 over 'mean'" in one
    assert "about 4,000" in one  # (0.4 / 0.2)^2 times as many
    found.gains["mean"] = Gain(0.2, 0.05, 0.35)
    assert said(found, **own, classes={}) == []


# --- classes, epochs, answers


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_a_class_without_an_example_is_named_with_the_part(part):
    lacking = {"neg": 99, **{f"c{i}": 0 for i in range(7)}}
    (one,) = said(classes=GOOD["classes"] | {part: lacking})
    assert f"The {part} part has no example of 7 of 8 classes: 'c0', 'c1', 'c2'" in one
    assert "c6" not in one


def test_training_much_better_than_validation_is_told_where_the_weights_were_taken():
    rows = [dict(row) for row in GOOD["history"]]
    rows[1]["loss"] = 0.05
    (one,) = said(history=rows)
    assert "in epoch 2" in one
    assert "loss 0.05 against 0.35, accuracy 0.9 against 0.88" in one
    assert "dropout" in one


def test_what_was_learned_by_heart_after_the_best_epoch_is_no_doubt_but_without_patience_it_is():
    rows = [dict(row) for row in GOOD["history"]]
    rows[2] |= {"loss": 0.01, "valid_loss": 0.6}
    assert said(history=rows) == []
    (one,) = said(history=rows, patience=0)
    assert "in epoch 3" in one
    assert "try 2 epochs, more dropout" in one


def test_two_tiny_losses_are_no_overfitting():
    rows = [dict(row) for row in GOOD["history"]]
    rows[1] |= {"loss": 0.001, "valid_loss": 0.01}
    assert said(history=rows) == []


def test_a_loss_that_still_falls_asks_for_more_epochs():
    (one,) = said(history=GOOD["history"][:2])
    assert "last of 2 epochs, from 0.5 to 0.35. Raise epochs." in one
    assert "Raise the budget." in said(history=GOOD["history"][:2], budget=True)[0]
    nearly = [*GOOD["history"], GOOD["history"][1] | {"epoch": 4, "valid_loss": 0.349}]
    assert said(history=nearly) == []


def test_one_epoch_tells_nothing():
    assert "single epoch" in said(history=GOOD["history"][:1])[0]


def test_one_answer_for_all_is_a_collapse():
    (one,) = said(answers=Prediction(np.array(["pos"] * N)))
    assert "'pos'" in one
    assert "1,000 test examples" in one
    assert said(answers=Prediction(np.array(["pos"] * N)), truth=["pos"] * N) == []


def test_a_constant_number_is_a_collapse():
    truth = np.arange(N, dtype=float)
    found = Evaluation({"mae": 1.0}, {"mean": {"mae": 5.0}}, {}, {}, "examples")
    own: dict[str, Any] = {"head": NUMBERS, "truth": truth, "classes": {}}
    (one,) = said(found, answers=Prediction(500 + truth * 1e-5), **own)
    assert "nearly the same number" in one
    assert said(found, answers=Prediction(500 + truth * 0.1), **own) == []
    twice = Prediction(np.stack([truth, truth * 0], axis=1))
    assert said(found, answers=twice, **own | {"truth": np.stack([truth, truth], axis=1)}) == []


# --- leaks


def finding(level: str, kind: str, count: int) -> dict[str, Any]:
    return {"findings": [{"level": level, "kind": kind, "says": "So it is.", "count": count}]}


def test_rows_that_training_knows_are_a_doubt_from_one_in_a_hundred_on():
    (one,) = said(audit=finding("WARN", "duplicates", 10))
    assert "the audit warns of duplicates" in one
    assert said(audit=finding("WARN", "duplicates", 9)) == []
    assert said(audit=finding("WARN", "repeats", 900)) == []  # within training
    assert said(audit=None) == []


def test_an_allowed_leak_comes_first():
    rows = said(evaluation(length_only=(-0.1, -0.2, -0.05)), audit=finding("FAIL", "overlap", 0))
    assert "overlap" in rows[0]
    assert "length only" in rows[1]


# --- what a limit of length cuts


def words(lengths: list[int]) -> Examples:
    return Examples(["w " * n for n in lengths], {"y": [0] * len(lengths)})


def test_what_is_cut_of_texts_is_counted():
    train = words([10, 20, 30, 40])
    encoder = TextEncoder(length=20).fit(train.inputs)
    assert cut(encoder, train, encoder.encode(train.inputs)) == Cut(20, 0.5, 0.3)


def test_what_is_cut_of_numbers_is_counted():
    for encoder in (SeriesEncoder(length=4), StrokeEncoder(length=4)):
        train = Examples([np.eye(9)[:n, :2] for n in (3, 4, 5, 8)], {"y": [0] * 4})
        fitted: Any = encoder.fit(train.inputs)
        assert cut(fitted, train, fitted.encode(train.inputs)) == Cut(4, 0.5, 0.25)


def test_without_a_limit_nothing_is_cut():
    train = words([10, 20])
    encoder = TextEncoder(length=None).fit(train.inputs)
    assert cut(encoder, train, encoder.encode(train.inputs)) is None


def test_of_many_long_texts_some_are_looked_at(monkeypatch):
    from seqmodels.evaluation import cuts as module

    monkeypatch.setattr(module, "SAMPLE", 30)
    train = words([10] * 50 + [40] * 50)
    encoder = TextEncoder(length=20).fit(train.inputs)
    found = cut(encoder, train, encoder.encode(train.inputs))
    assert found == Cut(20, 0.5, 1000 / 2500, sampled=True)


def test_cut_sequences_are_told_from_one_in_twenty_on():
    (one,) = said(cut=Cut(400, 0.13, 0.104, sampled=True))
    assert one.startswith("About 13 % of the training sequences have more than 400 steps")
    assert "10 % of all steps" in one
    assert said(cut=Cut(400, 0.04, 0.2)) == []
    assert said(cut=None) == []


def test_a_loss_of_few_validation_examples_is_not_believed():
    heart = [{"epoch": 1, "loss": 0.1, "accuracy": 1.0, "valid_loss": 0.9, "valid_accuracy": 0.6}]
    falling = [{**heart[0], "epoch": n, "loss": 0.9, "valid_loss": 1 / n} for n in (1, 2, 3)]
    assert len(said(history=falling, valid=50)) == 1
    assert said(history=falling, valid=49) == []
    (single,) = said(history=heart, valid=1)
    assert "single epoch" in single
    assert len(said(history=heart, valid=50)) == 2
