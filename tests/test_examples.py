"""The examples run as their docstrings say, use nothing but the public names, and stay short."""

import ast
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import seqmodels as sm
from seqmodels import testing
from seqmodels.core.registry import DATASETS, ENCODERS, HEADS, LAYERS

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
PUBLIC = {"seqmodels", "seqmodels.encoders", "seqmodels.testing"}


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run an example from the command line, in a folder and a registry of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
    for registry in (DATASETS, ENCODERS, HEADS, LAYERS):
        list(registry)  # the built-in parts
        monkeypatch.setattr(registry, "_parts", dict(registry._parts))

    def run(name: str, *arguments: str) -> str:
        path = FOLDER / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [str(path), *arguments])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(path), run_name="__main__")
        assert not left.value.code
        return capfd.readouterr().out

    return run


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_says_how_to_run_it(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert f"python examples/{path.name}" in (ast.get_docstring(ast.parse(text)) or "")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_uses_public_names_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or alias.name for alias in node.names]
            ours = {name for name in names if name.split(".")[0] == "seqmodels"}
            assert ours <= PUBLIC
        elif isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")


def test_the_film_review_tutorial_shows_its_nine_steps_and_runs(run, shared_data):
    text = (FOLDER / "imdb_tutorial.py").read_text(encoding="utf-8")
    steps = [line.strip() for line in text.splitlines() if line.strip()[:3] in STEPS]
    assert [line[:3] for line in steps] == STEPS
    out = run(
        "imdb_tutorial", "--data", str(shared_data / "imdb" / "imdb.npz"), "--limit", "300",
        "--epochs", "1",
    )  # fmt: skip
    assert f"{5000 * 15 + 4 * 10 * (15 + 10 + 1):,}" in out, "the embedding's and the LSTM's"
    assert "Test loss 0." in out


STEPS = [f"# {number}" for number in range(1, 10)]


def test_the_film_review_tutorial_asks_for_what_its_preset_asks(monkeypatch):
    from seqmodels.training.settings import resolve

    asked = {}
    monkeypatch.setattr(sm, "train", lambda dataset, **given: asked.update(given) or _Stop())
    main = runpy.run_path(str(FOLDER / "imdb_tutorial.py"))["main"]
    with pytest.raises(_Stopped):
        main()
    given = {"training.epochs": asked["epochs"], "training.batch_size": asked["batch_size"]}
    plan = resolve(
        "imdb",
        head=asked["head"],
        target=asked["target"],
        backbone=asked["backbone"],
        settings={**asked["settings"], **given},
    )
    preset = resolve("imdb", preset="tutorial")
    for part in ("arguments", "target", "head", "backbone", "training"):
        assert getattr(plan, part) == getattr(preset, part)


class _Stopped(Exception):  # noqa: N818
    pass


class _Stop:
    @property
    def model(self):
        raise _Stopped


def test_handwriting_runs(run, shared_data):
    out = run("handwriting", "--data", str(shared_data), "--limit", "300", "--epochs", "1")
    assert "Your digit is read as" in out
    assert "ROC-AUC" in out


def test_weather_shows_the_naive_forecasts_beside(run, shared_data):
    out = run("weather", "--data", str(shared_data), "--limit", "100", "--epochs", "1")
    for line in ("humidity +1: LSTM", "meantemp +1: LSTM"):
        assert line in out
    assert out.count("seasonal last value") == 2


def test_unit_sales_names_the_quarter(run, shared_data):
    out = run("unit_sales", "--data", str(shared_data), "--limit", "300", "--epochs", "1")
    assert "seasonal last value" in out
    assert out.count("%") == 6 + 4, "the model and five baselines; four quarters"


def test_a_dataset_of_ones_own_runs_under_three_heads(run):
    out = run("own_dataset", "--epochs", "1", "--n", "400")
    assert out.count("morse-") == 3


def test_the_dataset_of_ones_own_keeps_the_promises(run):
    run("own_dataset", "--help")
    source = DATASETS.get("morse")
    tasks = {head: (task.target, dict(task.head)) for head, task in source.tasks.items()}
    testing.check_dataset(source.make(n=400), tasks)


def test_a_head_of_ones_own_runs_and_keeps_the_promises(run):
    assert "deviance=" in run("own_head", "--epochs", "1", "--n", "300")
    testing.check_head(HEADS.get("counts")(), [0, 3, 1, 7, 2, 2])


def test_a_layer_of_ones_own_runs_and_keeps_the_promises(run):
    assert "accuracy=" in run("attention_pooling", "--epochs", "1", "--n", "300")
    testing.check_layer(LAYERS.get("attention")())


@pytest.fixture
def part(run):
    """Import an example and return the class in it, registered for this test."""

    def part(name: str, kind: str):
        return runpy.run_path(str(FOLDER / f"{name}.py"), run_name=name)[kind]

    return part


def test_an_ordinal_head_keeps_the_promises(part):
    ordinal = part("ordinal_head", "Ordinal")
    testing.check_head(ordinal(), [0, 3, 1, 2, 2, 1])
    named = ordinal(order=("low", "mid", "high"))
    testing.check_head(named, ["low", "high", "mid", "low"])
    for targets in (["low", "lower"], ["low", None]):
        with pytest.raises(sm.InputError, match="needs classes of"):
            named.fit(targets)
    with pytest.raises(sm.InputError, match="needs classes of"):
        ordinal().fit([1, 1])


def test_an_ordinal_head_tells_the_shares_of_training_until_it_has_learned(part):
    head = part("ordinal_head", "Ordinal")(order=("low", "mid", "high"))
    fitted = head.fit(["low"] * 49 + ["mid"] * 29 + ["high"] * 19)
    trivial = fitted.trivial(2)
    np.testing.assert_allclose(trivial.scores, [[0.5, 0.3, 0.2]] * 2, atol=1e-6)
    high = fitted.decode(np.array([[0.0], [3.0], [50.0], [-50.0]]))
    assert high.answers.tolist()[1:] == ["high", "high", "low"]
    assert np.isfinite(high.scores).all()
    off = fitted.score(["low", "low"], sm.Prediction(np.array(["mid", "high"])))
    assert off["classes off"] == 1.5


def test_an_ordinal_head_trains_by_its_name(part):
    part("ordinal_head", "Ordinal")
    run = sm.train("temporal_order", head="ordinal", target="xs", epochs=1, limit=200, quiet=True)
    assert set(run.baselines) == {"median class"}
    assert sm.load(run.path).head == run.model.head


def test_the_encoder_of_dna_runs_and_keeps_the_promises(run):
    assert "accuracy=" in run("dna_encoder", "--epochs", "1", "--n", "300")
    testing.check_encoder(ENCODERS.get("dna")(), ["ACGT", "n", "acgtuRYSWKMBDHVN"])


def test_a_code_for_several_bases_is_shared_among_them(part):
    dna = part("dna_encoder", "Dna")()
    found = dna.encode(["AR", "uN"])
    assert found[0].tolist() == [[1, 0, 0, 0], [0.5, 0, 0.5, 0]]
    assert found[1].tolist() == [[0, 0, 0, 1], [0.25] * 4]
    assert dna.read(">one\nACG\nT\n>two\r\nNN\n") == ["ACGT", "NN"]
    assert dna.read("ACG\n\nTT\n") == ["ACG", "TT"]
    for broken in ("ACX", "A-C", "", None, 3, "Ä", ["A"]):
        with pytest.raises(sm.InputError, match="row 1"):
            dna.encode(["A", broken])
