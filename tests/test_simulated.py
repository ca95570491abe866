"""The long-memory tasks: their targets are what their definitions say."""

import random

import numpy as np
import pytest

from seqmodels import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.data.builtin import adding, reber, temporal_order
from seqmodels.data.generated.reber import LONGEST, _examples, every_string, grammatical, readable

MAKERS = {"adding": adding, "temporal_order": temporal_order, "reber": reber}
# Strings of the plain grammar of at most 8 symbols, found by hand.
INNER = {
    "BPVVE", "BTXSE", "BTSXSE", "BPTVVE", "BPTTVVE", "BTSSXSE", "BTXXVVE", "BPVPSE",
    "BTSSSXSE", "BPTTTVVE", "BPTVPSE", "BTSXXVVE", "BTXXTVVE", "BTXXVPSE", "BPTTVPSE",
    "BPVPXVVE",
}  # fmt: skip


def parts(data):
    return data.train, data.valid, data.test


@pytest.mark.parametrize("length", [20, 31, 100])
def test_the_sum_is_that_of_the_marked_values(length):
    data = adding(500, length=length)
    for part in parts(data):
        for steps, answer in zip(part.inputs, part.target("sum"), strict=True):
            marked = steps[steps[:, 1] == 1, 0]
            assert answer == pytest.approx(0.5 + marked.sum() / 4)
            assert 0 <= answer <= 1


def test_markers_stand_where_the_paper_puts_them():
    data = adding(2000)
    counts = []
    for steps in data.train.inputs:
        marks = steps[:, 1]
        assert marks[0] == marks[-1] == -1
        assert set(marks[1:-1]) <= {0, 1}
        at = np.flatnonzero(marks == 1)
        counts.append(len(at))
        assert at.max() < 50
        assert at.min() < 10 or len(at) == 1
        assert abs(steps[:, 0]).max() <= 1
    assert set(counts) == {1, 2}
    assert np.mean(np.array(counts) == 1) == pytest.approx(1 / 10 + 9 / 10 / 49, abs=0.03)
    lengths = data.train.inputs.lengths  # type: ignore[attr-defined]
    assert (lengths.min(), lengths.max()) == (100, 110)


def test_the_halves_of_the_sum_are_even_and_follow_from_it():
    part = adding(4000).train
    above = part.target("sum") > 0.5
    assert [half == "high" for half in part.target("half")] == above.tolist()
    assert above.mean() == pytest.approx(0.5, abs=0.03)
    assert part.target("sum").var() == pytest.approx(2 / 3 / 16, abs=0.005)  # 0.0417, less 1 in 10


@pytest.mark.parametrize(("symbols", "bands"), [(2, [10, 50]), (3, [10, 33, 66])])
def test_the_order_is_that_of_the_symbols_in_the_text(symbols, bands):
    data = temporal_order(2000, symbols=symbols)
    for part in parts(data):
        for i, text in enumerate(part.inputs):
            words = text.split()
            assert (words[0], words[-1]) == ("start", "end")
            assert 100 <= len(words) <= 110
            at = [step for step, word in enumerate(words) if word in "XY"]
            assert all(band <= t <= band + 10 for band, t in zip(bands, at, strict=True))
            order = "".join(words[step] for step in at)
            assert part.target("order")[i] == order
            assert part.target("ends")[i] == ("same" if order[0] == order[-1] else "different")
            assert part.target("xs")[i] == order.count("X")
            assert set(words[1:-1]) <= {*"abcdXY"}


@pytest.mark.parametrize("symbols", [2, 3])
def test_the_orders_are_equally_frequent(symbols):
    orders = temporal_order(4000, symbols=symbols).train.target("order")
    names, counts = np.unique(orders, return_counts=True)
    assert len(names) == 2**symbols
    assert counts == pytest.approx(4000 / 2**symbols, rel=0.12)


def test_symbols_stay_apart_when_encoded():
    data = temporal_order(100, length=40)
    encoder = data.encoder.fit(data.train.inputs)
    assert encoder.spec.vocabulary == 9  # 8 symbols and the unknown word
    encoded = encoder.encode(data.test.inputs)
    assert encoded.lengths.tolist() == [len(text.split()) for text in data.test.inputs]
    assert encoded.values.min() > 0
    grammar = reber(100)
    assert grammar.encoder.fit(grammar.train.inputs).spec.vocabulary == 8


def test_the_grammar_reads_exactly_the_strings_written_by_hand():
    expected = {f"B{o}{inner}{o}E" for o in "TP" for inner in INNER}
    assert set(every_string(12)) == expected
    for string in expected:
        assert grammatical(string)
        assert readable(string) == len(string)
        for end in range(len(string)):
            assert not grammatical(string[:end])
            assert readable(string[:end]) == end


def test_membership_agrees_with_enumeration_one_symbol_away():
    every = list(every_string(11))
    longer = set(every_string(12))
    assert len(set(every)) == len(every)
    for string in every:
        for place in range(len(string)):
            for symbol in "BTPSXVEZ":
                changed = string[:place] + symbol + string[place + 1 :]
                assert grammatical(changed) == (changed in longer)


def test_what_can_be_read_is_the_longest_beginning_of_any_string():
    beginnings = {string[:end] for string in every_string(16) for end in range(len(string) + 1)}
    for wrong in ("", "X", "BTBTXSETT", "BTBTXSEPE", "BTBTXSET", "BPBPVVSPE", "BTBB"):
        longest = max(end for end in range(len(wrong) + 1) if wrong[:end] in beginnings)
        assert readable(wrong) == longest


def test_half_the_strings_are_grammatical_and_the_rest_near_misses_as_long():
    data = reber(2000)
    for part in parts(data):
        fault = np.array(part.target("fault"))
        strings = [text.replace(" ", "") for text in part.inputs]
        right = [grammatical(string) for string in strings]
        assert [answer == "yes" for answer in part.target("grammatical")] == right
        assert (fault == "none").tolist() == right
        shares = [np.mean(fault == name) for name in ("none", "outer", "inner")]
        assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.01)
        lengths = np.array([len(string) for string in strings])
        assert (lengths.min(), lengths.max()) >= (9, 20)
        assert lengths.max() <= LONGEST
        right_ones, near_misses = lengths[fault == "none"], lengths[fault != "none"]
        assert sorted(right_ones) == sorted(near_misses)
        for string, name, told in zip(strings, fault, part.target("readable"), strict=True):
            assert told == readable(string)
            mended = string[:-2] + string[1] + "E"
            assert grammatical(mended) == (name in ("none", "outer"))
            assert (told == len(string) - 2) or name != "outer"


def test_no_string_occurs_twice():
    every = [text for part in parts(reber(3000)) for text in part.inputs]
    assert len(set(every)) == len(every) == 3000 + 300 + 750


def test_a_near_miss_that_is_taken_is_drawn_again():
    others = [string for string in every_string(20) if string[1] == "T"][:20]
    strings = [one for pair in zip(others, ["BPBTSXXVVEPE"] * 20, strict=True) for one in pair]
    part = _examples(random.Random(0), strings, set(strings), 80)
    misses = [
        text
        for text, fault in zip(part.inputs, part.target("fault"), strict=True)
        if fault == "inner"
    ]
    assert len(set(misses)) == len(misses) == 20


def test_there_are_enough_strings_for_the_most_examples():
    assert sum(1 for _ in every_string(LONGEST)) >= 60_000 * 1.35 / 2 + 3


def flat(part):
    return [np.asarray(one).tolist() for one in (*part.inputs, *part.targets.values())]


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_seed_gives_the_same_examples_and_another_others(name):
    make = MAKERS[name]
    once, again, other = make(100), make(100), make(100, seed=1)
    for one, same, different in zip(parts(once), parts(again), parts(other), strict=True):
        assert flat(one) == flat(same)
        assert flat(one) != flat(different)
    assert [len(part) for part in parts(once)] == [100, 10, 25]


@pytest.mark.parametrize("name", ["adding", "temporal_order"])
def test_the_parts_share_no_sequence(name):
    data = MAKERS[name](300)
    every = [np.asarray(one).tolist() for part in parts(data) for one in part.inputs]
    assert len({str(one) for one in every}) == len(every)


@pytest.mark.parametrize("name", MAKERS)
def test_every_head_has_a_target_and_the_positive_label_exists(name):
    source = DATASETS.get(name)
    data = source.make(100)
    assert set(source.tasks) == {"binary", "multiclass", "regression"}
    for task in source.tasks.values():
        assert task.target in data.train.targets
    binary = source.tasks["binary"]
    assert binary.head["positive"] in data.train.target(binary.target)
    assert "default" in source.presets


@pytest.mark.parametrize("name", MAKERS)
def test_every_argument_out_of_range_is_named(name):
    with pytest.raises(InputError) as caught:
        MAKERS[name](0, seed=-1)
    assert len(caught.value.problems) == 2
    assert "n from 20, got 0" in caught.value.problems[0]


def test_a_length_too_short_and_too_many_strings_are_refused():
    with pytest.raises(InputError, match="length from 20, got 5"):
        adding(length=5)
    with pytest.raises(InputError, match="symbols 2 or 3, got 4"):
        temporal_order(symbols=4)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="strings run out"):
        reber(10**6)
