"""Models that were saved long ago: each opens, and answers as it did."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import seqmodels as sm
from seqmodels import engines
from seqmodels.engines import native
from seqmodels.saved import FORMAT

GOLDEN = Path(__file__).parent / "golden"
SAVED = sorted(path.parent for path in GOLDEN.glob("format-*/*/answers.json"))


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


def test_the_format_of_today_and_all_before_it_are_kept():
    kept = {path.parent.name for path in SAVED}
    assert kept == {f"format-{number}" for number in range(1, FORMAT + 1)}


def test_what_is_kept_is_small_and_its_answers_differ():
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) < 200_000
    for place in SAVED:  # an answer that is always the same would prove nothing
        outputs = json.loads((place / "answers.json").read_text(encoding="utf-8"))["outputs"]
        assert np.ptp(np.array(outputs), axis=0).min() > 1e-3, place
