"""The figures of a search's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.plots.charts import BLUE, GREY, INK, ORANGE, canvas, keep
from seqmodels.tuning.space import Choices, Range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]


def progress(rows: Sequence[Row]) -> Figure:
    """Draw the loss of each trial in order, and the lowest so far.

    Args:
        rows: Trials that have a loss, complete ones among them.
    """
    figure, axes = canvas(7.4, 3.4)
    _draw(axes, rows, [row["trial"] for row in rows], "trial")
    done = [row for row in rows if row["state"] == "complete"]
    lowest = np.minimum.accumulate([row["valid_loss"] for row in done])
    numbers = [row["trial"] for row in done]
    axes.step(numbers, lowest, where="post", color=ORANGE, linewidth=2, label="lowest so far")
    axes.locator_params(axis="x", integer=True)
    figure.legend(frameon=False, ncols=4, loc="outside upper left")
    keep(figure, [{name: row[name] for name in ("trial", "state", "valid_loss")} for row in rows])
    return figure


def against(rows: Sequence[Row], name: str, entry: Range | Choices) -> Figure:
    """Draw the loss of each trial against one setting."""
    figure, axes = canvas(3.6, 3.0)
    if isinstance(entry, Choices):
        _draw(axes, rows, [entry.values.index(row[name]) for row in rows], name)
        axes.set_xticks(range(len(entry.texts)), [text[:12] for text in entry.texts])
        axes.set_xlim(-0.5, len(entry.texts) - 0.5)
    else:
        _draw(axes, rows, [row[name] for row in rows], name)
        if entry.log:
            axes.set_xscale("log")
        if entry.log or entry.whole:
            count = int(min(entry.high - entry.low + 1, 5)) if entry.whole else 5
            ticks = (np.geomspace if entry.log else np.linspace)(entry.low, entry.high, count)
            ticks = sorted({float(round(x) if entry.whole else f"{x:.1g}") for x in ticks})
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
    columns = ("trial", "state", "valid_loss", name)
    keep(figure, [{column: row[column] for column in columns} for row in rows])
    return figure


def _draw(axes: Axes, rows: Sequence[Row], places: Sequence[Any], label: str) -> None:
    """Draw complete trials as dots, pruned ones as crosses, and a ring around the best."""
    x, losses = np.array(places, dtype=float), np.array([row["valid_loss"] for row in rows])
    done = np.array([row["state"] == "complete" for row in rows])
    best = np.flatnonzero(done)[losses[done].argmin()]
    if not done.all():
        axes.scatter(x[~done], losses[~done], s=26, color=GREY, marker="x", label="pruned")
    axes.scatter(x[done], losses[done], s=26, color=BLUE, zorder=3, label="complete")
    axes.scatter(
        x[best], losses[best], s=120, facecolors="none", edgecolors=INK, zorder=4, label="best"
    )
    axes.set(xlabel=label, ylabel="validation loss")
    low, high = losses.min(), np.quantile(losses, 0.9)
    top = high + 0.3 * max(high - low, 1e-6)
    if losses.max() > top:  # a few very bad trials would leave no room for the others
        axes.set_ylim(low - 0.1 * (top - low), top)
        axes.set_title(f"{(losses > top).sum()} above", loc="right", color=GREY, fontsize=9)
