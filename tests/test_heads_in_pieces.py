"""Heads of very many targets, of bins on their scales, and of answers that are medians."""

import numpy as np
import pandas as pd
import pytest

from seqmodels import InputError, Multiclass, Prediction, Regression
from seqmodels.heads import regression

PAIRS = pd.DataFrame({"warm": [1.0, 5.0, 2.0, 8.0, 3.0], "wet": [0.1, 0.3, 0.2, 0.9, 0.0]})
INDEXED = PAIRS.set_axis([2.0, 1.5, 1.0, 0.5, 0.0], axis=0)  # with an index of numbers of its own
KINDS = pytest.mark.parametrize(
    "given", [PAIRS, INDEXED, PAIRS.to_numpy()], ids=["frame", "indexed", "array"]
)


@KINDS
@pytest.mark.parametrize("piece", [1, 2, 5])
def test_targets_in_pieces_are_learned_encoded_and_scored_as_in_one(monkeypatch, given, piece):
    head = Regression().fit(given)
    encoded, prediction = head.encode(given), Prediction(PAIRS.to_numpy()[::-1])
    scores = head.score(given, prediction)
    monkeypatch.setattr(regression, "PIECE", piece)
    again = Regression().fit(given)
    assert (again.mean, again.std) == (pytest.approx(head.mean), pytest.approx(head.std))
    np.testing.assert_allclose(again.encode(given), encoded, rtol=1e-6)
    assert again.score(given, prediction) == pytest.approx(scores)
    odd = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    for read in (Regression().fit, Regression().fit([1.0, 2.0]).encode):
        with pytest.raises(InputError, match=r"^Head 'regression' needs finite .* of row 4 "):
            read(odd)


def test_two_targets_have_an_r2():
    head, answers = Regression().fit([1.0, 3.0]), Prediction(np.array([1.0, 2.0]))
    assert head.score([1.0, 3.0], answers)["r2"] == pytest.approx(0.5)
    assert head.weighted([1.0, 3.0], answers)(np.ones(2))["r2"] == pytest.approx(0.5)


def test_one_number_with_a_name_has_one_error():
    head = Regression().fit(PAIRS["warm"])
    answers = Prediction(np.ones(5))
    assert set(head.weighted(PAIRS["warm"], answers)(np.ones(5))) == {"mae", "rmse", "r2"}


def test_a_naive_forecast_is_the_number_it_was():
    assert Regression().fit([1.0, 3.0]).naive([7.0, 8.0]).answers.tolist() == [7, 8]
    assert Regression().fit(PAIRS).naive([[7.0, 8.0]]).answers.tolist() == [[7, 8]]


@pytest.mark.parametrize(("answer", "power"), [("mean", 2), ("median", 1)])
def test_the_linear_model_is_chosen_by_the_error_that_the_head_has(monkeypatch, answer, power):
    seen = []
    monkeypatch.setattr(regression, "ridge", lambda *_, power=0: seen.append(power))
    y = np.ones((2, 1))
    Regression(answer=answer).fit([1.0, 3.0]).linear(y, y, y, y, y)
    assert seen == [power]


def test_edges_are_in_spreads_from_the_mean_or_in_shares():
    amounts = np.arange(100.0) ** 3
    value = Multiclass(bins=4).fit(amounts)
    expected = (np.array(value.edges) - amounts.mean()) / amounts.std()
    np.testing.assert_allclose(value._cuts(), expected, rtol=1e-6)
    bare = Multiclass(bins=4, edges=(1.0, 2.0), classes=("a", "b", "c"), counts=(1, 1, 1))
    np.testing.assert_allclose(bare._cuts(), [1, 2])


def test_a_target_on_an_edge_is_below_it_also_where_no_target_is_between():
    head = Multiclass(bins=2).fit([0.0, 0.0, 0.0, 4.0])
    assert head.counts == (3, 1)
    assert head.naive([0.0, 1.0]).columns == head.classes


def test_half_as_many_classes_as_examples_can_be_learned():
    assert len(Multiclass().fit([str(i % 25) for i in range(50)]).classes) == 25
    assert len(Multiclass().fit([str(i % 26) for i in range(49)]).classes) == 26


def test_close_edges_are_told_apart_by_all_their_digits():
    close = Multiclass(bins=3).fit([1.00001, 1.00002, 1.00003])
    low, high = close.edges
    assert close.classes == (f"up to {low}", f"{low} to {high}", f"above {high}")


def test_several_classes_answer_with_their_names():
    head = Multiclass().fit(list("abcd"))
    prediction = head.decode(np.eye(4))
    assert prediction.columns == tuple("abcd")
    ranked = Prediction(prediction.answers, np.array([[4.0, 3, 2, 1]] * 4) / 10)
    assert head._among_three(np.array([0, 1, 2, 3]), ranked).tolist() == [1, 1, 1, 0]


def test_of_classes_that_are_equally_likely_the_first_three_are_the_likeliest():
    head = Multiclass(classes=tuple(range(20)), counts=(1,) * 20)
    ranked = Prediction(np.zeros(20), np.tile([0.06, 0.04], (20, 10)))
    assert np.flatnonzero(head._among_three(np.arange(20), ranked)).tolist() == [0, 2, 4]


@pytest.mark.parametrize("scale", ["value", "rank"])
def test_the_accuracy_of_bins_in_training_is_that_of_their_answers(scale):
    targets = np.arange(6.0)
    head = Multiclass(bins=3, scale=scale).fit(targets)
    outputs = np.array([[-2, 0], [0, -2], [0, -2], [2, -2], [2, 0], [-2, 0]], np.float32)
    (metric,) = head.metrics()
    metric.update_state(head.encode(targets), outputs)
    answered = head.score(targets, head.decode(outputs))["accuracy"]
    assert float(metric.result()) == pytest.approx(answered) == pytest.approx(3 / 6)


def test_columns_far_from_each_other_are_weighted_as_they_are_scored():
    truth = PAIRS.to_numpy() + np.array([1e8, 0])
    head, answers = Regression().fit(truth), Prediction(truth + np.array([0.5, 0.1]))
    expected = head.score(truth, answers)
    assert head.weighted(truth, answers)(np.ones(5)) == pytest.approx(expected, rel=1e-6)


def test_a_mean_without_a_spread_is_not_enough():
    with pytest.raises(InputError, match="has no mean yet; call fit first"):
        Regression(mean=(1.0,)).decode(np.ones((1, 1)))


def test_a_stretch_without_an_example_is_counted_as_none():
    head = Multiclass(bins=4).fit([0.0, 0.0, 10.0, 10.0])
    assert (head.edges, head.counts) == ((0, 5), (2, 0, 2))


def test_a_forecast_in_the_networks_units_is_as_narrow_as_it_was_set():
    head = Multiclass(bins=2).fit([0.0, 2.0, 4.0, 6.0])
    kernel, bias = head.scaled(np.array([[3.0]]), np.array([1.0]))
    np.testing.assert_allclose(kernel, [[3 / np.sqrt(5), 0]])
    np.testing.assert_allclose(bias, [-2 / np.sqrt(5), -2])


@pytest.mark.parametrize("scale", ["value", "rank"])
def test_edges_are_numbers_of_four_bytes_as_outputs_are(scale):
    assert Multiclass(bins=3, scale=scale).fit(np.arange(9.0))._cuts().dtype == np.float32
