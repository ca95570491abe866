"""The linear models of each head: what a network is held against."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from seqmodels import Binary, Head, Multiclass, Regression


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
