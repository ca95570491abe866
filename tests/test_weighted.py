"""Scores as a function of how often each example counts: what intervals are made of."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from seqmodels import Binary, Head, Multiclass, Prediction, Regression
from seqmodels.core.registry import HEADS
from seqmodels.heads import classes as shared

N = 60


def of_binary() -> tuple[Head, list[str], Prediction]:
    rng = np.random.default_rng(1)
    truth = rng.choice(["neg", "pos"], N, p=[0.7, 0.3]).tolist()
    head = Binary().fit(truth)
    outputs = np.round(rng.normal(size=(N, 1)) * 2) / 2  # with ties
    return head, truth, head.decode(outputs)


def of_multiclass() -> tuple[Head, list[str], Prediction]:
    rng = np.random.default_rng(2)
    truth = rng.choice(list("abcde"), N).tolist()
    head = Multiclass().fit(truth)
    return head, truth, head.decode(rng.normal(size=(N, 5)))


def of_bins() -> tuple[Head, np.ndarray, Prediction]:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=N)
    head = Multiclass(bins=4).fit(truth)
    return head, truth, head.decode(rng.normal(size=(N, 2)))


def of_one_number() -> tuple[Head, np.ndarray, Prediction]:
    rng = np.random.default_rng(4)
    truth = 1000 + rng.normal(size=N)
    head = Regression().fit(truth)
    return head, truth, head.decode(rng.normal(size=(N, 1)))


def of_numbers() -> tuple[Head, pd.DataFrame, Prediction]:
    rng = np.random.default_rng(5)
    truth = pd.DataFrame(rng.normal(size=(N, 2)) * [1, 100], columns=pd.Index(["warm", "wet"]))
    head = Regression().fit(truth)
    return head, truth, head.decode(rng.normal(size=(N, 2)))


CASES = (of_binary, of_multiclass, of_bins, of_one_number, of_numbers)


def drawn(draws: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([np.bincount(rng.integers(N, size=N), minlength=N) for _ in range(draws)])


def ways(case) -> tuple:
    """Return the scores of weights in the head's way, and by repeating rows."""
    head, truth, prediction = case()
    return head.weighted_scores(truth, prediction), Head.weighted_scores(head, truth, prediction)


def test_each_registered_head_has_a_quick_way():
    for name in ("binary", "multiclass", "regression"):
        assert HEADS.get(name).weighted_scores is not Head.weighted_scores


@pytest.mark.parametrize("case", CASES)
def test_weights_of_one_give_the_score(case):
    head, truth, prediction = case()
    found = head.weighted(truth, prediction)(np.ones(N))
    assert found == pytest.approx(head.score(truth, prediction), rel=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_weights_are_repeated_rows(case):
    quick, slow = ways(case)
    found, expected = quick(drawn(5)), slow(drawn(5))
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_a_draw_has_the_same_scores_alone_and_among_others(case):
    quick, _ = ways(case)
    among = quick(drawn(5))
    for i, row in enumerate(drawn(5)):
        for name, values in quick(row[None]).items():
            assert values[0] == pytest.approx(among[name][i], rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_what_is_undefined_of_a_few_rows_is_undefined_of_their_weights(case):
    head, truth, prediction = case()
    quick, (_, slow) = head.weighted(truth, prediction), ways(case)
    for row in range(8):
        for times in (1, 3):
            weights = np.zeros(N)
            weights[row] = times  # one class; numbers that are all the same
            expected = {name: one[0] for name, one in slow(weights[None]).items()}
            expected = {name: one for name, one in expected.items() if one == one}
            assert quick(weights) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_of_many_classes_and_examples_the_scores_are_the_same(monkeypatch):
    quick, slow = ways(of_multiclass)
    monkeypatch.setattr(shared, "DENSE", 1)
    sparse, _ = ways(of_multiclass)
    for way in (quick, sparse):
        for name, values in way(drawn(3)).items():
            np.testing.assert_allclose(values, slow(drawn(3))[name], rtol=1e-9)


def test_answers_without_probabilities_are_weighted_too():
    head, truth, prediction = of_bins()
    bare = Prediction(prediction.answers, columns=prediction.columns)
    found = head.weighted_scores(truth, bare)(drawn(1))
    expected = Head.weighted_scores(head, truth, bare)(drawn(1))
    assert {n: v[0] for n, v in found.items()} == pytest.approx(
        {n: v[0] for n, v in expected.items()}
    )
    assert not {"log_loss", "top_3"} & set(found)


def test_fractional_weights_are_those_of_scikit_learn_for_two_classes():
    head, truth, prediction = of_binary()
    weights = np.random.default_rng(6).uniform(0.1, 3, N)
    y = np.array([label == "pos" for label in truth])
    picks = prediction.answers == "pos"
    assert prediction.scores is not None
    sure = prediction.scores[:, 1]
    assert head.weighted(truth, prediction)(weights) == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, picks, sample_weight=weights),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, picks, sample_weight=weights),
            "log_loss": metrics.log_loss(y, sure, sample_weight=weights),
            "f1": metrics.f1_score(y, picks, sample_weight=weights),
            "roc_auc": metrics.roc_auc_score(y, sure, sample_weight=weights),
        },
        rel=1e-6,
    )


def test_fractional_weights_are_those_of_scikit_learn_for_classes():
    head, truth, prediction = of_multiclass()
    weights = np.random.default_rng(7).uniform(0.1, 3, N)
    y, picks, scores = head.encode(truth), head.encode(prediction.answers), prediction.scores
    assert head.weighted(truth, prediction)(weights) == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, picks, sample_weight=weights),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, picks, sample_weight=weights),
            "log_loss": metrics.log_loss(y, scores, sample_weight=weights),
            "macro_f1": metrics.f1_score(y, picks, average="macro", sample_weight=weights),
            "top_3": metrics.top_k_accuracy_score(y, scores, k=3, sample_weight=weights),
        },
        rel=1e-6,
    )


def test_fractional_weights_are_those_of_scikit_learn_for_numbers():
    head, truth, prediction = of_numbers()
    weights = np.random.default_rng(8).uniform(0.1, 3, N)
    given = (truth.to_numpy(), prediction.answers)
    errors = metrics.mean_absolute_error(*given, sample_weight=weights, multioutput="raw_values")
    assert head.weighted(truth, prediction)(weights) == pytest.approx(
        {
            "mae": errors.mean(),
            "rmse": metrics.root_mean_squared_error(*given, sample_weight=weights),
            "r2": metrics.r2_score(*given, sample_weight=weights),
            "mae warm": errors[0],
            "mae wet": errors[1],
        }
    )


def test_a_head_of_ones_own_gets_the_repeated_rows_of_a_table_as_a_table_and_of_a_list_too():
    class Named(Regression):
        def score(self, targets, prediction):
            warm = targets["warm"] if isinstance(targets, pd.DataFrame) else targets
            return {"sum": float(np.sum(warm)), "rows": float(len(prediction))}

    table = pd.DataFrame({"wet": ["a", "b", "c"], "warm": [1.0, 10.0, 100.0]}, index=[7, 8, 9])
    for targets in (table, [1.0, 10.0, 100.0]):
        found = Head.weighted_scores(Named(), targets, Prediction(np.zeros(3)))
        assert found(np.array([[2, 0, 3]])) == {"sum": 302, "rows": 5}


def test_a_head_without_any_scores_says_which_method_it_needs():
    class Bare(Regression):
        score, weighted_scores = Head.score, Head.weighted_scores

    with pytest.raises(NotImplementedError, match="Bare needs score"):
        Bare().score([1.0], Prediction(np.zeros(1)))
