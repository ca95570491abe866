"""Texts become ids: which words there are, which ids they get, what is refused."""

import json

import numpy as np
import pytest

from seqmodels.core.errors import InputError
from seqmodels.core.registry import ENCODERS
from seqmodels.encoders.splitting import split as split_words
from seqmodels.encoders.text import TextEncoder

TEXTS = ["the cat sat on the mat", "The dog's mat!", "a cat and a dog"]


def ids_of(encoder: TextEncoder, text: str) -> list[int]:
    return encoder.encode([text])[0].tolist()


def test_words_are_lower_cased_and_lose_their_punctuation():
    assert split_words('He said: "Stop_it -- NOW!" (twice...)') == [
        *("he", "said", "stop", "it", "now", "twice"),
    ]


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_an_apostrophe_inside_a_word_stays_and_a_quote_around_it_goes(apostrophe):
    text = "I don't like 'rock 'n' roll' or dogs' tails".replace("'", apostrophe)
    assert split_words(text) == ["i", "don't", "like", "rock", "n", "roll", "or", "dogs", "tails"]


def test_words_of_other_scripts_are_whole():
    assert split_words("Élan, ÉLAN e\u0301lan") == ["élan"] * 3
    assert split_words("हिन्दी में; привет, мир") == ["हिन्दी", "में", "привет", "мир"]


def test_numbers_are_words():
    assert split_words("10/10, the 1980's") == ["10", "10", "the", "1980's"]


def test_a_plain_text_and_one_with_a_foreign_letter_are_cut_alike():
    plain = "It's a_b 'quoted' don't x--y 7th"
    assert split_words(plain + " é")[:-1] == split_words(plain)


def test_the_most_frequent_word_has_id_1_and_ties_stand_in_alphabetical_order():
    encoder = TextEncoder(words=6).fit(TEXTS)
    assert encoder.vocabulary == ("the", "a", "cat", "mat", "and")


def test_words_counts_the_unknown_word_too():
    encoder = TextEncoder(words=4).fit(TEXTS)
    assert encoder.spec.vocabulary == 4
    assert max(max(row) for row in encoder.encode(TEXTS)) == 3


def test_few_words_make_a_small_vocabulary():
    assert TextEncoder(words=5000).fit(["one two", "two"]).spec.vocabulary == 3


def test_an_unknown_word_is_a_step_with_id_0():
    encoder = TextEncoder().fit(["good film"])
    assert ids_of(encoder, "good grief, good film") == [2, 0, 2, 1]
    assert ids_of(encoder, "entirely new") == [0, 0]


@pytest.mark.parametrize(("keep", "kept"), [("start", [1, 2]), ("end", [3, 4])])
def test_a_long_text_keeps_the_end_that_was_asked_for(keep, kept):
    encoder = TextEncoder(length=2, keep=keep).fit(["a b c d"])
    assert ids_of(encoder, "a b c d") == kept
    assert ids_of(encoder, "d") == [4]


def test_no_length_reads_a_text_whole():
    assert len(ids_of(TextEncoder(length=None).fit(["a"]), "a " * 5000)) == 5000


def test_fit_leaves_the_encoder_as_it_was_and_encoding_is_the_same_alone_and_in_a_batch():
    encoder = TextEncoder()
    fitted = encoder.fit(TEXTS)
    assert encoder.vocabulary is None
    batch = fitted.encode(TEXTS)
    assert batch.values.dtype == np.uint16, "two bytes are enough for most vocabularies"
    assert [row.tolist() for row in batch] == [ids_of(fitted, text) for text in TEXTS]


def test_it_survives_json():
    fitted = TextEncoder(words=9, length=None, keep="start").fit(TEXTS)
    assert ENCODERS.restore(json.loads(json.dumps(ENCODERS.dump(fitted)))) == fitted


def test_texts_without_a_word_are_named_and_shown():
    encoder = TextEncoder().fit(TEXTS)
    with pytest.raises(InputError, match=r"row 1, 2 .*has none: '\?!', ''"):
        encoder.encode(["fine", "?!", ""])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["ok", float("nan")], r"row 1 .*'float nan'"),
        ([b"bytes"], "row 0 .*bytes"),
        ("one text", "Put it in a list"),
        ([], "at least one text"),
    ],
)
def test_what_is_not_a_list_of_texts_is_refused(inputs, message):
    encoder = TextEncoder().fit(TEXTS)
    with pytest.raises(InputError, match=message):
        encoder.encode(inputs)
    with pytest.raises(InputError, match=message):
        TextEncoder().fit(inputs)


def test_all_wrong_arguments_are_told_at_once():
    with pytest.raises(InputError) as caught:
        TextEncoder(words=1, length=0, keep="middle")  # type: ignore[arg-type]
    assert len(caught.value.problems) == 3


def test_an_encoder_without_a_vocabulary_says_so():
    with pytest.raises(InputError, match="Call fit"):
        TextEncoder().encode(["a"])
    with pytest.raises(InputError, match="Call fit"):
        _ = TextEncoder().spec


def test_a_file_has_one_text_a_line():
    text = "first one\r\nsecond\x85 still second\n\n \n"
    assert TextEncoder().read(text) == ["first one", "second\x85 still second"]


def test_a_blank_line_between_texts_is_refused_so_that_answers_stay_beside_their_lines():
    with pytest.raises(InputError, match=r"blank: line 2, 4\. .*`grep \.`"):
        TextEncoder().read("first\n\nsecond\n \nthird\n\n")


def test_a_long_text_is_shown_in_one_short_line():
    shown = TextEncoder().show("a\nvery " + "long " * 50 + "text")
    assert len(shown) <= 80
    assert shown.startswith("a very long")
    assert shown.endswith("…")
    assert TextEncoder().show("short") == "short"
