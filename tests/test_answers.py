"""What heads answer and how they score it, held against the definitions."""

import keras
import numpy as np
import pandas as pd
import pytest

from seqmodels import Binary, Head, InputError, Multiclass, Prediction, Regression
from seqmodels.heads import classes as shared
from seqmodels.heads.ordered import log_probabilities

RNG = np.random.default_rng(0)
WORDS = [str(word) for word in RNG.choice(["ant", "bee", "cat", "dog", "eel"], 60)]
MOODS = [str(word) for word in RNG.choice(["neg", "pos"], 60)]
AMOUNTS = RNG.normal(50, 10, 60)
PAIRS = pd.DataFrame({"warm": RNG.normal(10, 3, 60), "wet": RNG.normal(0.2, 0.1, 60)})
HEADS = [
    (Binary(), MOODS),
    (Binary(threshold=0.7), MOODS),
    (Binary(positive=("ant", "bee")), WORDS),
    (Multiclass(), WORDS),
    (Multiclass(), ["ant", "bee", "cat"] * 20),
    (Multiclass(bins=5), AMOUNTS),
    (Multiclass(bins=5, scale="rank"), AMOUNTS),
    (Regression(), AMOUNTS),
    (Regression(), PAIRS),
]
each_head = pytest.mark.parametrize(("head", "targets"), HEADS)


def answered(head: Head, targets) -> tuple[Head, Prediction]:
    """Return a fitted head, and its answers to outputs drawn at random."""
    head = head.fit(targets)
    return head, head.decode(np.random.default_rng(1).normal(size=(len(targets), head.units)))


# What a prediction is


def test_a_part_of_a_prediction_is_all_of_it_for_those_rows():
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    whole = Prediction(np.array(["a", "b", "a"]), scores, ("a", "b"))
    for some, rows in ((whole.part(1, 3), [1, 2]), (whole.take(np.array([2, 0])), [2, 0])):
        assert len(some) == 2
        assert some.answers.tolist() == whole.answers[rows].tolist()
        assert some.scores.tolist() == scores[rows].tolist()
        assert some.columns == ("a", "b")
    plain = Prediction(np.array([1.0, 2.0, 3.0]))
    assert plain.part(1, 2).answers.tolist() == [2]
    assert plain.take(np.array([2])).answers.tolist() == [3]
    assert plain.part(1, 2).scores is plain.take(np.array([2])).scores is None


def test_a_prediction_becomes_rows_of_plain_values():
    scores = np.array([[0.12345678, 0.87654322]])
    assert Prediction(np.array(["b"]), scores, ("a", "b")).rows() == [
        {"answer": "b", "p(a)": 0.123457, "p(b)": 0.876543}
    ]
    assert Prediction(np.array([1 / 3])).rows() == [{"answer": 0.3333333}]
    assert Prediction(np.array(["b"]), None, ("a", "b")).rows() == [{"answer": "b"}]
    assert Prediction(np.array(["b"]), scores).rows() == [{"answer": "b"}]
    pair = np.array([[1.0, 2 / 3]])
    assert Prediction(pair, None, ("x", "y")).rows() == [{"x": 1.0, "y": 0.6666667}]
    assert Prediction(pair).rows() == [{"0": 1.0, "1": 0.6666667}]


def test_a_prediction_is_shown_with_its_answers_and_three_digits_of_each_score():
    assert repr(Prediction(np.array([1.5]))) == "Prediction(answers=[1.5])"
    shown = repr(Prediction(np.array(["b"]), np.array([[0.12345, 0.87655]]), ("a", "b")))
    assert shown == "Prediction(answers=['b'], scores=[[0.123, 0.877]])"


# Scores of weighted examples


def repeated(head, targets, prediction, weights) -> dict[str, float]:
    """Return the scores of rows that are repeated as often as their weights say."""
    scores = Head.weighted_scores(head, targets, prediction)(weights[None])
    return {name: values[0] for name, values in scores.items()}


def scores_of_classes(truth, picks, sure, k) -> tuple[dict[str, float], list[float]]:
    """Return the scores that all heads of classes share, and F1 of each class."""
    scores, f1 = shared.class_scores(truth, picks, sure, k)(np.ones((1, len(truth))))
    return {name: values[0] for name, values in scores.items()}, f1[0]


@each_head
def test_scores_at_weights_of_one_are_the_scores(head, targets):
    head, prediction = answered(head, targets)
    expected = head.score(targets, prediction)
    assert head.weighted(targets, prediction)(np.ones(60)) == pytest.approx(expected)
    assert repeated(head, targets, prediction, np.ones(60)) == pytest.approx(expected)


@each_head
def test_a_weight_is_how_often_an_example_counts(head, targets):
    head, prediction = answered(head, targets)
    weights = np.random.default_rng(2).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), weights)
    often = targets.iloc[rows] if targets is PAIRS else np.asarray(targets)[rows]
    expected = head.score(often, prediction.take(rows))
    assert head.weighted(targets, prediction)(weights) == pytest.approx(expected)
    assert repeated(head, targets, prediction, weights) == pytest.approx(expected)


@each_head
def test_scores_without_probabilities_are_the_others(head, targets):
    head, prediction = answered(head, targets)
    bare = Prediction(prediction.answers, None, prediction.columns)
    gone = {"log_loss", "roc_auc", "top_3"}
    whole = head.score(targets, prediction)
    expected = {name: score for name, score in whole.items() if name not in gone}
    assert head.score(targets, bare) == pytest.approx(expected)
    assert head.weighted(targets, bare)(np.ones(60)) == pytest.approx(expected)


def test_scores_of_classes_are_what_they_are_by_definition():
    truth, picks = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 2])
    sure = np.full((6, 3), 0.2)
    sure[np.arange(6), picks] = 0.6
    scores, _ = scores_of_classes(truth, picks, sure, 3)
    assert scores == pytest.approx(
        {
            "accuracy": 4 / 6,
            "balanced_accuracy": (2 / 3 + 1 / 2 + 1) / 3,
            "log_loss": -(4 * np.log(0.6) + 2 * np.log(0.2)) / 6,
        }
    )
    head = Multiclass().fit(list("aaabbc"))
    names = np.array(list("abc"))
    f1 = [2 * 2 / (3 + 3), 2 * 1 / (2 + 2), 1]
    found = head.score(names[truth], Prediction(names[picks], sure, head.classes))
    assert found["macro_f1"] == pytest.approx(np.mean(f1))
    assert "top_3" not in found, "of three classes the best three are all"
    two = Binary().fit(list("ab"))
    assert two.score(list("aabb"), Prediction(np.array(list("abbb"))))["f1"] == pytest.approx(0.8)


def test_a_class_that_does_not_occur_does_not_count_in_the_balanced_accuracy():
    truth, picks = np.array([0, 0, 1]), np.array([0, 2, 1])
    scores, _ = scores_of_classes(truth, picks, None, 3)
    assert scores == pytest.approx({"accuracy": 2 / 3, "balanced_accuracy": 0.75})


def test_f1_of_a_class_that_neither_occurs_nor_is_answered_is_not_a_number():
    _, f1 = scores_of_classes(np.array([0, 0, 1]), np.array([0, 1, 1]), None, 3)
    np.testing.assert_allclose(f1, [2 / 3, 2 / 3, np.nan])


def test_a_probability_of_zero_costs_much_and_not_everything():
    scores, _ = scores_of_classes(np.array([0]), np.array([1]), np.array([[0.0, 1.0]]), 2)
    assert scores["log_loss"] == pytest.approx(-np.log(1e-7), rel=1e-6)
    assert shared.surprise(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(
        -np.log(1e-7), rel=1e-6
    )
    assert shared.surprise(np.array([0]), None) is None


@pytest.mark.parametrize("digits", [0, 1, 8])
def test_the_area_is_the_share_of_pairs_in_the_right_order(digits):
    rng = np.random.default_rng(3)
    truth, scores = rng.integers(0, 2, 40), np.round(rng.normal(size=40), digits)
    weights = rng.integers(0, 3, 40)
    pairs = [
        (weights[i] * weights[j], 1.0 if scores[i] > scores[j] else 0.5 * (scores[i] == scores[j]))
        for i in np.flatnonzero(truth == 1)
        for j in np.flatnonzero(truth == 0)
    ]
    expected = sum(w * right for w, right in pairs) / sum(w for w, _ in pairs)
    area = shared.roc_auc(truth, scores)(np.stack([weights, weights * (truth == 1)]))
    assert area[0] == pytest.approx(expected)
    assert np.isnan(area[1]), "of one class there are no pairs"


def test_the_true_class_is_among_the_three_likeliest_or_not():
    head = Multiclass().fit(list("abcde"))
    likely = np.array([[0.4, 0.3, 0.2, 0.1, 0.0]] * 5)
    answer = Prediction(np.array(["a"] * 5), likely, head.classes)
    assert head.score(list("abcde"), answer)["top_3"] == pytest.approx(3 / 5)
    assert "top_3" in head.score(list("a"), head.decode(np.zeros((1, 5))))
    four = Multiclass().fit(list("abcd"))
    assert four.score(list("d"), four.decode(np.array([[3.0, 2, 1, 0]])))["top_3"] == 0


@pytest.mark.parametrize("columns", [1, 2])
def test_errors_are_what_they_are_by_definition(columns):
    truth = PAIRS.to_numpy()[:, :columns]
    names = list(PAIRS.columns[:columns])
    answers = truth + np.random.default_rng(4).normal(size=truth.shape) * 0.1
    head = Regression().fit(PAIRS[names])
    prediction = Prediction(answers[:, 0] if columns == 1 else answers)
    error = answers - truth
    spread = np.square(truth - truth.mean(axis=0)).sum(axis=0)
    expected = {
        "mae": np.abs(error).mean(),
        "rmse": np.sqrt(np.square(error).mean(axis=0)).mean(),
        "r2": (1 - np.square(error).sum(axis=0) / spread).mean(),
    }
    if columns == 2:
        expected |= {"mae warm": np.abs(error[:, 0]).mean(), "mae wet": np.abs(error[:, 1]).mean()}
    assert head.score(truth, prediction) == pytest.approx(expected)


def test_r2_of_targets_that_are_all_the_same_is_one_for_exact_answers_and_zero_for_others():
    head = Regression().fit([1.0, 2.0])
    for answers, r2 in (([0.1, 0.1, 0.1], 1), ([0.1, 0.1, 0.2], 0)):
        prediction = Prediction(np.array(answers))
        assert head.score([0.1] * 3, prediction)["r2"] == r2
        assert head.weighted([0.1] * 3, prediction)(np.ones(3))["r2"] == r2
        nothing = Prediction(prediction.answers - 0.1)
        assert head.score([0.0] * 3, nothing)["r2"] == r2
        assert head.weighted([0.0] * 3, nothing)(np.ones(3))["r2"] == r2
    assert "r2" not in head.score([0.1], Prediction(np.array([0.1])))
    assert "r2" not in head.weighted([0.1, 0.2], prediction.part(0, 2))(np.array([1, 0]))


# From outputs to answers


def test_binary_answers_by_the_sigmoid_and_the_threshold():
    outputs = np.array([[-2.0], [0.0], [1.0]])
    second = 1 / (1 + np.exp(-outputs[:, 0]))
    for threshold, answers in ((0.5, "abb"), (0.8, "aaa"), (0.6, "aab")):
        prediction = Binary(threshold=threshold).fit(["a", "b"]).decode(outputs)
        assert prediction.answers.tolist() == list(answers)
        assert prediction.columns == ("a", "b")
        np.testing.assert_allclose(prediction.scores, np.stack([1 - second, second], axis=1))


def test_several_classes_are_answered_by_the_softmax():
    outputs = np.array([[1.0, 2.0, 0.0], [1e4, 0.0, 0.0]])
    prediction = Multiclass().fit(list("abc")).decode(outputs)
    assert prediction.answers.tolist() == ["b", "a"]
    np.testing.assert_allclose(prediction.scores[0], np.exp([1, 2, 0]) / np.exp([1, 2, 0]).sum())
    np.testing.assert_allclose(prediction.scores[1], [1, 0, 0])


def test_bins_are_stretches_of_a_logistic_distribution():
    edges, outputs = np.array([-1.0, 0.5, 2.0]), np.array([[0.3, -0.4], [-2.0, 1.5]])
    place, spread = outputs[:, :1], np.exp(4 * np.tanh(outputs[:, 1:] / 4))
    below = 1 / (1 + np.exp(-(edges - place) / spread))
    shares = np.diff(below, axis=1, prepend=0, append=1)
    np.testing.assert_allclose(np.exp(log_probabilities(outputs, edges, np)), shares)


def test_a_bins_edges_are_quantiles_and_a_number_on_an_edge_is_of_the_class_below():
    head = Multiclass(bins=4).fit(np.arange(101.0))
    assert head.edges == (25, 50, 75)
    assert head.classes == ("up to 25", "25 to 50", "50 to 75", "above 75")
    assert head.encode([25.0, 25.1, 75.0, 76.0]).tolist() == [0, 1, 2, 3]
    assert (head.mean, head.std) == pytest.approx((50, np.std(np.arange(101))))
    close = Multiclass(bins=3).fit([1.00001, 1.00002, 1.00003])
    assert len(set(close.classes)) == len(close.classes)


def test_edges_are_on_the_scale_of_the_network():
    value = Multiclass(bins=4).fit(np.arange(101.0))
    place = (np.array([60.0]) - 50) / np.std(np.arange(101))
    sure = value.decode(np.array([[place[0], -3.9]]))
    assert sure.answers.tolist() == ["50 to 75"]
    rank = Multiclass(bins=4, scale="rank").fit(np.arange(100.0) ** 3)
    np.testing.assert_allclose(rank._cuts(), np.log([1 / 3, 1, 3]), rtol=1e-6)


def test_targets_in_units_of_their_spread_are_what_the_network_learns():
    head = Regression().fit(PAIRS)
    encoded = head.encode(PAIRS)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(encoded.std(axis=0), 1, rtol=1e-5)
    assert head.units == 2
    assert head.names == ("warm", "wet")
    assert Regression().fit(AMOUNTS).names is None
    assert Regression().fit(pd.Series(AMOUNTS, name="sold")).names == ("sold",)
    assert Regression().fit(PAIRS.to_numpy()).names == ("1", "2")


def test_a_linear_forecast_is_restated_in_the_networks_units():
    head = Regression().fit(PAIRS)
    kernel, bias = np.eye(2) * 3, np.array([1.0, 2.0])
    step = np.array([[0.5, 0.7]])
    restated_kernel, restated_bias = head.scaled(kernel, bias)
    answers = head.decode(step @ restated_kernel + restated_bias).answers
    np.testing.assert_allclose(answers, step @ kernel + bias)
    assert Multiclass().fit(WORDS).scaled(kernel[:, :1], bias[:1]) is None
    assert Multiclass(bins=3, scale="rank").fit(AMOUNTS).scaled(kernel[:, :1], bias[:1]) is None
    assert Multiclass(bins=3).fit(AMOUNTS).scaled(kernel, bias) is None
    assert Binary().fit(MOODS).scaled(kernel, bias) is None


# Losses and metrics of training


def test_the_loss_of_each_head_is_its_definition():
    outputs = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], np.float32)
    y = np.array([1, 0], np.int32)
    several = Multiclass().fit(list("abc"))
    own = several.decode(outputs).scores[[0, 1], y]
    assert float(several.loss()(y, outputs)) == pytest.approx(-np.log(own).mean(), rel=1e-5)
    two = Binary().fit(list("ab"))
    own = two.decode(outputs[:, :1]).scores[[0, 1], y]
    loss = two.loss()(y[:, None].astype(np.float32), outputs[:, :1])
    assert float(loss) == pytest.approx(-np.log(own).mean(), rel=1e-5)
    error = outputs - 1
    for answer, expected in (("mean", np.square(error).mean()), ("median", np.abs(error).mean())):
        loss = Regression(answer=answer).loss()(np.ones_like(outputs), outputs)
        assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_the_bins_loss_is_that_of_the_answers_probabilities():
    head = Multiclass(bins=4).fit(AMOUNTS)
    outputs = np.array([[0.3, -0.4], [-1.0, 0.5]], np.float32)
    y = np.array([2, 1], np.int32)
    own = head.decode(outputs).scores[[0, 1], y]
    assert float(head.loss()(y, outputs)) == pytest.approx(-np.log(own).mean(), rel=1e-4)


def test_what_is_watched_in_training_is_the_score_of_the_answers():
    outputs = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [5.0, 0.0, 0.0]], np.float32)
    (metric,) = Multiclass().fit(list("abc")).metrics()
    metric.update_state(np.array([1, 0, 0]), outputs)
    assert (metric.name, float(metric.result())) == ("accuracy", pytest.approx(2 / 3))
    (metric,) = Binary(threshold=0.8).fit(list("ab")).metrics()
    metric.update_state(np.array([[1.0], [1.0], [0.0]]), outputs[:, 1:2])
    assert (metric.name, float(metric.result())) == ("accuracy", pytest.approx(2 / 3))
    (metric,) = Regression().metrics()
    metric.update_state(np.zeros((3, 3)), outputs)
    assert (metric.name, float(metric.result())) == (
        "mae_in_std",
        pytest.approx(np.abs(outputs).mean()),
    )
    assert keras.backend.backend() == "tensorflow"


# Labels


def test_labels_are_read_from_each_container_as_the_same():
    expected = ["b", "a", "b"]
    for given in (expected, np.array(expected), pd.Series(expected)):
        assert list(shared.labels(given, "Who")) == expected
    category = pd.Series(expected, dtype="category")
    coded = shared.labels(category, "Who")
    assert isinstance(coded, shared.Coded)
    assert (list(coded), len(coded)) == (expected, 3)
    assert list(coded[1:]) == ["a", "b"]
    assert shared.labels([1.0, 2.0], "Who") == [1, 2]
    assert all(isinstance(label, int) for label in shared.labels([1.0, 2.0], "Who"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["a", "", None, "nan"], r"row 1, 2, 3 \(counted from 0\) has none"),
        (pd.Series(["a", None], dtype="category"), r"row 1 \(counted from 0\)"),
        (pd.Series(["a", ""], dtype="category"), r"row 1 \(counted from 0\)"),
        ([1.5, 2.0, 2.5], r"numbers such as 1\.5, 2\.5\. Use head 'regression', or .*bins=4"),
        ([1.0, float("inf")], r"numbers such as 1\.0, inf"),
        (np.zeros((2, 3)), r"got the shape \(2, 3\)"),
    ],
)
def test_what_is_no_label_is_refused(given, says):
    with pytest.raises(InputError, match=f"Who needs .*{says}"):
        shared.labels(given, "Who")


def test_classes_are_ranked_and_counted_and_found_again():
    for given in (["b", "a", "b"], pd.Series(["b", "a", "b"], dtype="category")):
        values = shared.labels(given, "Who")
        assert shared.ranked(values) == (("a", "b"), (1, 2))
        places = shared.index(values, ("a", "b"), "Who")
        assert (places.tolist(), places.dtype) == ([1, 0, 1], np.int32)
        with pytest.raises(InputError, match=r"Who knows .*'a'; found 'b' outside the training"):
            shared.index(values, ("a",), "Who")
    assert shared.ranked([10, 9, 9]) == ((9, 10), (2, 1))
    assert shared.ranked(["x", 2]) == ((2, "x"), (1, 1))
    with pytest.raises(InputError, match="Who has no classes yet; call fit first"):
        shared.index(["a"], None, "Who")


def test_classes_are_counted_among_encoded_targets_those_without_any_too():
    assert Multiclass().fit(list("abc")).counted(np.array([2, 0, 2])) == {"a": 1, "b": 0, "c": 2}
    two = Binary().fit(list("ab"))
    assert two.counted(two.encode(list("bba"))) == {"a": 1, "b": 2}
    assert Regression().fit(AMOUNTS).counted(np.zeros((2, 1))) == {}


def test_the_answer_without_an_input_is_the_most_frequent_class_or_the_mean():
    several = Multiclass().fit(list("abbc")).trivial(2)
    assert several.answers.tolist() == ["b", "b"]
    np.testing.assert_allclose(several.scores, [[0.25, 0.5, 0.25]] * 2)
    assert several.columns == ("a", "b", "c")
    mean = Regression().fit(PAIRS).trivial(3)
    np.testing.assert_allclose(mean.answers, [PAIRS.to_numpy().mean(axis=0)] * 3)
    assert Regression().fit([1.0, 3.0]).trivial(2).answers.tolist() == [2, 2]
