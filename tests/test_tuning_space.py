"""What a search may try: ranges and choices, held against the signatures."""

import re

import pytest
from searches import made, tuned

import seqmodels as sm
from seqmodels.tuning.space import Range, entries, space, texts_of

pytest.importorskip("optuna")


def test_a_range_and_choices_are_read_as_the_signature_has_them():
    found = entries(
        {
            "training.learning_rate": "1e-4:1e-2:log",
            "backbone.units": "8:32:8",
            "backbone.summary": "",
            "backbone.bidirectional": "true,false",
            "backbone.embed": (None, 16),
        },
        lambda: None,
        "a dataset",
    )
    assert found["training.learning_rate"] == Range(1e-4, 1e-2, log=True, whole=False)
    assert found["backbone.units"] == Range(8, 32, log=False, whole=True, step=8)
    assert found["backbone.summary"].values == ("last", "max", "mean", "both")
    assert found["backbone.bidirectional"].values == (True, False)
    assert found["backbone.embed"].values == (None, 16)
    assert entries(texts_of(found), lambda: None, "a dataset") == found, "as it is written down"


@pytest.mark.parametrize(
    ("given", "noun"),
    [
        ({"backbone.unit": "1:2"}, "Did you mean 'units'"),
        ({"units": "1:2"}, "group"),
        ({"backbone.units": "64:16"}, "'64:16'"),
        ({"backbone.units": "0:16"}, "from 1, got '0'"),
        ({"backbone.dropout": "0:0.5:log"}, "above 0"),
        ({"backbone.units": "8:16:lin"}, "'log' or a step"),
        ({"backbone.units": "8:16:0.5"}, "step"),
        ({"backbone.units": "8"}, "different values"),
        ({"backbone.units": ""}, "backbone.units=16:128:log"),
        ({"backbone.summary": "last,first"}, "one of 'last'"),
        ({"head.threshold": "0.3:0.6"}, "head"),
        ({"training.valid": "0.1:0.3"}, "validation part"),
        ({"dataset.size": "1,2"}, "Unknown argument 'size'"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_fix(given, noun):
    with pytest.raises(sm.InputError, match=re.escape(noun)):
        entries(given, lambda: None, "dataset 'one'")


def test_every_mistake_is_told_at_once(tmp_path):
    with pytest.raises(sm.InputError) as caught:
        tuned(
            tmp_path / "t", dataset="digits", trials=0, minutes=-1,
            search={"backbone.unit": "1:2", "head.x": "1:2"},
        )  # fmt: skip
    assert len(caught.value.problems) == 4
    assert not (tmp_path / "t").exists()


def test_what_is_fixed_is_not_searched_and_the_dataset_adds_its_own():
    found = space({}, {"dataset.size": "40,60"}, {"backbone.units": 8}, made, "dataset 'sums'")
    assert "backbone.units" not in found
    assert found["dataset.size"].values == (40, 60)
    assert {"training.learning_rate", "backbone.layers", "backbone.dropout"} < set(found)
    with pytest.raises(sm.InputError, match=r"backbone\.units"):
        space({"backbone.units": "2:4"}, {}, {"backbone.units": 8}, made, "dataset 'sums'")


def test_numbers_that_are_tried_have_few_digits_and_stay_within_the_range():
    entry = Range(0.123456, 0.987654, log=False, whole=False)
    assert entry.value(0.5432123) == 0.543
    assert entry.value(0.1234561) == 0.123456
    assert Range(8, 32, log=False, whole=True, step=8).drawn(20) is None
    assert Range(8, 32, log=False, whole=True, step=8).drawn(24) == 24
