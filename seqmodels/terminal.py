"""The terminal: what is read from it, how results look in it, how mistakes are told."""

from __future__ import annotations

import contextlib
import csv
import functools
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from seqmodels.errors import InputError
from seqmodels.registry import Source

if TYPE_CHECKING:
    from seqmodels.evaluation import Evaluation

errors = Console(stderr=True, highlight=False)


class Format(StrEnum):
    """How answers are written."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what the user can mend into plain messages and exit status 2."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InputError as error:
            for problem in error.problems:
                errors.print(f"seqmodels: {problem}", markup=False, soft_wrap=True, style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stop:
            said = str(stop) or "Stopped. Nothing was written."
            errors.print(f"\nseqmodels: {said}", markup=False, soft_wrap=True)
            raise typer.Exit(2) from None
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return run


def import_modules(modules: list[str] | None) -> None:
    """Import the user's modules, also from the folder the command was started in."""
    if modules:
        sys.path.insert(0, str(Path.cwd()))
    for module in modules or []:
        try:
            importlib.import_module(module)
        except Exception as error:
            hint = " Leave .py out." if module.endswith(".py") else ""
            kind = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
            raise InputError(f"--import {module}: {kind}{error}.{hint}") from error


def read_text(file: str) -> str:
    """Return the text of a file or of standard input."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"Cannot read {file!r}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file!r} is not UTF-8 text ({error.reason}). Convert it.") from None


def catalogue(datasets: Mapping[str, Source], heads: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is and what fits what, as JSON types."""
    return {
        "datasets": {
            name: {
                "about": _about(source.make),
                "heads": {h: {"target": t.target, "says": t.says} for h, t in source.tasks.items()},
                "presets": list(source.presets),
            }
            for name, source in datasets.items()
        },
        "heads": {name: _about(part) for name, part in heads.items()},
    }


def show_catalogue(datasets: Mapping[str, Source], heads: Mapping[str, Any]) -> None:
    """Show every dataset with what each head predicts of it, and the heads."""
    console = Console(highlight=False)
    for name, source in datasets.items():
        console.print(f"[bold cyan]{name}[/]")
        console.print(Padding(_about(source.make), (0, 0, 0, 2)), style="dim")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for head, task in source.tasks.items():
            table.add_row(f"  {head}", task.says)
        presets = [preset for preset in source.presets if preset != "default"]
        if presets:
            table.add_row("  --preset", ", ".join(presets))
        console.print(table)
    console.print("\n[bold]heads[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, part in heads.items():
        table.add_row(f"  [cyan]{name}[/]", _about(part))
    console.print(table)


def show_settings(rows: list[dict[str, str]]) -> None:
    """Show the settings of a dataset, its heads, the backbone and the training."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("--set", style="cyan", no_wrap=True)
    table.add_column("default")
    table.add_column("needs", style="dim")
    for row in rows:
        table.add_row(row["setting"], row["default"], row["needs"])
    Console(highlight=False).print(table)


def show_scores(found: Evaluation, headline: str) -> None:
    """Show the model's scores, the headline first, above those of the baselines."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("test part")
    names = sorted(found.scores, key=lambda name: name != headline)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for rule, scores in {"model": found.scores, **found.baselines}.items():
        cells = [f"{scores[name]:.4g}" if name in scores else "-" for name in names]
        table.add_row(rule, *cells, style="bold" if rule == "model" else "dim")
    Console(highlight=False).print(table)


def show_inspection(record: Mapping[str, Any]) -> None:
    """Show what `inspect` found: parts, target, inputs, groups, heads, leaks."""
    console = Console(highlight=False)
    console.print(f"[bold cyan]{escape(record['dataset'])}[/]  target {escape(record['target'])}")
    for line in (*record["decided"], *record["problems"]):
        console.print(f"  {line}", style="dim", markup=False)
    parts = record["parts"]
    table = _table("", *parts)
    table.add_row("examples", *(f"{part['examples']:,}" for part in parts.values()))
    for name, title in (("min", "shortest"), ("median", "median"), ("p95", "95 %"),
                        ("max", "longest")):  # fmt: skip
        table.add_row(f"{title}, {record['unit']}", *(f"{p[name]:,.0f}" for p in parts.values()))
    if record["limit"] is not None:
        title = f"longer than the {record['limit']:,} read"
        table.add_row(title, *(_share(part["cut"]) for part in parts.values()))
    console.print("", table)
    if record["classes"]:
        rows = sorted(record["classes"], key=lambda row: -row["train"])
        table = _table("class", *(name for part in parts for name in (part, "")))
        for row in rows[:20]:
            counts = ((row[part], _share(row[part] / parts[part]["examples"])) for part in parts)
            table.add_row(row["class"], *(cell for n, s in counts for cell in (f"{n:,}", s)))
        console.print("", table)
        if len(rows) > 20:
            console.print(f"and {len(rows) - 20:,} more classes", style="dim")
    elif record["numbers"]:
        table = _table("target", "missing", "min", "median", "mean", "max", "std")
        for part, row in record["numbers"].items():
            table.add_row(part, *(_number(value) for value in row.values()))
        console.print("", table)
    if record["words"]:
        words = record["words"]
        console.print(
            f"\n{words['train']:,} words in train, {words['kept']:,} in the vocabulary, which "
            f"knows {_share(words['known'])} of the test words"
        )
    if record["channels"]:
        names = ("missing", "min", "median", "mean", "max", "std")
        table = _table("channel", *names, "test beyond", "")
        for row in record["channels"][:20]:
            cells = [_number(row[name]) for name in names]
            constant = "constant" if row["constant"] else ""
            table.add_row(row["channel"], *cells, _share(row["beyond"]), constant)
        console.print("", table)
        if len(record["channels"]) > 20:
            console.print(f"and {len(record['channels']) - 20:,} more channels", style="dim")
    if record["groups"]:
        table = _table("group", *parts, "on both sides")
        for name, row in record["groups"].items():
            table.add_row(name, *(f"{row.get(p, 0):,}" for p in parts), f"{row['shared']:,}")
        console.print("", table)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, head in record["heads"].items():
        mark = "[green]fits[/]" if head["fits"] else "[dim]no[/]"
        table.add_row(f"head {name}", mark, escape(head["says"]))
    console.print("", table)
    found = record["audit"]
    tone = {"PASS": "bold green", "WARN": "bold yellow", "FAIL": "bold red"}
    console.print(f"\nleaks  [{tone[found['verdict']]}]{found['verdict']}[/]")
    for one in found["findings"]:
        console.print(
            f"[{tone[one['level']]}]{one['level']}[/] {one['kind']}: {escape(one['says'])}"
        )
        for line in one["traces"]:
            console.print(Padding(escape(line), (0, 0, 0, 5)), style="dim")
    if any(one["traces"] for one in found["findings"]):
        console.print("Rows are counted from 0 within the part.", style="dim")
    for line in found["limits"]:
        console.print(line, style="dim", markup=False)


def write_answers(rows: list[dict[str, Any]], form: Format, stream: Any) -> None:
    """Write answers to an open text file."""
    if form is Format.jsonl:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    elif form is Format.csv:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for name in rows[0]:
            table.add_column(name, justify="left" if name in ("input", "answer") else "right")
        for row in rows:
            cells = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()]
            table.add_row(*cells)
        Console(file=stream, highlight=False, markup=False).print(table)


def _table(first: str, *names: str) -> Table:
    """Return an empty table of numbers with a name to the left."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for name in names:
        table.add_column(name, justify="right")
    return table


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Send the process's standard error nowhere: C++ start-up lines heed no setting."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _about(part: Any) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(part) or "").partition("\n\n")[0].replace("\n", " ")


def print_json(value: Any) -> None:
    """Print a value as readable JSON on standard output."""
    print(json.dumps(value, indent=1, ensure_ascii=False))
