"""The examples run as their docstrings say, use nothing but the public names, and stay short."""

import ast
import runpy
import sys
from pathlib import Path

import pytest

from seqmodels import testing
from seqmodels.registry import DATASETS, HEADS

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
PUBLIC = {"seqmodels", "seqmodels.encoders", "seqmodels.testing"}


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run an example from the command line, in a folder and a registry of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
    for registry in (DATASETS, HEADS):
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
    import seqmodels as sm
    from seqmodels.settings import resolve

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
    assert out.count("%") == 4 + 4, "the model and three baselines; four quarters"


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
