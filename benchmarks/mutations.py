"""Breaks the code in a thousand small ways, and sees whether a test notices each of them.

    python benchmarks/mutations.py
    python benchmarks/mutations.py seqmodels/core/encoder.py --minutes 5

One small change at a time (`<` becomes `<=`, an argument None, a word another) is made by mutmut,
in a copy of the checkout in a temporary folder. A change that no test notices survives, and is due
an explanation in mutations_explained.toml, of why it changes no answer. Writes mutations.json, and
leaves with status 1 while an explanation is missing.

Constants and defaults outside functions, f-strings, and an `if` without an operator stay as they
are.
"""

import argparse
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
from table import Clock, kept, save, show

ROOT = Path(__file__).parents[1]
EXPLAINED = Path(__file__).with_name("mutations_explained.toml")
OF_HEADS = [
    f"tests/test_{name}.py"
    for name in ("answers", "heads", "heads_in_pieces", "linear", "told_by_heads", "weighted")
]
HEADS = ("base", "binary", "classes", "linear", "multiclass", "ordered", "regression")
TESTS = {
    "seqmodels/core/registry.py": ["tests/test_registry.py"],
    "seqmodels/core/encoder.py": ["tests/test_data.py"],
    "seqmodels/core/examples.py": ["tests/test_data.py"],
    "seqmodels/core/batches.py": ["tests/test_batches.py"],
    **{f"seqmodels/heads/{name}.py": OF_HEADS for name in HEADS},
}
NOTICED = {"killed": "killed", "timeout": "timed_out", "not checked": "unchecked"}


class Mutant(NamedTuple):
    """One small change, by text, so that it is found again after edits elsewhere."""

    file: str
    function: str
    was: str
    becomes: str


def main() -> None:
    args = _arguments()
    path = args.out / "mutations.json"
    saved = kept(path) or {"files": {}}
    with tempfile.TemporaryDirectory() as folder:
        for file in args.files:
            with Clock() as clock:
                copy = copied(Path(folder) / Path(file).stem, file)
                finished = run(copy, args.minutes)
            files = saved["files"] | {file: {**judged(copy, file), "seconds": round(clock.wall)}}
            saved["files"] = {name: files[name] for name in TESTS if name in files}
            saved["mutmut"] = version("mutmut")
            save(path, saved)  # file by file: what is stopped later is not lost
            print(f"{file}: {clock.wall:.0f} s{'' if finished else ', stopped: out of time'}")
    show("Small changes to the code, and whether a test notices", rows(saved))
    wrong = [line for file in args.files for line in complaints(file, saved["files"][file])]
    if wrong:
        sys.exit("\n".join(wrong))


def rows(saved: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what mutations.json holds as rows of a table, a file each, and all of them."""
    names = {
        "changes": "mutants",
        "noticed by a test": "killed",
        "endless, stopped": "timed_out",
        "no answer differs": "explained",
        "unexplained": "unexplained",
        "not tried": "unchecked",
    }
    table = [
        {"file": file, **{title: found[name] for title, name in names.items()}}
        for file, found in saved["files"].items()
    ]
    return [*table, {"file": "all", **{t: sum(row[t] for row in table) for t in names}}]


def copied(folder: Path, file: str) -> Path:
    """Return a copy of the checkout in which mutmut finds one file and its tests."""
    folder.mkdir()
    for name in ("seqmodels", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / file).write_text(plain((ROOT / file).read_text(encoding="utf-8")), encoding="utf-8")
    settings = f"[tool.mutmut]\nonly_mutate = {[file]}\n"
    settings += f"pytest_add_cli_args_test_selection = {TESTS[file]}\n"
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = project.replace("[tool.mutmut]\n", settings)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def plain(code: str) -> str:
    """Return code in which properties and cached functions are decorated below, not above.

    mutmut leaves decorated functions as they are; `f = property(f)` it does not see.
    """
    return cst.parse_module(code).visit(_Below()).code  # type: ignore[union-attr]


def run(copy: Path, minutes: float) -> bool:
    """Let mutmut try each change, one process at a time; return whether it came to an end."""
    log = copy / "mutmut.log"
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
        process = subprocess.Popen(
            command, cwd=copy, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(timeout=60 * minutes)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    if process.returncode:
        sys.exit(f"mutmut failed:\n{log.read_text(encoding='utf-8')[-3000:]}")
    return True


def judged(copy: Path, file: str) -> dict[str, Any]:
    """Return how many changes there were and what became of them, and each that survived."""
    counts: Counter[str] = Counter()
    left, known = [], explanations()
    for name, status in re.findall(
        r"^\s+(\S+): (.+)$", _mutmut(copy, "results", "--all", "1"), re.M
    ):
        kind = NOTICED.get(status)
        if kind is None:
            mutant = named(file, name, _mutmut(copy, "show", name))
            told = known.get(mutant)
            kind = "explained" if told else "unexplained"
            left.append({**mutant._asdict(), "status": status, **(told or {})})
        counts[kind] += 1
    kinds = (*NOTICED.values(), "explained", "unexplained")
    return {
        "mutants": counts.total(),
        **{kind: counts[kind] for kind in kinds},
        "left": left,
    }


def named(file: str, name: str, diff: str) -> Mutant:
    """Return a mutant by the lines it changes, from mutmut's name for it and its diff."""
    function = name.rpartition("__mutmut_")[0].rpartition(".")[2][2:]  # less "x_" or "xǁ"
    changed = [line for line in diff.splitlines()[3:] if line[:1] in ("-", "+")]
    sides = ["", ""]
    for side, lines in itertools.groupby(changed, key=lambda line: line[0]):
        sides[side == "+"] += " ".join(line[1:].strip() for line in lines)
    return Mutant(file, function.replace("ǁ", "."), *sides)


def explanations() -> dict[Mutant, dict[str, str]]:
    """Return mutant to what it changes, in a word, and why that is no answer."""
    told = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["mutant"]
    return {
        Mutant(one["file"], one["function"], one["was"], becomes): {
            "changes": one["changes"],
            "why": one["why"],
        }
        for one in told
        for becomes in one["becomes"]
    }


def complaints(file: str, found: dict[str, Any]) -> Iterator[str]:
    """Yield what is due: survivors without an explanation, explanations without a survivor."""
    for one in found["left"]:
        if "why" not in one:
            yield f"{file}, {one['function']}: {one['status']}\n- {one['was']}\n+ {one['becomes']}"
    left = {Mutant(*(one[name] for name in Mutant._fields)) for one in found["left"]}
    for mutant in explanations():
        if mutant.file == file and mutant not in left and not found["unchecked"]:
            yield f"{file}, {mutant.function}: explained, but noticed or gone\n+ {mutant.becomes}"
    if found["unchecked"]:
        yield f"{file}: {found['unchecked']} changes were not tried; give it more --minutes."


class _Below(cst.CSTTransformer):
    """Moves a decorator of a plain name below its function, as an assignment."""

    MOVED = ("property", "functools.cache", "functools.cached_property", "cache", "override")

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[Any]:
        if len(updated_node.decorators) != 1:
            return updated_node
        decorator = cst.Module([]).code_for_node(updated_node.decorators[0].decorator)
        if decorator not in self.MOVED:
            return updated_node
        name = updated_node.name.value
        below = cst.parse_statement(f"{name} = {decorator}({name})")
        return cst.FlattenSentinel([updated_node.with_changes(decorators=()), below])


def _mutmut(copy: Path, *words: str) -> str:
    command = [sys.executable, "-m", "mutmut", *words]
    return subprocess.run(command, cwd=copy, check=True, capture_output=True, text=True).stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=[*TESTS], help="which of the files")
    parser.add_argument("--minutes", type=float, default=10, help="for each file, at most")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    args = parser.parse_args()
    if odd := [file for file in args.files if file not in TESTS]:
        parser.error(f"no tests are named for {', '.join(odd)}; there are {', '.join(TESTS)}")
    return args


if __name__ == "__main__":
    main()
