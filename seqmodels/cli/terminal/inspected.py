"""The findings of `seqmodels inspect`, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from seqmodels.cli.terminal.hints import as_typed
from seqmodels.cli.terminal.tables import table as plain
from seqmodels.core.numbers import number, percent


def show_inspection(record: Mapping[str, Any]) -> None:
    """Show the findings of `inspect`: parts, target, inputs, groups, heads, leaks."""
    console = Console(highlight=False)
    console.print(f"[bold cyan]{escape(record['dataset'])}[/]  target {escape(record['target'])}")
    for line in (*record["decided"], *record["problems"]):
        console.print(f"  {line}", style="dim", markup=False)
    parts = record["parts"]
    table = plain("", *parts)
    table.add_row("examples", *(f"{part['examples']:,}" for part in parts.values()))
    for name, title in (("min", "shortest"), ("median", "median"), ("p95", "95 %"),
                        ("max", "longest")):  # fmt: skip
        table.add_row(f"{title}, {record['unit']}", *(f"{p[name]:,.0f}" for p in parts.values()))
    if record["limit"] is not None:
        title = f"longer than the {record['limit']:,} read"
        table.add_row(title, *(percent(part["cut"]) for part in parts.values()))
    console.print("", table)
    if record["classes"]:
        rows = sorted(record["classes"], key=lambda row: -row["train"])
        table = plain("class", *(name for part in parts for name in (part, "")))
        for row in rows[:20]:
            counts = ((row[part], percent(row[part] / parts[part]["examples"])) for part in parts)
            table.add_row(row["class"], *(cell for n, s in counts for cell in (f"{n:,}", s)))
        console.print("", table)
        if len(rows) > 20:
            console.print(f"and {len(rows) - 20:,} more classes", style="dim")
    elif record["numbers"]:
        table = plain("target", "missing", "min", "median", "mean", "max", "std")
        for part, row in record["numbers"].items():
            table.add_row(part, *(number(value) for value in row.values()))
        console.print("", table)
    if record["words"]:
        words = record["words"]
        console.print(
            f"\n{words['train']:,} words in train, {words['kept']:,} in the vocabulary, which "
            f"knows {percent(words['known'])} of the test words"
        )
    if record["channels"]:
        names = ("missing", "min", "median", "mean", "max", "std")
        table = plain("channel", *names, "test beyond", "")
        for row in record["channels"][:20]:
            cells = [number(row[name]) for name in names]
            constant = "constant" if row["constant"] else ""
            table.add_row(row["channel"], *cells, percent(row["beyond"]), constant)
        console.print("", table)
        if len(record["channels"]) > 20:
            console.print(f"and {len(record['channels']) - 20:,} more channels", style="dim")
    if record["groups"]:
        table = plain("group", *parts, "on both sides")
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
        text = escape(as_typed(one["says"]))
        console.print(f"[{tone[one['level']]}]{one['level']}[/] {one['kind']}: {text}")
        for line in one["traces"]:
            console.print(Padding(escape(line), (0, 0, 0, 5)), style="dim")
    if any(one["traces"] for one in found["findings"]):
        console.print("Rows are counted from 0 within the part.", style="dim")
    for line in found["limits"]:
        console.print(line, style="dim", markup=False)
