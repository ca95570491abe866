"""Figures of a report that do not depend on the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.plots.charts import BLUE, DOTS, DRAWN, GREY, INK, ORANGE, canvas, keep
from seqmodels.report.answers import Answers, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE = 4.6  # inches, of figures that stay readable on a phone
LOOKS = {"train": (BLUE, "-"), "valid": (GREY, ":"), "test": (ORANGE, "--")}


def intervals(rows: Sequence[Row], score: str) -> Figure:
    """Draw one score of the model and of each baseline as a dot with its interval.

    Args:
        rows: "name", "value", "low" and "high" (None: unknown); the model comes first.
        score: Name of the score.
    """
    figure, axes = canvas(WIDE, 0.9 + 0.32 * len(rows))
    for i, row in enumerate(rows):
        colour = INK if i else BLUE
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=2)
        axes.plot([row["value"]], [i], marker="o" if i else "D", markersize=6, color=colour)
    axes.axvline(rows[0]["value"], color=BLUE, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [row["name"][:26] for row in rows])
    axes.set(xlabel=score.replace("_", " "), ylim=(len(rows) - 0.5, -0.5))
    axes.margins(x=0.08)
    axes.tick_params(axis="y", length=0)
    keep(figure, rows)
    return figure


def curve(history: Sequence[Mapping[str, float]], name: str, taken: int | None) -> Figure:
    """Draw one column of the history for training and validation, and mark the epoch taken."""
    figure, axes = canvas(WIDE, 2.9)
    for column, label in ((name, "train"), (f"valid_{name}", "valid")):
        colour, line = {"train": (BLUE, "-"), "valid": (ORANGE, "--")}[label]
        epochs = [row["epoch"] for row in history]
        values = [row.get(column, np.nan) for row in history]
        axes.plot(
            epochs, values, color=colour, linestyle=line, linewidth=2, label=label,
            marker="o" if label == "train" else "s", markersize=3.5,
        )  # fmt: skip
    if taken is not None:
        axes.axvline(taken, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            f" epoch {taken} taken", (taken, 1), xycoords=("data", "axes fraction"), va="bottom",
            ha="right" if taken > (len(history) + 1) / 2 else "left", fontsize=9, color=INK,
        )  # fmt: skip
    axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
    locator: Any = axes.xaxis.get_major_locator()
    locator.set_params(integer=True)
    axes.legend(frameon=False)
    keep(figure, [
        {"epoch": row["epoch"], "train": row[name], "valid": row.get(f"valid_{name}")}
        for row in history
    ])  # fmt: skip
    return figure


def reliability(rows: Sequence[Row], of: str) -> Figure:
    """Draw a reliability diagram with intervals, and below it the number of examples per bin."""
    figure, panels = canvas(WIDE, 4.6, rows=2, ratios=(3, 1))
    above, below = np.asarray(panels, dtype=object)
    above.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="_calibrated")
    said, came = [row["said"] for row in rows], [row["came"] for row in rows]
    above.vlines(said, [r["low"] for r in rows], [r["high"] for r in rows], color=BLUE, linewidth=2)
    above.plot(said, came, color=BLUE, marker="o", linewidth=1)
    above.set(ylabel="observed frequency", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    left, wide = [row["from"] for row in rows], rows[0]["to"] - rows[0]["from"]
    below.bar(left, [r["n"] for r in rows], 0.9 * wide, align="edge", color=BLUE, alpha=0.6)
    below.set(xlabel=f"probability of {of}", ylabel="examples", xlim=(-0.02, 1.02))
    keep(figure, rows)
    return figure


def residuals(found: Answers) -> Figure:
    """Draw the error of the first number against its answer, with the middle 95 % in ten bins."""
    answer, error = found.picks[:, 0], found.truth[:, 0] - found.picks[:, 0]
    figure, axes = canvas(WIDE, 3.2)
    thin = slice(None, None, -(-len(answer) // DRAWN))
    axes.axhline(0, color=GREY, linestyle="--", linewidth=1)
    axes.plot(answer[thin], error[thin], **DOTS)
    edges = np.unique(np.quantile(answer, np.linspace(0, 1, 11)))
    places = np.clip(np.searchsorted(edges, answer, side="right") - 1, 0, max(len(edges) - 2, 0))
    rows = []
    for i in np.unique(places):
        inside = error[places == i]
        low, middle, high = np.quantile(inside, [0.025, 0.5, 0.975]).tolist()
        rows.append({"answer": float(np.median(answer[places == i])), "n": len(inside),
                     "low": low, "median": middle, "high": high})  # fmt: skip
    x = [row["answer"] for row in rows]
    axes.plot(x, [row["median"] for row in rows], color=ORANGE, linewidth=2, label="median")
    for end in ("low", "high"):
        axes.plot(
            x, [row[end] for row in rows], color=ORANGE, linewidth=1.2, linestyle="--",
            label="middle 95 %" if end == "low" else None,
        )  # fmt: skip
    axes.legend(frameon=False)
    axes.set(xlabel=f"answer: {found.names[0]}"[:40], ylabel="truth minus answer")
    keep(figure, rows)
    return figure


def by_length(rows: Sequence[Row], measure: str) -> Figure:
    """Draw the mean quality of the answers by length of the input."""
    figure, axes = canvas(WIDE, 2.9)
    places = list(range(len(rows)))
    values = [row["score"] for row in rows]
    known = [i for i in places if rows[i]["low"] is not None]
    low, high = [rows[i]["low"] for i in known], [rows[i]["high"] for i in known]
    axes.vlines(known, low, high, color=BLUE, linewidth=2)
    axes.plot(places, values, marker="o", color=BLUE, linewidth=1, linestyle=":")
    axes.set_xticks(places, [span(row) for row in rows], rotation=20)
    axes.set(xlabel="steps read", ylabel=measure)
    axes.margins(x=0.06, y=0.12)
    keep(figure, rows)
    return figure


def lengths(parts: Mapping[str, Row]) -> Figure:
    """Draw a histogram of the lengths in each part, from the counts of `glance`."""
    figure, axes = canvas(WIDE, 2.7)
    rows = []
    for name, part in parts.items():
        edges, counts = np.array(part["edges"]), np.array(part["counts"])
        colour, line = LOOKS[name]
        share = counts / max(counts.sum(), 1)
        axes.stairs(share, edges, color=colour, linestyle=line, linewidth=2, label=name)
        rows += [
            {"part": name, "from": a, "to": b, "examples": int(n)}
            for a, b, n in zip(edges[:-1].tolist(), edges[1:].tolist(), counts, strict=True)
        ]
    axes.set(xlabel="steps read", ylabel="share of the part", ylim=(0, None))
    axes.legend(frameon=False)
    keep(figure, rows)
    return figure


def span(row: Mapping[str, Any]) -> str:
    """Return the lengths of a bin as text."""
    return f"{row['from']}" if row["from"] == row["to"] else f"{row['from']} to {row['to']}"
