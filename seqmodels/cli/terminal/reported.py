"""What a run says for itself, in the terminal: the story of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from seqmodels.cli.terminal.tables import number, share, table

MOST = 20  # classes
BARS = "▁▂▃▄▅▆▇█"
POINTS = 32  # epochs of a curve at most


def show_report(story: Mapping[str, Any], worst: Sequence[Mapping[str, Any]]) -> None:
    """Show the story of a run, 80 columns wide.

    Args:
        story: The fields of `report.Story`.
        worst: The worst mistakes, "row", "input", "truth" and "answer" of each.
    """
    console = Console(highlight=False, width=min(Console().width, 100))
    console.print(story["title"], style="bold cyan", markup=False)
    console.print(story["says"], markup=False)
    if story["verdict"]:
        tone = "green" if story["verdict"].startswith("better") else "yellow"
        verdict = story["verdict"]
        console.print(f"{verdict[0].upper()}{verdict[1:]}.", style=f"bold {tone}", markup=False)
    for line in story["doubts"]:
        console.print(Padding(f"! {line}", (0, 0, 0, 0)), style="yellow", markup=False)
    _scores(console, story)
    _curves(console, story)
    if story["calibration"]:
        error = f"{story['miscalibrated']:.3g}"
        console.print(
            f"\nExpected calibration error {error}, of the probability of "
            f"{story['probability']} in ten bins.",
            markup=False,
        )
    for name, (mean, std) in list(story["spread"].items())[:4]:
        console.print(
            f"\nTruth minus answer, {name}: mean {number(mean)}, standard deviation {number(std)}.",
            markup=False,
        )
    _classes(console, story["by_class"])
    _lengths(console, story["by_length"], story["measure"])
    if story["narrow"] and (story["by_class"] or story["by_length"]):
        console.print(story["narrow"], style="dim", markup=False)
    if worst:
        console.print("\nWorst mistakes", style="bold")
    for one in worst:
        console.print(
            f"{one['row']:>6}  truth {one['truth']}, answer {one['answer']}", markup=False
        )
        console.print(Padding(one["input"], (0, 0, 0, 8)), style="dim", markup=False)


def _scores(console: Console, story: Mapping[str, Any]) -> None:
    name, lifted = story["headline"].replace("_", " "), any(row["lift"] for row in story["scores"])
    known = any(row["headline"]["low"] is not None for row in story["scores"])
    columns = ["", name, *["95 % interval"] * known]
    columns += ["lift", "95 % interval", "better?"] if lifted else []
    wide = table(*columns)
    narrow = table("", name, *["lift"] * lifted)
    for row in story["scores"]:
        score, lift = row["headline"], row["lift"]
        value, ahead = number(score["value"]), _signed(lift["difference"]) if lift else ""
        cells = [row["name"], value, *[_limits(score)] * known]
        cells += [ahead, _limits(lift) if lift else "", _better(lift)] if lifted else []
        style = "bold" if row["name"] == "model" else "dim"
        wide.add_row(*cells, style=style)
        folded = [_under(ahead, _limits(lift) if lift else "")] * lifted
        narrow.add_row(row["name"], _under(value, _limits(score)), *folded, style=style)
    _fitting(console, wide, narrow)
    others = [
        f"{name.replace('_', ' ')} {number(one['value'])}"
        for name, one in story["scores"][0]["scores"].items()
        if name != story["headline"]
    ]
    if others:
        console.print(f"also {', '.join(others)}", style="dim", markup=False)
    if story["resampled"]:
        console.print(f"intervals by bootstrap over {story['resampled']}", style="dim")


def _curves(console: Console, story: Mapping[str, Any]) -> None:
    """Show a line of bars for each column that there is of training and of validation."""
    history = story["history"]
    names = [name for name in history[0] if f"valid_{name}" in history[0]]
    last = f"epoch {len(history)}"
    rows = table("", "epoch 1", "", last)
    label = max((len(f"valid {name}") for name in names), default=0)
    points = min(POINTS, max(4, console.width - label - len(last) - 12))
    for name in names:
        both = [row[column] for row in history for column in (name, f"valid_{name}")]
        for column in (name, f"valid_{name}"):
            values = [row[column] for row in history]
            label = column.replace("valid_", "valid ").replace("_", " ")
            line = bars(values, min(both), max(both), points)
            rows.add_row(label, number(values[0]), line, number(values[-1]))
    _fitting(console, rows)
    if story["taken"] is not None:
        console.print(f"taken: epoch {story['taken']}", style="dim")


def _classes(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    shown = table("class", "examples", "recall", "95 % interval", "answers", "precision")
    narrow = table("class", "examples", "recall", "precision")
    for row in rows[:MOST]:
        name, n, recall = row["class"][:24], f"{row['n']:,}", _part(row["recall"])
        answered, precision = f"{row['answered']:,}", _part(row["precision"])
        shown.add_row(name, n, recall, _shares(row), answered, precision)
        narrow.add_row(name, n, _under(recall, _shares(row).removesuffix(" %")), precision)
    _fitting(console, shown, narrow)
    if len(rows) > MOST:
        console.print(f"and {len(rows) - MOST:,} more classes", style="dim")


def _lengths(console: Console, rows: Sequence[Mapping[str, Any]], measure: str) -> None:
    if not rows:
        return
    shown = table("steps read", "examples", measure, "95 % interval")
    narrow = table("steps read", "examples", measure)
    for row in rows:
        cells = (f"{row['from']:,} to {row['to']:,}", f"{row['n']:,}")
        shown.add_row(*cells, number(row["score"]), _limits(row))
        narrow.add_row(*cells, _under(number(row["score"]), _limits(row)))
    _fitting(console, shown, narrow)


def bars(values: Sequence[float], low: float, high: float, points: int = POINTS) -> str:
    """Return numbers as a line of bars between two levels; of more than `points`, some."""
    thin = -(-len(values) // points)
    wide = (high - low) or 1.0
    top = len(BARS) - 1
    levels = [round(top * (value - low) / wide) for value in values[::thin]]
    return "".join(BARS[min(max(level, 0), top)] for level in levels)


def _fitting(console: Console, first: Table, *others: Table) -> None:
    """Show the first table that fits the width, or else the last; names are not wrapped."""
    unbound, one = console.options.update(width=1000), first
    for one, gap in ((one, gap) for one in (first, *others) for gap in (2, 1)):
        one.padding = (0, gap, 0, 0)
        one.columns[0].no_wrap = True
        if console.measure(one, options=unbound).maximum <= console.width:
            break
    console.print("", one)


def _under(value: str, limits: str) -> str:
    """Return a value with its limits in brackets on a line below, where there are any."""
    return f"{value}\n({limits})" if limits else value


def _signed(difference: float) -> str:
    return f"{'+' if difference > 0 else ''}{number(difference)}"


def _better(lift: Mapping[str, Any] | None) -> str:
    """Return whether the model is better, in a word."""
    return lift["says"] if lift else ""


def _limits(one: Mapping[str, Any]) -> str:
    return "" if one["low"] is None else f"{one['low']:.3g} to {one['high']:.3g}"


def _shares(one: Mapping[str, Any]) -> str:
    return "" if one["low"] is None else f"{100 * one['low']:.1f} to {100 * one['high']:.1f} %"


def _part(value: float | None) -> str:
    return "-" if value is None else share(value)
