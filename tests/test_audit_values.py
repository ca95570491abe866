"""Numbers that stand for missing ones, and texts without words between spaces."""

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm

N = 200


def kinds(data: sm.Dataset) -> list[str]:
    return [one.kind for one in sm.inspect(data).audit.findings]


def series(values: np.ndarray) -> sm.Dataset:
    frame = pd.DataFrame({"date": pd.date_range("2023-01-01", periods=len(values)), "y": values})
    return sm.read(frame, target="y")


@pytest.mark.parametrize(
    ("usual", "mark"),
    [((5, 15), -999), ((0, 1000), -200), ((-40, 40), -9999), ((0, 100), 99999), ((0, 1), 1e20)],
)
def test_a_number_far_from_all_others_that_comes_back_is_named(usual, mark):
    values = np.random.default_rng(0).uniform(*usual, N)
    assert "missing mark" not in kinds(series(values))
    values[5::17] = mark
    (found,) = [
        one for one in sm.inspect(series(values)).audit.findings if one.kind == "missing mark"
    ]
    assert f"{mark:g}" in found.message
    assert found.count == len(values[5::17])


@pytest.mark.parametrize("what", ["once", "heavy tails", "many zeros", "codes", "steps"])
def test_honest_numbers_are_not_suspected(what):
    rng = np.random.default_rng(1)
    values = rng.normal(size=N)
    if what == "once":
        values[7] = -999
    elif what == "heavy tails":
        values = rng.standard_cauchy(N)
    elif what == "many zeros":
        values = np.maximum(rng.normal(size=N) * 100, 0)
    elif what == "codes":
        values = rng.choice([0.0, 1, 500], N)
    elif what == "steps":
        values = np.floor(np.arange(N) / 5) * 10.0
    assert "missing mark" not in kinds(series(values))


def test_texts_without_spaces_are_named():
    good, bad = (
        ["非常开心", "很满意", "态度好", "速度快"],
        ["非常生气", "不满意", "态度差", "速度慢"],
    )
    rng, texts, labels = np.random.default_rng(0), [], []
    for i in range(N):
        words = rng.choice(bad if i % 2 else good, 3)
        texts.append(f"第{i}次" + "".join(words))
        labels.append("bad" if i % 2 else "good")
    assert "single words" in kinds(sm.read(texts, labels))
    apart = [" ".join(text) for text in texts]
    assert "single words" not in kinds(sm.read(apart, labels))


def test_labels_of_one_word_that_come_again_are_words():
    texts = [f"word{i % 30}" for i in range(N)]
    assert "single words" not in kinds(sm.read(texts, [i % 2 for i in range(N)]))
