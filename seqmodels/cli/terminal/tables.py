"""Tables in the terminal: what there is, settings, scores, answers."""

from __future__ import annotations

import csv
import inspect
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from seqmodels.core.registry import Source

if TYPE_CHECKING:
    from seqmodels.evaluation.scores import Evaluation


ACROSS = 4  # scores beside each other that fit 80 columns


class Format(StrEnum):
    """How answers are written."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"


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
    """Show the headline score, the model first, and its lift over each baseline; then the others.

    "better?" says "unclear" where the limits of the lift hold 0.
    """
    console = Console(highlight=False)
    answerers = {"model": found.scores, **found.baselines}
    lines = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    lines.add_column("test part", no_wrap=True)
    for name in (headline.replace("_", " "), *["95 % interval"] * bool(found.lifts)):
        lines.add_column(name, justify="right")
    if found.lifts:
        for name in ("lift", "95 % interval", "better?"):
            lines.add_column(name, justify="right")
    for rule, scores in answerers.items():
        cells = [number(scores.get(headline))]
        if found.lifts:
            lift = found.lifts.get(rule)
            cells.append(_limits(found.intervals.get(rule, {}).get(headline)))
            told = lift and (
                _short(lift.difference, "+"),
                _limits((lift.low, lift.high)),
                lift.says,
            )
            cells += told or ("", "", "")
        lines.add_row(rule, *cells, style="bold" if rule == "model" else "dim")
    console.print(lines)
    names = [name for name in found.scores if name != headline]
    for first in range(0, len(names), ACROSS):
        some = names[first : first + ACROSS]
        others = table("", *[name.replace("_", " ") for name in some])
        for rule, scores in answerers.items():
            cells = [number(scores.get(name)) for name in some]
            others.add_row(rule, *cells, style="bold" if rule == "model" else "dim")
        console.print()
        console.print(others)
    if found.resampled:
        console.print(f"\nIntervals: {found.draws:,} resamples of {found.resampled}.", style="dim")


def _limits(limits: tuple[float, float] | None) -> str:
    """Return an interval in few digits, or a dash."""
    return "-" if limits is None else f"{_short(limits[0])} to {_short(limits[1])}"


def _short(value: float, sign: str = "-") -> str:
    """Return a number in three digits, without an exponent below a million."""
    sign = sign if value else "-"  # no "+0"
    return f"{value:{sign}.0f}" if 100 <= abs(value) < 1e6 else f"{value:{sign}.3g}"


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


def table(first: str, *names: str) -> Table:
    """Return an empty table of numbers with a name to the left."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for name in names:
        table.add_column(name, justify="right")
    return table


def share(part: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * part:.1f} %"


def number(value: float | None) -> str:
    """Return a number in few digits, or a dash."""
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _about(part: Any) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(part) or "").partition("\n\n")[0].replace("\n", " ")
