"""The result of `seqmodels compare`, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seqmodels.core.numbers import number
from seqmodels.runs.comparison.render import lines, setting_text

MARKS = {"better": "bold green", "worse": "bold red", "undecided": "", "reference": "dim"}
NAME = 8  # least width of a name; a narrower table has its intervals below their numbers


def show_comparison(record: Mapping[str, Any]) -> None:
    """Show scores and differences with their intervals, then the other scores, then notes.

    Args:
        record: `Comparison.record()`.
    """
    console = Console(highlight=False)
    name, rows = record["headline"], record["rows"]
    table = _table()
    cells_of = [list(line.values())[1:] for line in lines(rows)]
    spans = (max(map(len, cells)) for cells in zip(*cells_of, strict=True))
    wide = NAME + 5 + sum(max(span, 9) + 2 for span in spans) <= console.width
    table.add_column("", min_width=len(str(len(rows))))
    table.add_column("run", overflow="fold", min_width=NAME)
    for title in (name.replace("_", " "), *["95 %"] * wide, "better by", *["95 %"] * wide):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=max(map(len, MARKS)))
    for i, line in enumerate(lines(rows), 1):
        run, score, interval, gap, limits, verdict = (escape(cell) for cell in line.values())
        pairs = [score, interval, gap, limits] if wide else [
            f"{score}\n{interval}".strip(), f"{gap}\n{limits}".strip()]  # fmt: skip
        table.add_row(str(i), run, *pairs, verdict, style=MARKS[line["verdict"]])
    console.print(table)
    console.print()
    _show_others(console, rows, name)
    for text in (record["says"], *record["notes"]):
        style = "bold" if text == record["says"] else "dim"
        console.print(text, style=style, markup=False)


def _show_others(console: Console, rows: list[Any], headline: str) -> None:
    """Show differing settings, time, size, and as many other scores as fit."""
    others = [name for name in rows[0]["scores"] if name != headline]  # all are in --json, --csv
    table = _differing(rows, headline, others)
    unbound = console.options.update(width=10_000)
    while others and console.measure(table, options=unbound).maximum > console.width:
        others.pop()
        table = _differing(rows, headline, others)
    console.print(table)
    console.print()


def _differing(rows: list[Any], headline: str, others: list[str]) -> Table:
    """Return a numbered line for each row: differing settings, and these scores."""
    table = _table()
    table.add_column("")
    settings = list(rows[0]["settings"])
    for setting in settings:
        table.add_column(setting.replace(".", "\n", 1), overflow="fold")
    pooled = any(len(row["seeds"]) > 1 for row in rows)
    if pooled:
        table.add_column(f"{headline.replace('_', ' ')}\nof the seeds", no_wrap=True)
    for other in others:
        table.add_column(other.replace("_", "\n", 1), justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("weights", justify="right")
    for i, row in enumerate(rows, 1):
        each = f"{number(min(row['each']))} to {number(max(row['each']))}"
        values = (escape(setting_text(row["settings"][name])) for name in settings)
        table.add_row(
            str(i), *values, *[each if len(row["seeds"]) > 1 else ""] * pooled,
            *(number(row["scores"].get(other)) for other in others),
            number(row["seconds"]), number(row["weights"]),
        )  # fmt: skip
    return table


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
