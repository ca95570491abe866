"""Scores in the terminal: the model beside the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from seqmodels.cli.terminal.tables import below, print_fitting, table
from seqmodels.core.numbers import interval, number, signed

if TYPE_CHECKING:
    from seqmodels.evaluation.scores import Evaluation

ACROSS = 4  # scores side by side that fit 80 columns

Row = Mapping[str, Any]


def show_scores(found: Evaluation, headline: str) -> None:
    """Show the headline score and the improvement over each baseline, then the other scores."""
    console = Console(highlight=False)
    print_scores(console, found.rows(headline), headline)
    answerers = {"model": found.scores, **found.baselines}
    names = [name for name in found.scores if name != headline]
    for first in range(0, len(names), ACROSS):
        some = names[first : first + ACROSS]
        others = table("", *(name.replace("_", " ") for name in some))
        for name, scores in answerers.items():
            cells = (number(scores.get(score)) for score in some)
            others.add_row(name, *cells, style=_style(name))
        print_fitting(console, others)
    if found.resampled:
        console.print(f"\nIntervals: {found.draws:,} resamples of {found.resampled}.", style="dim")


def print_scores(console: Console, rows: Sequence[Row], headline: str) -> None:
    """Print a row for the model and each baseline: headline score, improvement, 95 % intervals.

    "better?" is "unclear" where the interval of the improvement contains 0. On a narrow terminal
    the intervals stand below their numbers, and on a very narrow one "better?" is left out.

    Args:
        console: Where to print.
        rows: "name", "headline" and "gain" of each, as in `report.Story.scores`.
        headline: Name of the headline score.
    """
    title, gains = headline.replace("_", " "), any(row["gain"] for row in rows)
    known = any(row["headline"]["low"] is not None for row in rows)
    columns = ["gain", "95 % interval", "better?"] * gains
    wide = table("test part", title, *["95 % interval"] * known, *columns)
    narrow = table("test part", title, *["gain", "better?"] * gains)
    narrowest = table("test part", title, *["gain"] * gains)
    for row in rows:
        score, gain = row["headline"], row["gain"]
        value, limits = number(score["value"]), interval(score["low"], score["high"])
        ahead, between, better = "", "", ""
        if gain:
            ahead, better = signed(gain["difference"]), gain["better"]
            between = interval(gain["low"], gain["high"])
        style = _style(row["name"])
        cells = [ahead, between, better] * gains
        wide.add_row(row["name"], value, *[limits] * known, *cells, style=style)
        cells = [row["name"], below(value, limits), *[below(ahead, between)] * gains]
        narrow.add_row(*cells, *[better] * gains, style=style)
        narrowest.add_row(*cells, style=style)
    print_fitting(console, wide, narrow, narrowest)


def _style(name: str) -> str:
    return "bold" if name == "model" else "dim"
