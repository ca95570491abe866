"""Old names of settings and arguments: they work, and each says its new name."""

import dataclasses
import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels import InputError
from seqmodels.cli import app
from seqmodels.core.renamed import RenamedWarning, names_of
from seqmodels.nn.backbone import Backbone
from seqmodels.training.config import Training
from seqmodels.training.settings import by_current_names, resolve, restored
from seqmodels.training.values import fields_of, old_names

DOCS = Path(__file__).parents[1] / "docs"
GIVEN = {
    "memory": 9, "level": "last", "segment": 4, "hop": 2, "most": 5, "scales": 2, "apart": True,
    "linear": 3, "views": True, "kernels": 6, "members": 2, "blanks": 0.1, "buckets": 9,
    "vectors": 4,
}  # fmt: skip
NEW = Backbone(
    chrono_init=9, subtract_last=True, segment_length=4, segment_stride=2, max_segments=5,
    segment_scales=2, channel_independent=True, linear_lags=3, input_views=True,
    random_convolutions=6, ensemble_size=2, word_dropout=0.1, ngram_buckets=9, word_vectors=4,
)  # fmt: skip


def test_every_old_name_of_the_backbone_is_an_argument_and_an_attribute():
    assert set(GIVEN) == set(names_of(Backbone))
    with pytest.warns(RenamedWarning) as told:
        assert Backbone(**GIVEN) == NEW
    assert len(told) == len(GIVEN), "one warning for each"
    assert any("'random_convolutions'" in str(one.message) for one in told)
    with pytest.warns(RenamedWarning):
        assert [getattr(NEW, name) for name in GIVEN] == list(GIVEN.values())
    with pytest.warns(RenamedWarning):
        assert dataclasses.replace(NEW, kernels=7).random_convolutions == 7
    with pytest.raises(AttributeError, match="kernel_size"):
        _ = NEW.kernel_size  # type: ignore[attr-defined]


def test_old_names_of_public_values_are_arguments_and_attributes():
    public: Any = sm  # the checker of types knows no old name
    part = public.Examples([[1.0], [2.0], [3.0]], {"y": [1, 2, 3]}, groups={"who": ["a", "b", "c"]})
    given = {"train": part, "test": part, "encoder": sm.read([[1.0]] * 9, [1, 2] * 4 + [1]).encoder}
    with pytest.warns(RenamedWarning):
        data = public.Dataset(**given, apart="who", says=("so",))
    assert (data.group_by, data.notes) == ("who", ("so",))
    with pytest.warns(RenamedWarning):
        assert (data.apart, data.says) == ("who", ("so",))
    with pytest.warns(RenamedWarning):
        parts = part.split(0.4, 0, apart="who")
    assert [one.inputs for one in parts] == [
        one.inputs for one in part.split(0.4, 0, group_by="who")
    ]
    with pytest.warns(RenamedWarning):
        assert public.Task("y", says="the number").description == "the number"
    with pytest.warns(RenamedWarning):
        assert public.Spec(channels=2, continues=(1, 0, 1)).told == (1, 0)


def test_old_settings_override_a_preset_under_the_new_names():
    old = {"backbone.kernels": "0", "backbone.level": "last", "backbone.segment": "none",
           "backbone.hop": None, "backbone.most": None, "backbone.scales": 1,
           "training.sure": 0.9}  # fmt: skip
    with pytest.warns(RenamedWarning) as told:
        plan = resolve("sequences", settings={**old, "dataset.path": "x"}, head="multiclass")
    assert len(told) == len(old)
    assert plan.backbone.random_convolutions == 0
    assert plan.backbone.segment_length is None
    assert plan.backbone.subtract_last is True
    assert plan.training.pseudo_label_threshold == 0.9


def test_a_setting_under_both_names_is_refused():
    both = {"backbone.kernels": 6, "backbone.random_convolutions": 7}
    with pytest.raises(sm.InputError, match="random_convolutions"):
        resolve("digits", settings=both)


def test_a_record_of_old_names_is_restored_without_a_warning():
    names = {"backbone.word_vectors": "backbone.vectors"}
    plan = resolve("digits", settings={"backbone.units": 3})
    record = json.loads(json.dumps(plan.record()))
    record["free"] = [names.get(name, name) for name in record["free"]]
    record["backbone"] = {"units": 3, **GIVEN}
    record["training"]["sure"] = record["training"].pop("pseudo_label_threshold")
    again = restored(record)
    assert again.backbone == dataclasses.replace(NEW, units=3)
    assert (again.training, again.free) == (plan.training, plan.free)
    assert set(by_current_names(record)["backbone"]) <= set(dataclasses.asdict(NEW))


def test_the_command_line_says_the_new_name_in_one_line():
    asked = ["train", "digits", "--check", "--set", "backbone.views=true"]
    found = CliRunner().invoke(app, [*asked, "--set", "backbone.kernels=6"])
    assert found.exit_code == 0, found.output
    lines = [line for line in found.stderr.splitlines() if "old name" in line]
    assert len(lines) == 2
    assert "'backbone.views'" in lines[0]
    assert "'backbone.input_views'" in lines[0]


def test_a_search_by_old_names_searches_the_new_ones():
    from seqmodels.tuning.space import space, texts_of

    old = {"backbone.kernels": "10:100", "backbone.level": "absolute,last"}
    with pytest.warns(RenamedWarning):
        found = space(old, {}, {}, lambda: None, "a dataset")
    texts = texts_of(found)
    assert texts["backbone.random_convolutions"] == "10:100"
    assert texts["backbone.subtract_last"] == "false,true"
    assert getattr(found["backbone.subtract_last"], "values", None) == (False, True)


def test_the_page_of_the_command_line_names_every_setting_old_and_new():
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for kind, group in ((Backbone, "backbone"), (Training, "training")):
        rows = re.findall(rf"^\| `{group}\.`[^|]*\|(.*)\|$", page, flags=re.M)
        named = re.findall(r"`(\w+)`", " ".join(rows))
        assert sorted(named) == sorted(field.name for field in dataclasses.fields(kind))
    table = dict(
        re.findall(r"^\| `((?:backbone|training)\.\w+)[^|]*\| `([\w.]+)", page, flags=re.M)
    )
    known = {old: new if isinstance(new, str) else new[0] for old, new in old_names().items()}
    assert table == known


def test_no_built_in_preset_uses_an_old_name():
    from seqmodels.core.registry import DATASETS

    with warnings.catch_warnings():
        warnings.simplefilter("error", RenamedWarning)
        for name in DATASETS:
            source = DATASETS.get(name)
            given = {key for one in source.presets.values() for key in one}
            assert not given & set(old_names(source.make)), name


def test_an_old_name_is_seen_by_who_trains_from_python():
    assert issubclass(RenamedWarning, FutureWarning), "a DeprecationWarning is hidden by default"


@pytest.mark.parametrize("value", [True, "true", False, "false"])
def test_true_is_no_whole_number(value):
    with pytest.raises(InputError, match="whole number"):
        fields_of(Backbone, {"linear_lags": value}, "the backbone")
    assert fields_of(Backbone, {"skip": value}, "the backbone").skip in (True, False)
    assert (
        fields_of(Backbone, {"random_convolutions": "1"}, "the backbone").random_convolutions == 1
    )
