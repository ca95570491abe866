"""The linear models of each head: what a network is held against."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from seqmodels import Binary, Head, Multiclass, Regression
from seqmodels.heads import linear
from seqmodels.heads.ordered import linear_outputs, middles


def features(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return five features on very different scales, [N, 5], and a number made of them, [N]."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    return x * [1, 100, 0.01, 1, 1] + [0, 500, 0, 0, 0], x @ [2, -1, 1, 0, 0]


PARTS = [features(400, 1), features(100, 2), features(300, 3)]


def answered(head: Head, targets: list, form=lambda x: x) -> tuple[float, float]:
    """Return the headline score of a head's linear model, and of its trivial answer."""
    head = head.fit(targets[0])
    y = [head.encode(one) for one in targets]
    x = [form(x) for x, _ in PARTS]
    outputs = head.linear(x[0], y[0], x[1], y[1], x[2])
    assert outputs.shape == (300, head.units)
    assert np.array_equal(outputs, head.linear(x[0], y[0], x[1], y[1], x[2]))  # no chance in it
    found = head.score(targets[2], head.decode(outputs))
    return found[head.headline], head.score(targets[2], head.trivial(300))[head.headline]


def test_two_classes_are_told_apart():
    found, trivial = answered(Binary(), [["no" if v < 0 else "yes" for v in z] for _, z in PARTS])
    assert found > 0.95 > 0.7 > trivial


def test_several_classes_are_told_apart():
    edges = [-1.5, 0, 1.5]
    found, trivial = answered(
        Multiclass(), [["abcd"[np.searchsorted(edges, v)] for v in z] for _, z in PARTS]
    )
    assert found > 0.85 > 0.5 > trivial


@pytest.mark.parametrize("scale", ["value", "rank"])
def test_bins_are_answered_in_their_order(scale):
    found, trivial = answered(Multiclass(bins=5, scale=scale), [z for _, z in PARTS])
    assert found > 0.7 > 0.4 > trivial


def test_numbers_are_answered_in_their_own_units():
    found, trivial = answered(Regression(), [1000 + 3 * z for _, z in PARTS])
    assert found < 0.05 < 1 < trivial


def test_several_numbers_are_answered_at_once():
    found, trivial = answered(Regression(), [np.stack([z, -5 * z], axis=1) for _, z in PARTS])
    assert found < 0.05 < 1 < trivial


@pytest.mark.parametrize("head", [Regression(), Multiclass(bins=3)])
def test_sparse_features_do_as_well(head):
    found, trivial = answered(
        head,
        [z for _, z in PARTS],
        lambda x: csr_matrix((x - [0, 500, 0, 0, 0]) / [1, 100, 0.01, 1, 1]),
    )
    if head.higher_is_better:
        assert found > 0.8 > 0.5 > trivial
    else:
        assert found < 0.1 < 1 < trivial


def test_a_class_that_training_lacks_is_never_answered():
    head = Multiclass().fit(["a", "b", "c"])
    x = np.arange(6.0)[:, None]
    y = head.encode(["a", "a", "a", "c", "c", "c"])
    outputs = head.linear(x, y, x, y, x)
    assert head.decode(outputs).answers.tolist() == ["a", "a", "a", "c", "c", "c"]
    one = head.linear(x, y * 0, x, y * 0, x)
    assert set(head.decode(one).answers.tolist()) == {"a"}


def test_how_much_is_regularised_is_chosen_on_the_validation_part():
    rng = np.random.default_rng(0)
    x = csr_matrix(rng.normal(size=(60, 200)))  # more features than examples: noise can be learned
    y = rng.integers(2, size=60)
    head = Binary().fit([0, 1])
    encoded = y[:, None].astype(np.float32)
    learned = head.linear(x, encoded, x, encoded, x)  # valid as train: the strongest fit is best
    other = head.linear(x, encoded, x, 1 - encoded, x)  # valid against train: the weakest is
    assert np.abs(other).mean() < np.abs(learned).mean() / 2


def test_a_head_of_ones_own_need_not_have_a_linear_model():
    class Odd(Regression):
        linear = Head.linear

    assert Odd().fit([1.0, 2.0]).linear(0, np.zeros(1), 0, np.zeros(1), 0) is None


# The models themselves


@pytest.mark.parametrize("strength", [0.1, 1, 10])
def test_a_strength_is_of_the_fit_and_one_over_it_of_the_penalty(monkeypatch, strength):
    monkeypatch.setattr(linear, "STRENGTHS", (strength,))
    x, z = PARTS[0]
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    y = z[:, None]
    slope = np.linalg.solve(scaled.T @ scaled + np.eye(5) / strength, scaled.T @ (y - y.mean()))
    for form in (lambda x: x, csr_matrix):
        given = form(scaled)
        found = linear.ridge(given, y, given, y, given)
        np.testing.assert_allclose(found, scaled @ slope + y.mean(), atol=1e-3)


@pytest.mark.parametrize(("power", "slope"), [({"power": 1}, 2 / 12), ({}, 2 / 3)])
def test_the_strength_is_the_best_by_the_error_asked_for(power, slope):
    ends = np.array([[-1.0], [1.0]])  # slopes of 2/12, 2/3 and 2/2.1 for the three strengths
    valid = np.array([[2 / 12]] * 9 + [[10 * 2 / 3 - 9 * 2 / 12]])  # a median, and a mean
    found = linear.ridge(ends, ends, np.ones((10, 1)), valid, ends, **power)
    np.testing.assert_allclose(found, slope * ends)


def test_strengths_that_do_equally_well_are_no_fault():
    x, y = np.ones((6, 1)), np.array([0, 1, 0, 1, 0, 1])
    assert np.ptp(linear.ridge(x, y[:, None], x, y[:, None], x)) == 0
    np.testing.assert_allclose(linear.logistic(x, y, x, y, x, 2), 0, atol=1e-3)


def test_logits_of_two_classes_lie_around_zero_and_differ_by_the_log_odds(monkeypatch):
    from sklearn.linear_model import LogisticRegression

    monkeypatch.setattr(linear, "STRENGTHS", (1.0,))
    x, z = PARTS[0]
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (z > 0).astype(int)
    outputs = linear.logistic(x, y, x, y, x, 2)
    # With the `tol` that scikit-learn takes they are 0.005 apart.
    odds = LogisticRegression(tol=1e-8, max_iter=1000).fit(scaled, y).decision_function(scaled)
    np.testing.assert_allclose(outputs[:, 1] - outputs[:, 0], odds, atol=0.0015)
    np.testing.assert_allclose(outputs.sum(axis=1), 0, atol=1e-12)


def test_each_strength_goes_on_from_the_one_before_and_stops_after_its_rounds(monkeypatch):
    x, z = PARTS[0]
    y = np.digitize(z, [-2, 2])
    found = []
    for tries in (1, 8):
        monkeypatch.setattr(linear, "ROUNDS", 1)
        monkeypatch.setattr(linear, "STRENGTHS", (1.0,) * tries)
        found.append(linear._log_loss(linear.logistic(x, y, x, y, x, 3), y))
    monkeypatch.undo()
    best = linear._log_loss(linear.logistic(x, y, x, y, x, 3), y)
    assert best < found[1] < 0.8 * found[0]


def test_classes_that_were_never_seen_are_far_below_the_least_of_their_own_row():
    logits = np.array([[1.0, 5.0], [-3.0, 2.0]])
    found = linear._spread_out(logits, np.array([0, 2]), 3)
    assert found.tolist() == [[1, -19, 5], [-3, -23, 2]]


def test_a_class_that_is_alone_is_answered_for_each_row_asked():
    x, y = np.ones((6, 2)), np.ones(6, np.int32)
    assert linear.logistic(x, y, x, y, x[:4], 3).argmax(axis=1).tolist() == [1] * 4


def test_features_are_in_spreads_from_the_mean_those_that_do_not_vary_in_their_unit():
    varied, tiny, same = [3.0, 5.0], [-1e-12, 1e-12], [1e9 - 1e-6, 1e9 + 1e-6]
    x = np.stack([varied, tiny, same], axis=1)
    found, other = linear._standardised(x, np.array([[8.0, 3e-12, 1e9 + 3]]))
    np.testing.assert_allclose(found[:, :2], [[-1, -1], [1, 1]])
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-5)
    np.testing.assert_allclose(other, [[4, 3, 3]], rtol=1e-5)


def test_a_class_of_a_number_stands_for_the_middle_of_its_stretch():
    assert middles(np.array([0.0, 1.0, 3.0])).tolist() == [-0.75, 0.5, 2, 3.75]
    assert middles(np.array([0.0, 4.0])).tolist() == [-2, 2, 6]
    assert middles(np.array([2.0])).tolist() == [1.5, 2.5]


def test_the_spread_of_classes_without_a_doubt_is_the_narrowest_allowed():
    x, y = np.arange(40.0)[:, None], np.repeat(np.arange(4), 10)
    outputs = linear_outputs(np.array([-1.0, 0.0, 1.0]), x, y, x, y, x)
    np.testing.assert_allclose(outputs[:, 1], -4)
    assert (np.searchsorted([-1, 0, 1], outputs[:, 0]) == y).all()
