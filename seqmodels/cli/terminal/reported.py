"""The report of a run, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding

from seqmodels.cli.terminal.scores import print_scores
from seqmodels.cli.terminal.tables import below, print_fitting, table
from seqmodels.core.numbers import brief, interval, number, percent

MOST = 20  # classes
BARS = "▁▂▃▄▅▆▇█"
POINTS = 32  # bars of a curve at most


def show_report(story: Mapping[str, Any], worst: Sequence[Mapping[str, Any]]) -> None:
    """Show the report of a run, up to 100 columns wide.

    Args:
        story: The fields of `report.Story`.
        worst: The worst mistakes, "row", "input", "truth" and "answer" of each.
    """
    console = Console(highlight=False, width=min(Console().width, 100))
    console.print(story["title"], style="bold cyan", markup=False)
    console.print(story["summary"], markup=False)
    if story["verdict"]:
        tone = "green" if story["verdict"].startswith("better") else "yellow"
        verdict = story["verdict"]
        console.print(f"{verdict[0].upper()}{verdict[1:]}.", style=f"bold {tone}", markup=False)
    for line in story["warnings"]:
        console.print(Padding(f"! {line}", (0, 0, 0, 0)), style="yellow", markup=False)
    print_scores(console, story["scores"], story["headline"])
    _other_scores(console, story)
    _curves(console, story)
    if story["calibration"]:
        console.print(
            f"\nExpected calibration error {brief(story['miscalibrated'])}, of the probability of "
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


def _other_scores(console: Console, story: Mapping[str, Any]) -> None:
    others = [
        f"{name.replace('_', ' ')} {number(one['value'])}"
        for name, one in story["scores"][0]["scores"].items()
        if name != story["headline"]
    ]
    if others:
        console.print(f"other scores: {', '.join(others)}", style="dim", markup=False)
    if story["resampled"]:
        console.print(f"intervals: bootstrap over {story['resampled']}", style="dim")


def _curves(console: Console, story: Mapping[str, Any]) -> None:
    """Show a line of bars for each measure, of training and of validation."""
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
    print_fitting(console, rows)
    if story["taken"] is not None:
        console.print(f"weights of epoch {story['taken']}", style="dim")


def _classes(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    shown = table("class", "examples", "recall", "95 % interval", "answers", "precision")
    narrow = table("class", "examples", "recall", "precision")
    for row in rows[:MOST]:
        name, n, recall = row["class"][:24], f"{row['n']:,}", percent(row["recall"])
        answered, precision = f"{row['answered']:,}", percent(row["precision"])
        shown.add_row(name, n, recall, _percents(row), answered, precision)
        narrow.add_row(name, n, below(recall, _percents(row).removesuffix(" %")), precision)
    print_fitting(console, shown, narrow)
    if len(rows) > MOST:
        console.print(f"and {len(rows) - MOST:,} more classes", style="dim")


def _lengths(console: Console, rows: Sequence[Mapping[str, Any]], measure: str) -> None:
    if not rows:
        return
    shown = table("steps read", "examples", measure, "95 % interval")
    narrow = table("steps read", "examples", measure)
    for row in rows:
        cells = (f"{row['from']:,} to {row['to']:,}", f"{row['n']:,}")
        shown.add_row(*cells, number(row["score"]), interval(row["low"], row["high"]))
        narrow.add_row(*cells, below(number(row["score"]), interval(row["low"], row["high"])))
    print_fitting(console, shown, narrow)


def bars(values: Sequence[float], low: float, high: float, points: int = POINTS) -> str:
    """Return numbers as a line of at most `points` bars between two levels."""
    thin = -(-len(values) // points)
    wide = (high - low) or 1.0
    top = len(BARS) - 1
    levels = [round(top * (value - low) / wide) for value in values[::thin]]
    return "".join(BARS[min(max(level, 0), top)] for level in levels)


def _percents(row: Mapping[str, Any]) -> str:
    low, high = row["low"], row["high"]
    return "" if low is None else f"{percent(low).removesuffix(' %')} to {percent(high)}"
