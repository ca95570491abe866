"""The arrows between rooms point one way, and the quick paths stay quick."""

import ast
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "matplotlib", "sklearn", "pandas")
PACKAGE = Path(__file__).parents[1] / "seqmodels"

# A room may import rooms of a lower level, and itself.
LEVEL = {
    "errors": -2,
    "storage": -1,
    "files": 0,
    "opening": 0,
    "saved": 1,
    "machine": 0,
    "stopping": 0,
    "checkpoints": 1,
    "finite": 1,
    "registry": 1,
    "sequences": 0,
    "formats": 2,
    "data": 2,
    "examples": 1,
    "arguments": 2,
    "download": 2,
    "plots": 2,
    "engines": 2,
    "layers": 2,
    "ngrams": 3,
    "vectors": 3,
    "kernels": 2,
    "shapes": 3,
    "lstm": 3,
    "adam": 3,
    "encoders": 3,
    "datasets": 4,
    "leaks": 4,
    "audit": 5,
    "adapting": 4,
    "averaging": 3,
    "backbone": 4,
    "network": 4.5,
    "batches": 2,
    "heads": 3,
    "evaluation": 5,
    "intervals": 4,
    "features": 4,
    "baselines": 5,
    "doubts": 6,
    "scaffold": 4,
    "predictions": 5,
    "comparison": 10,
    "sklearn": 8,
    "terminal": 11,
    "plan": 5,
    "reading": 5,
    "sizing": 6,
    "settings": 6,
    "tracing": 4,
    "training": 7,
    "teaching": 8,
    "inspection": 7,
    "durations": 3,
    "pace": 4,
    "allowance": 4,
    "progress": 7,
    "loggers": 7,
    "budget": 8,
    "model": 5,
    "pages": 3,
    "explain": 6,
    "records": 3,
    "likeness": 3,
    "report": 7,
    "encoded": 6,
    "directory": 6,
    "work": 9,
    "notebook": 8,
    "run": 9,
    "launch": 10,
    "testing": 10,
    "tuning": 11,
    "cli": 12,
    "__main__": 13,
}
WITH_TENSORFLOW = {
    "engines",
    "lstm",
    "adam",
    "adapting",
    "averaging",
    "layers",
    "network",
    "ngrams",
    "vectors",
    "shapes",
    "tracing",
    "training",
    "teaching",
    "budget",
    "model",
    "report",
    "encoded",
    "work",
    "notebook",
    "run",
    "launch",
    "testing",
    "tuning",
}
NO_TENSORFLOW = sorted(set(LEVEL) - WITH_TENSORFLOW)


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


LATE = {("registry", "arguments"), ("backbone", "network")}  # inside a function


def test_imports_point_down():
    for path in PACKAGE.rglob("*.py"):
        here = room(path)
        if here == "__init__":
            continue
        for module in imports(path):
            parts = module.split(".")
            if parts[0] != "seqmodels" or len(parts) == 1 or parts[1] == here:
                continue
            if parts[1] not in LEVEL:
                continue  # a public name of the package itself
            late = (here, parts[1]) in LATE
            assert late or LEVEL[parts[1]] < LEVEL[here], f"{path.name} must not import {module}"


def test_every_room_has_a_level():
    assert {room(path) for path in PACKAGE.rglob("*.py")} - {"__init__"} == set(LEVEL)


def test_every_room_is_in_the_table_of_rooms():
    text = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)(?:\.py|/)` \|", text, re.MULTILINE))
    assert told == set(LEVEL) - {"__main__"}


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


@pytest.mark.parametrize("name", ["evaluate", "predict", "report"])
def test_what_is_no_run_is_refused_without_tensorflow(name):
    assert loaded(command(name, "nowhere")) == set()


def test_list_takes_under_a_second():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "seqmodels", "list"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert seconds < 1, "of the processor, so that a busy machine does not matter"
