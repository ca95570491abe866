"""Models that were saved long ago: each opens, and answers as it did."""

import dataclasses
import json
import runpy
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import seqmodels as sm
from seqmodels import encoders, heads
from seqmodels.core.registry import ENCODERS, HEADS
from seqmodels.model.explain import Explainer
from seqmodels.model.saved import FORMAT
from seqmodels.nn import engines
from seqmodels.nn.engines import native

GOLDEN = Path(__file__).parent / "golden"
SAVED = sorted(path.parent for path in GOLDEN.glob("format-[0-9]/*/answers.json"))
LAYERS = sorted(path.parent for path in GOLDEN.glob("format-2-layers/*/answers.json"))
EXPLAINED = [place for place in LAYERS if (place / "explained.json").exists()]
# Engines differ in the LSTM alone, and other tests compare them.
QUICK = "fused" if native.missing() else "native"
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in engines.NAMES if name != QUICK]


@pytest.fixture(params=engines.NAMES)
def engine(request, monkeypatch):
    if request.param == "native" and native.missing():
        pytest.skip(f"no native kernel: {native.missing()}")
    monkeypatch.setenv(engines.VARIABLE, request.param)
    engines.chosen.cache_clear()
    yield request.param
    engines.chosen.cache_clear()


def answers(model: sm.SequenceModel, inputs: list) -> dict:
    return runpy.run_path(str(GOLDEN / "make.py"))["answers"](model, inputs)


@pytest.mark.parametrize("place", SAVED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_model_of_old_answers_as_it_did_on_every_engine(place, engine):
    model = sm.load(place / "model")
    inputs = json.loads((place / "inputs.json").read_text(encoding="utf-8"))
    expected = json.loads((place / "answers.json").read_text(encoding="utf-8"))
    outputs = answers(model, inputs)["outputs"]
    np.testing.assert_allclose(outputs, expected["outputs"], atol=1e-5)
    found = model.predict(inputs)
    if found.scores is None:
        np.testing.assert_allclose(found.answers, expected["answers"], rtol=1e-5)
    else:
        assert found.answers.tolist() == expected["answers"]
        np.testing.assert_allclose(found.scores, expected["scores"], atol=1e-5)
        assert list(found.columns or ()) == expected["columns"]


@pytest.mark.parametrize("engine", [QUICK, *SLOW], indirect=True)
@pytest.mark.parametrize("place", LAYERS, ids=lambda path: path.name)
def test_every_layer_and_option_answers_as_it_did(place, engine):
    model = sm.load(place / "model")
    inputs, expected = read(place / "inputs.json"), read(place / "answers.json")
    outputs = answers(model, inputs)["outputs"]  # one batch, most of it padding
    np.testing.assert_allclose(outputs, expected["outputs"], atol=1e-5)
    found = model.predict(inputs)
    assert (None if found.columns is None else list(found.columns)) == expected["columns"]
    if found.scores is None:
        least = 1e-5 * np.abs(expected["answers"]).max()
        np.testing.assert_allclose(found.answers, expected["answers"], rtol=1e-5, atol=least)
    else:
        assert found.answers.tolist() == expected["answers"]
        np.testing.assert_allclose(found.scores, expected["scores"], atol=1e-5)


@pytest.mark.parametrize("place", EXPLAINED, ids=lambda path: path.name)
def test_what_each_step_contributed_is_as_it_was(place):
    model, expected = sm.load(place / "model"), read(place / "explained.json")
    sequence = model.encoder.encode(read(place / "inputs.json"))[expected["row"]]
    found = Explainer(model).explain(sequence, np.array(expected["unit"]))
    np.testing.assert_allclose(found.parts, expected["parts"], atol=1e-3)
    np.testing.assert_allclose(found.output, expected["output"], atol=1e-4)
    np.testing.assert_allclose(found.baseline, expected["baseline"], atol=1e-4)


def test_every_field_of_the_backbone_is_kept_at_another_value_than_its_default():
    kept = [dataclasses.asdict(sm.load(place / "model").backbone) for place in LAYERS]
    assert missing(sm.Backbone, kept) == set()


@pytest.mark.parametrize("kind", ["encoder", "head"])
def test_every_field_of_encoders_and_heads_is_kept_at_another_value_than_its_default(kind):
    registry, base = {"encoder": (ENCODERS, sm.Encoder), "head": (HEADS, sm.Head)}[kind]
    parts = [registry.restore(read(place / "model" / "model.json")[kind]) for place in LAYERS]
    module = {"encoder": encoders, "head": heads}[kind]
    made = [getattr(module, name) for name in module.__all__]
    made = [cls for cls in made if issubclass(cls, base) and cls is not base]
    assert len(made) >= 3
    for cls in made:
        assert missing(cls, [vars(part) for part in parts if type(part) is cls]) == set()


def missing(cls: Any, kept: list[dict[str, Any]]) -> set[str]:
    """Return the fields of which no other value than the default is kept, or not every choice."""
    hints = get_type_hints(cls)
    found = set()
    for field in dataclasses.fields(cls):
        values = [one.get(field.name, field.default) for one in kept]
        choices = get_args(hints[field.name]) if get_origin(hints[field.name]) is Literal else ()
        if all(value == field.default for value in values) or set(choices) - set(values):
            found.add(field.name)
    return found


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_format_of_today_and_all_before_it_are_kept():
    kept = {path.parent.name for path in SAVED}
    assert kept == {f"format-{number}" for number in range(1, FORMAT + 1)}


def test_what_is_kept_is_small_and_its_answers_differ():
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) < 640_000
    for place in [*SAVED, *LAYERS]:  # an answer that is always the same would prove nothing
        outputs = json.loads((place / "answers.json").read_text(encoding="utf-8"))["outputs"]
        assert np.ptp(np.array(outputs), axis=0).min() > 1e-3, place
