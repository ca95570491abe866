"""Heads: what they learn from targets, what they refuse, and how they score."""

import json

import numpy as np
import pandas as pd
import pytest

from seqmodels import Backbone, Binary, InputError, Multiclass, Regression
from seqmodels.core.registry import HEADS
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.heads.regression import MANY


def logits(*rows: float | list[float]) -> np.ndarray:
    return np.array([row if isinstance(row, list) else [row] for row in rows], np.float32)


def test_binary_answers_with_the_targets_own_labels():
    head = Binary().fit(["pos", "neg", "neg"])
    assert head.decode(logits(-3, 3)).answers.tolist() == ["neg", "pos"]
    np.testing.assert_allclose(head.decode(logits(0)).scores, [[0.5, 0.5]])


def test_binary_survives_extreme_logits():
    scores = Binary().fit([0, 1]).decode(logits(-1e5, 1e5)).scores
    np.testing.assert_allclose(scores, [[1, 0], [0, 1]])


def test_positive_turns_classes_into_two():
    head = Binary(positive=7).fit([str(i % 10) for i in range(100)])
    assert head.classes == ("not 7", "7")
    assert head.encode(["7", "3"]).ravel().tolist() == [1, 0]


def test_positive_chooses_which_of_two_labels_comes_second():
    assert Binary(positive="neg").fit(["pos", "neg"]).classes == ("pos", "neg")


def test_several_positive_labels_make_one_class():
    head = Binary(positive=("7", "8")).fit(["6", "7", "8", "9"])
    assert head.classes == ("not 7 or 8", "7 or 8")
    assert head.counts == (2, 2)


def test_a_threshold_moves_the_answer_and_the_training_metric():
    head = Binary(threshold=0.8).fit([0, 1])
    assert head.decode(logits(1.0)).answers.tolist() == [0]
    metric = head.metrics()[0]
    metric.update_state(np.array([[0.0], [1.0]]), logits(1.0, 2.0))
    assert float(metric.result()) == 1.0


@pytest.mark.parametrize(
    ("head", "targets", "says"),
    [
        (Binary(), ["a", "b", "c"], "Use head 'multiclass', or name the positive ones"),
        (Binary(), ["a", "a"], "nothing to tell apart"),
        (Binary(positive="z"), ["a", "b", "c"], "no example of 'z'"),
        (Binary(positive=("a", "b")), ["a", "b"], "no example of anything else"),
        (Binary(), [0.5, 1.5], "Use head 'regression'"),
        (Binary(), ["a", None, "b"], "row 1"),
        (Binary(), np.zeros((3, 2)), "one label per example"),
        (Multiclass(), [1.5, 2.5, 3.5], "bins=4"),
        (Multiclass(), ["a", "a"], "at least 2 classes"),
        (Multiclass(), [str(i) for i in range(100)], "too few"),
        (Multiclass(bins=4), ["low", "high"], "needs numbers"),
        (Multiclass(bins=4), [3.0] * 10, "nothing to tell apart"),
        (Regression(), ["a", "b"], "Use head 'multiclass'"),
        (Regression(), [1.0, float("nan")], "row 1"),
        (Regression(), [1.0, float("inf")], "row 1"),
        (Regression(), [2.0, 2.0], "nothing to learn"),
    ],
)
def test_a_target_that_does_not_fit_is_refused_with_what_to_do(head, targets, says):
    with pytest.raises(InputError, match=says):
        head.fit(targets)


def test_a_class_unseen_in_training_is_named():
    with pytest.raises(InputError, match="found 'c' outside the training part"):
        Multiclass().fit(["a", "b"]).encode(["c"])


def test_numerals_are_ordered_by_value():
    assert Multiclass().fit(["10", "9", "1"]).classes == ("1", "9", "10")


def test_bins_cut_numbers_into_classes_of_equal_share():
    head = Multiclass(bins=4).fit(np.arange(100.0))
    assert head.counts == (25, 25, 25, 25)
    assert head.encode([0.0, 99.0]).tolist() == [0, 3]
    assert head.classes[0].startswith("up to ")


def test_bins_merge_where_many_targets_are_equal():
    head = Multiclass(bins=4).fit([0.0] * 60 + list(range(1, 41)))
    assert 2 <= len(head.classes) < 4
    assert sum(head.counts) == 100


def test_bins_know_their_order():
    head = Multiclass(bins=4, scale="rank").fit(np.arange(100.0) ** 5)
    untold = head.decode(np.zeros((1, 2), np.float32)).scores
    np.testing.assert_allclose(untold, [[0.25] * 4], atol=1e-6)
    rising = head.decode(np.array([[place, -2.0] for place in (-9, -0.5, 0.5, 9)], np.float32))
    assert rising.answers.tolist() == list(head.classes)
    np.testing.assert_allclose(rising.scores.sum(axis=1), 1, rtol=1e-9)


def test_bins_are_finite_however_sure_the_network_is():
    head = Multiclass(bins=4).fit(np.arange(100.0))
    outputs = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    assert np.isfinite(head.decode(outputs).scores).all()
    assert np.isfinite(float(head.loss()(np.array([0, 3], np.int32), outputs)))


def test_a_naive_forecast_becomes_its_bin():
    head = Multiclass(bins=2).fit([0.0, 1.0, 2.0, 3.0])
    assert head.naive([0.0, 9.0]).answers.tolist() == [head.classes[0], head.classes[1]]


def test_regression_answers_in_the_targets_own_units():
    head = Regression().fit([10.0, 20.0, 30.0])
    encoded = head.encode([10.0, 20.0, 30.0])
    assert abs(encoded.mean()) < 1e-6
    np.testing.assert_allclose(head.decode(encoded).answers, [10, 20, 30], rtol=1e-6)


def test_class_names_that_are_numerals_are_numbers():
    assert Regression().fit(["7", "9"]).mean == (8.0,)


def test_several_numbers_keep_their_names_and_scales():
    frame = pd.DataFrame({"warm": [10.0, 20.0], "wet": [0.1, 0.3]})
    head = Regression().fit(frame)
    assert head.names == ("warm", "wet")
    answers = head.decode(head.encode(frame))
    np.testing.assert_allclose(answers.answers, frame.to_numpy(), rtol=1e-6)
    assert answers.rows()[0] == pytest.approx({"warm": 10.0, "wet": 0.1})
    assert {"mae warm", "mae wet"} <= set(head.score(frame, answers))


def test_the_scaled_error_is_relative_to_the_naive_forecast():
    assert Regression().relative({"mae": 1.0}, {"mae": 2.0}) == {"mase": 0.5}
    assert Regression().relative({"mae": 1.0}, {"mae": 0.0}) == {}


def test_scores_of_a_perfect_answer_are_perfect():
    truth = ["a", "b", "c", "d", "a"]
    head = Multiclass().fit(truth)
    perfect = head.decode(20 * np.eye(4, dtype=np.float32)[head.encode(truth)])
    scores = head.score(truth, perfect)
    assert scores["accuracy"] == scores["macro_f1"] == scores["top_3"] == 1
    assert scores["log_loss"] < 1e-6


def test_the_trivial_answer_is_the_majority_and_its_probabilities_the_shares():
    head = Binary().fit(["no"] * 3 + ["yes"])
    answer = head.trivial(2)
    assert answer.answers.tolist() == ["no", "no"]
    np.testing.assert_allclose(answer.scores, [[0.75, 0.25]] * 2)


def test_scores_are_left_out_where_the_test_part_has_one_class():
    head = Binary().fit(["no", "yes"])
    scores = head.score(["yes", "yes"], head.decode(logits(1, 2)))
    assert "roc_auc" not in scores
    assert scores["accuracy"] == 1


def test_logs_are_foretold_where_asked_and_answers_come_in_the_targets_units():
    amounts = np.array([0.0, 9.0, -9.0, 99_999.0])
    head = Regression(scaling="log").fit(amounts)
    assert head.log
    assert not any(one.log for one in (Binary(), Multiclass(), Regression()))
    assert Regression().fit(amounts).usual is None, "the mean is in the target's units already"
    np.testing.assert_allclose(head.decode(head.encode(amounts)).answers, amounts, atol=1e-2)
    assert head.encode(amounts).std() == pytest.approx(1, abs=1e-6)
    assert head.trivial(1).answers == pytest.approx(amounts.mean()), "a mean, not one of logs"
    assert np.isfinite(head.decode(np.array([[1e30], [-1e30]])).answers).all()
    assert head == HEADS.restore(json.loads(json.dumps(HEADS.dump(head))))


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_a_forecast_of_logs_starts_from_the_last_value_where_logs_are_read(scaling):
    rng = np.random.default_rng(0)
    steps = [np.exp(rng.normal(3, 2, (9, 2))) for _ in range(30)]
    targets = np.array([one[-1, 1] for one in steps])
    encoder = SeriesEncoder(scaling=scaling, continues=(1,)).fit(steps)
    head = Regression(scaling=scaling).fit(targets)
    kernel, bias = Backbone(skip=True).now(encoder, head)  # type: ignore[misc]
    last = np.stack([encoder.encode([one])[0][-1] for one in steps])
    np.testing.assert_allclose(head.decode(last @ kernel + bias).answers, targets, rtol=1e-4)
    other = Regression(scaling="log" if scaling == "standard" else "standard").fit(targets)
    assert Backbone(skip=True).now(encoder, other) is None


def test_answers_of_many_numbers_have_no_error_each_and_the_same_means():
    rng = np.random.default_rng(0)
    truth = pd.DataFrame(rng.normal(size=(50, MANY))).add_prefix("x")
    head = Regression().fit(truth)
    prediction = head.decode(head.encode(truth) * 0.5)
    scores = head.score(truth, prediction)
    assert set(scores) == {"mae", "rmse", "r2"}
    assert head.weighted(truth, prediction)(np.ones(50)) == pytest.approx(scores)
    few = Regression().fit(truth.iloc[:, :2])
    assert {"mae x0", "mae x1"} < set(few.score(truth.iloc[:, :2], few.trivial(50)))


def test_bins_start_from_the_last_value():
    head = Multiclass(bins=4).fit(np.arange(100.0))
    kernel, bias = head.scaled(np.array([[10.0], [0.0]]), np.array([50.0]))  # 10 * step + 50
    steps = np.array([[-5.0, 1], [-2.4, 1], [2.4, 1], [5.0, 1]])
    answers = head.decode((steps @ kernel + bias).astype(np.float32)).answers.tolist()
    assert answers == head.naive([0.0, 26.0, 74.0, 99.0]).answers.tolist()
