"""Texts are split into the same words by the compiled code and by Python alone."""

import shutil
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodels import InputError
from seqmodels.encoders import TextEncoder, splitting

ODD = "aZ9'\u2019_é\u0301\u200cहिİßﬁ²\ud800\n "
TEXTS = st.lists(st.text(st.one_of(st.sampled_from(ODD), st.characters())), min_size=1)


@pytest.fixture
def compiled():
    if splitting._words is None:
        pytest.skip("the compiled part was not built: no C++ compiler")


@pytest.fixture
def many(compiled, monkeypatch):
    monkeypatch.setattr(splitting, "FEW", 0)


def test_the_compiled_part_is_there_where_a_compiler_is():
    if not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("no C++ compiler on this machine")
    assert splitting._words is not None


@given(texts=TEXTS)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_both_ways_count_the_same_words(texts):
    if splitting._words is not None:
        assert splitting.count(texts) == Counter(w for text in texts for w in splitting.split(text))


@given(
    texts=TEXTS, length=st.none() | st.integers(1, 4), from_end=st.booleans(), known=st.integers(0)
)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_both_ways_give_the_same_ids(texts, length, from_end, known):
    words = sorted({w for text in texts for w in splitting.split(text)})
    index = {word: i for i, word in enumerate(words[: known % (len(words) + 1)], start=1)}
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for few in (0, 10**9):
            patch.setattr(splitting, "FEW", few)
            found.append(splitting.ids(texts, index, length, from_end))
    assert [array.tolist() for array in found[0]] == [array.tolist() for array in found[1]]


def test_a_large_vocabulary_is_looked_up_right(many):
    words = [f"w{i}" for i in range(30_000)]
    flat, steps = splitting.ids([" ".join(words[::-1]), "w7 w30000"], _index(words), None, False)
    assert steps.tolist() == [30_000, 2]
    np.testing.assert_array_equal(flat, [*range(30_000, 0, -1), 8, 0])


def test_a_word_of_the_vocabulary_stands_once():
    with pytest.raises(InputError, match="each word once in vocabulary; twice: 'film'"):
        TextEncoder(vocabulary=("a", "film", "film"))


def _index(words):
    return {word: i for i, word in enumerate(words, start=1)}
