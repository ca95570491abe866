"""Examples and sequences: counted, cut and shared without copies."""

import tracemalloc

import numpy as np
import pytest

from seqmodels import Dataset, Examples, InputError, Sequences
from seqmodels.encoders import TextEncoder


def test_examples_need_one_target_per_input():
    with pytest.raises(InputError, match="got 2 inputs and 1 values of 'mood'"):
        Examples(["a", "b"], {"mood": ["good"]})


def test_an_unknown_target_names_those_there_are():
    with pytest.raises(InputError, match="The targets are 'mood'"):
        Examples(["a"], {"mood": ["good"]}).target("colour")


def test_a_split_keeps_the_share_of_each_class_and_loses_nobody():
    labels = ["rare"] * 10 + ["common"] * 90
    train, valid = Examples(list(range(100)), {"kind": labels}).split(0.2, seed=3, by="kind")
    assert sorted([*train.inputs, *valid.inputs]) == list(range(100))
    assert valid.target("kind").count("rare") == 2
    assert valid.target("kind").count("common") == 18


def test_a_class_with_one_example_stays_in_the_first_part():
    train, valid = Examples(list("abc"), {"kind": ["x", "y", "y"]}).split(0.5, seed=0, by="kind")
    assert "x" in train.target("kind")
    assert len(valid) == 1


def test_the_same_seed_gives_the_same_split():
    every = Examples(list(range(50)), {"n": list(range(50))})
    assert every.split(0.3, 7)[1].inputs == every.split(0.3, 7)[1].inputs
    assert every.split(0.3, 7)[1].inputs != every.split(0.3, 8)[1].inputs


def test_an_empty_sequence_is_refused_with_its_row():
    with pytest.raises(InputError, match="row 1 "):
        Sequences.of([[1.0], [], [2.0]])


def test_text_in_a_sequence_of_numbers_is_refused_with_its_row():
    with pytest.raises(InputError, match="Row 1 is not a sequence of numbers"):
        Sequences.of([[1.0], ["x"]])


def test_rows_with_other_channels_are_refused():
    with pytest.raises(InputError, match="row 1 has 3"):
        Sequences.of([[[1, 2]], [[1, 2, 3]]])


def test_windows_share_the_series():
    series = np.zeros((200_000, 4))
    tracemalloc.start()
    starts = np.arange(199_000)
    windows = Sequences(series, starts, np.full(len(starts), 96))
    some = windows.take(np.arange(0, 199_000, 2)).cut(50, "end")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert some[0].base is series or some[0].base is not None
    assert len(some[0]) == 50
    assert peak < 20 * len(starts) * 8, "index vectors only; the windows would take 610 MB"


def test_cutting_keeps_the_end_that_was_asked_for():
    rows = Sequences.of([[1, 2, 3, 4], [5]])
    assert rows.cut(2, "end")[0].ravel().tolist() == [3, 4]
    assert rows.cut(2, "start")[0].ravel().tolist() == [1, 2]
    assert rows.cut(2, "end")[1].ravel().tolist() == [5]


def test_covered_steps_are_those_a_sequence_reads():
    rows = Sequences(np.arange(10.0)[:, None], np.array([1, 2, 7]), np.array([2, 2, 1]))
    assert rows.covered().nonzero()[0].tolist() == [1, 2, 3, 7]


def test_a_dataset_refuses_an_empty_part_and_unlike_targets():
    some = Examples(["a"], {"mood": ["good"]})
    with pytest.raises(InputError, match="test part has no examples"):
        Dataset(train=some, test=Examples([], {"mood": []}), encoder=TextEncoder())
    with pytest.raises(InputError, match="test part has targets 'colour'"):
        Dataset(train=some, test=Examples(["a"], {"colour": [1]}), encoder=TextEncoder())


def test_targets_without_a_name_and_an_encoder_class_are_refused():
    with pytest.raises(InputError, match="targets by name"):
        Examples(["a"], ["good"])
    some = Examples(["a"], {"mood": ["good"]})
    with pytest.raises(InputError, match="needs an encoder"):
        Dataset(train=some, test=some, encoder=TextEncoder)
