"""Small runs score as the code before the redesign scored, within what another seed moves."""

import json
import runpy
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
SCORES = json.loads((GOLDEN / "scores.json").read_text(encoding="utf-8"))
MADE = runpy.run_path(str(GOLDEN / "make_scores.py"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    MADE["write_tables"](folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", SCORES)
def test_a_small_run_scores_as_before_within_the_spread_of_seeds(name, tables, tmp_path):
    found = MADE["scores"](name, tables, tmp_path / "run")
    expected = {score: kept["mean"] for score, kept in SCORES[name].items()}
    assert found.keys() == expected.keys()
    for score, kept in SCORES[name].items():
        assert found[score] == pytest.approx(kept["mean"], abs=kept["tolerance"]), score


def test_every_run_has_scores_to_be_held_to():
    assert SCORES.keys() == MADE["RUNS"].keys()
