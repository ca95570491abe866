"""The arrows between rooms point one way, and the quick paths stay quick."""

import ast
import graphlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "matplotlib", "sklearn", "pandas")
PACKAGE = Path(__file__).parents[1] / "seqmodels"

# The rooms that each room may import. No circles: `test_the_edges_form_no_circle`.
EDGES = {
    "core": "",
    "plots": "core",
    "heads": "core plots",
    "encoders": "core plots",
    "data": "core encoders",
    "nn": "core",
    "model": "core encoders heads nn",
    "evaluation": "core heads",
    "training": "core data encoders evaluation heads model nn plots",
    "report": "core evaluation heads model plots",
    "audit": "core encoders plots report training",
    "runs": "audit core data evaluation heads model nn plots report training",
    "tuning": "core heads model nn plots report runs training",
    "sklearn": "core encoders heads model nn training",
    "testing": "core heads model nn training",
    "cli": "audit core evaluation runs training tuning",
    "__main__": "cli",
}
UNCOMPILED = {"PYTHONDONTWRITEBYTECODE"}  # with it each start compiles everything anew
MOST_ENTRIES = 18  # of the package's folder
WITH_TENSORFLOW = {"nn", "model", "training", "report", "runs", "testing", "tuning"}
NO_TENSORFLOW = sorted(set(EDGES) - WITH_TENSORFLOW)


def imports(path: Path, top_only: bool = False) -> list[str]:
    """Return the modules a file imports; with `top_only`, only when it is itself imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(tree.body) if top_only else list(ast.walk(tree))
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "seqmodels":
            found += [f"seqmodels.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_imports_follow_the_edges():
    for path in PACKAGE.rglob("*.py"):
        here = room(path)
        if here == "__init__":
            continue
        for module in imports(path):
            parts = module.split(".")
            if parts[0] != "seqmodels" or len(parts) == 1 or parts[1] == here:
                continue
            if parts[1] not in EDGES:
                continue  # a public name of the package itself
            assert parts[1] in EDGES[here].split(), f"{path} must not import {module}"


def test_the_edges_form_no_circle():
    order = graphlib.TopologicalSorter({name: to.split() for name, to in EDGES.items()})
    assert set(order.static_order()) == set(EDGES)


def test_every_room_has_its_edges_and_says_what_it_holds():
    found = {room(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert found == set(EDGES)
    assert len(found) + 1 <= MOST_ENTRIES
    for name in found - {"__main__", "testing"}:
        text = (PACKAGE / name / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), name


def test_every_room_is_in_the_table_of_rooms():
    text = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)(?:\.py|/)` \|", text, re.MULTILINE))
    assert listed == set(EDGES) - {"__main__"}


@pytest.mark.parametrize("name", NO_TENSORFLOW)
def test_the_data_side_names_no_tensorflow_when_imported(name):
    root = PACKAGE / name
    for path in root.rglob("*.py") if root.is_dir() else [root.with_suffix(".py")]:
        heavy = {m.split(".")[0] for m in imports(path, top_only=True)} & {"keras", "tensorflow"}
        assert not heavy, path


def loaded(code: str) -> set[str]:
    """Return the heavy packages that a fresh process has imported after `code`."""
    watch = (
        "import sys, contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        + "".join(f"    {line}\n" for line in code.splitlines())
        + f"print(*[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def command(*arguments: str) -> str:
    return f"from seqmodels.cli import app\napp({list(arguments)!r})"


def test_importing_the_package_imports_nothing_heavy():
    assert loaded("import seqmodels") == set()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["list"], ["list", "--json"]],
    ids=lambda arguments: " ".join(arguments),
)
def test_help_and_list_import_nothing_heavy(arguments):
    assert loaded(command(*arguments)) == set()


@pytest.mark.parametrize("name", ["digits", "adding", "reber", "temporal_order"])
def test_check_imports_no_tensorflow(name):
    assert not loaded(command("train", name, "--check")) & {"tensorflow", "keras"}


def test_mistakes_in_the_data_show_before_tensorflow_is_imported(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("text,mood\n" + "a film,good\n" * 30)
    asked = [
        "train",
        "texts",
        "--data",
        str(path),
        "--target",
        "mood",
        "--out",
        str(tmp_path / "run"),
    ]
    assert not loaded(command(*asked)) & {"tensorflow", "keras"}
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["evaluate", "predict", "report"])
def test_what_is_no_run_is_refused_without_tensorflow(name):
    assert loaded(command(name, "nowhere")) == set()


def test_list_takes_under_a_second(tmp_path):
    """The second start is measured: the first compiles what it imports."""
    known = {name: value for name, value in os.environ.items() if name not in UNCOMPILED}
    environment = {**known, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "seqmodels", "list"],
            capture_output=True,
            check=True,
            env=environment,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert seconds < 1, "of the processor, so that a busy machine does not matter"
