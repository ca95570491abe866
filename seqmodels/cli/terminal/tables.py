"""Tables in the terminal: datasets and heads, settings, answers."""

from __future__ import annotations

import csv
import inspect
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from seqmodels.core.numbers import number, percent
from seqmodels.core.registry import Source

INPUT = 24  # least width of an input beside its answer
WORDS = ("answer", "most probable")  # columns of text


class Format(StrEnum):
    """The formats of answers."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"


def catalogue(datasets: Mapping[str, Source], heads: Mapping[str, Any]) -> dict[str, Any]:
    """Return the datasets, the heads and their tasks, as JSON types."""
    return {
        "datasets": {
            name: {
                "about": _about(source.make),
                "heads": {
                    h: {"target": t.target, "says": t.description} for h, t in source.tasks.items()
                },
                "presets": list(source.presets),
            }
            for name, source in datasets.items()
        },
        "heads": {name: _about(part) for name, part in heads.items()},
    }


def show_catalogue(datasets: Mapping[str, Source], heads: Mapping[str, Any]) -> None:
    """Show every dataset with the tasks of its heads, and every head."""
    console = Console(highlight=False)
    for name, source in datasets.items():
        console.print(f"[bold cyan]{name}[/]")
        console.print(Padding(_about(source.make), (0, 0, 0, 2)), style="dim")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for head, task in source.tasks.items():
            table.add_row(f"  {head}", task.description)
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


def write_answers(rows: list[dict[str, Any]], form: Format, stream: Any) -> None:
    """Write answers to an open text file."""
    if form is Format.jsonl:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    elif form is Format.csv:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    else:
        _print_answers(rows, Console(file=stream, highlight=False, markup=False))


def _cell(value: Any) -> Any:
    """Return a value as a cell of a table: a list as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _print_answers(rows: list[dict[str, Any]], console: Console) -> None:
    """Print a line for each answer; many classes are cut to the most probable ones."""
    unbound = console.options.update(width=10_000)
    table, room = Table(), 0
    for shown in (rows, [_most_probable(row) for row in rows]):
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("input", no_wrap=True, overflow="ellipsis", width=INPUT)
        names = [name for name in shown[0] if name != "input"]
        for name in names:
            table.add_column(name, justify="left" if name in WORDS else "right")
        for row in shown:
            values = (row["input"], *(row[name] for name in names))
            table.add_row(*(number(v) if isinstance(v, float) else str(v) for v in values))
        room = console.width - console.measure(table, options=unbound).maximum
        if room >= 0:
            break
    table.columns[0].width, table.columns[0].max_width = None, INPUT + max(room, 0)
    console.print(table)


def _most_probable(row: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with its three most probable classes in place of all of them."""
    probable = {name[2:-1]: p for name, p in row.items() if name.startswith("p(")}
    best = sorted(probable, key=lambda name: -probable[name])[:3]
    rest = {name: value for name, value in row.items() if not name.startswith("p(")}
    if not best:
        return rest
    return rest | {"most probable": ", ".join(f"{n} {percent(probable[n])}" for n in best)}


def table(first: str, *names: str) -> Table:
    """Return an empty table: a column of names, then columns of numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for name in names:
        table.add_column(name, justify="right")
    return table


def print_fitting(console: Console, first: Table, *others: Table) -> None:
    """Print the first table that fits the width, or else the last; names are not wrapped."""
    unbound, one = console.options.update(width=1000), first
    for one, gap in ((one, gap) for one in (first, *others) for gap in (2, 1)):
        one.padding = (0, gap, 0, 0)
        one.columns[0].no_wrap = True
        if console.measure(one, options=unbound).maximum <= console.width:
            break
    console.print("", one)


def below(value: str, limits: str) -> str:
    """Return a value with its interval in brackets on the line below, where it has one."""
    return f"{value}\n({limits})" if limits else value


def _about(part: Any) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(part) or "").partition("\n\n")[0].replace("\n", " ")
