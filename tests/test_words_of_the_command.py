"""What the command line shows: types, defaults and hints as one types them."""

import json
import re
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.cli.terminal.hints import as_typed
from seqmodels.encoders import SeriesEncoder
from seqmodels.runs.reproducibility import differences
from seqmodels.training.checkpoints import Checkpoints

RNG = np.random.default_rng(0)


def shown(*arguments: str) -> str:
    found = CliRunner().invoke(app, list(arguments))
    return found.output


@pytest.mark.parametrize("command", [(), ("train",), ("tune",), ("list",), ("compare",)])
def test_help_shows_flags_without_a_type_and_defaults_without_brackets(command):
    text = shown(*command, "--help")
    assert "--help" in text
    assert "bool" not in text
    assert "default: (" not in text


def test_list_shows_defaults_as_set_takes_them():
    rows = {row["setting"]: row for row in json.loads(shown("list", "imdb", "--json"))}
    defaults = [row["default"] for row in rows.values()]
    assert not {"None", "True", "False"} & set(defaults)
    assert rows["backbone.segment_length"]["default"] == "none"
    assert rows["backbone.bidirectional"]["default"] in ("true", "false")
    assert not any(re.search(r"[()\[\]]", text.replace("(needed)", "")) for text in defaults)


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("Choose: target= (--target price).", "Choose: --target price."),
        ("Leave --data (data=) out.", "Leave --data out."),
        ("Tell its rows apart: group= one or more.", "Tell its rows apart: --group one or more."),
        ("(group_by=)", "(--group-by)"),
        ("Hold more out (test=), or", "Hold more out (--set dataset.test=...), or"),
        ("With layout='columns' each", "With --set dataset.layout=columns each"),
        ("Backbone(skip=) needs", "backbone.skip needs"),
        ("Backbone(segment_stride=3) leaves", "backbone.segment_stride=3 leaves"),
        ("--set dataset.test=0.3", "--set dataset.test=0.3"),
        ("settings={'backbone.units': 32}", "settings={'backbone.units': 32}"),
        ("a == b, x=1", "a == b, x=1"),
    ],
)
def test_hints_are_spelled_as_one_types_them(python, typed):
    assert as_typed(python) == typed


def test_a_mistake_on_the_command_line_names_no_python_argument(tmp_path):
    path = tmp_path / "one.csv"
    days = [f"2024-01-{day:02d},{store},{day}" for day in range(1, 29) for store in "ab"]
    path.write_text("\n".join(["day,store,sold", *days]))
    text = shown("train", "series", "--data", str(path), "--check")
    assert "--group" in text
    assert "group=" not in text.replace("dataset.group=", "")


def test_resuming_says_from_which_epoch(tmp_path):
    kept, said = Checkpoints(tmp_path), []
    assert kept.newest(said.append) is None
    assert said == []
    kept.save(4, 0, {"a": np.zeros(1)})
    kept.newest(said.append)
    kept.save(4, 120, {"a": np.zeros(1)})
    kept.newest(said.append)
    assert "epoch 5" in said[0]
    assert "epoch 5" in said[1]
    assert "120 steps" in said[1]


def record(seed: int, hashes: tuple[str, str, str]) -> dict:
    names = ("train", "valid", "test")
    return {
        "head": {}, "backbone": {}, "training": {}, "seed": seed, "limit": None, "versions": {},
        "engine": "native", "machine": dict.fromkeys(
            ("system", "processor", "instruction_sets", "cores"), ""),
        "fingerprint": dict(zip(names, hashes, strict=True)),
        "examples": {"train": 80, "valid": 10, "test": 10},
    }  # fmt: skip


def test_another_seed_is_not_taken_for_other_data():
    there, here = record(0, ("a", "b", "c")), record(1, ("d", "e", "f"))
    [line] = [line for line in differences(there, here) if "test (10" in line]
    assert "other seed splits" in line
    [line] = [
        line for line in differences(there, record(0, ("d", "b", "c"))) if "train (80" in line
    ]
    assert line.startswith("the data differ")
    assert "seed" not in line


def test_one_sequence_in_place_of_a_list_is_refused_with_what_to_write():
    two = [RNG.normal(size=(9, 2)) for _ in range(6)]
    one = [RNG.normal(size=9) for _ in range(6)]
    head = sm.Binary().fit(["a", "b"])
    for inputs in (two, one):
        model: Any = sm.SequenceModel(SeriesEncoder().fit(inputs), sm.Backbone(units=2), head)
        assert len(model.predict(inputs[:1]).answers) == 1
        for alone in (inputs[0], inputs[0].tolist()):
            with pytest.raises(sm.InputError, match=r"predict\(\[x\]\)"):
                model.predict(alone)
