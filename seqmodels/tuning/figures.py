"""The figures of a tuning's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.plots.charts import BLUE, GREY, INK, ORANGE, canvas
from seqmodels.tuning.space import Choices, Range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]


def progress(rows: Sequence[Row]) -> Figure:
    """Draw the loss of each trial in order, and the lowest so far.

    Args:
        rows: One a trial that has a loss, complete ones among them.
    """
    figure, axes = canvas(7.4, 3.4)
    _marks(axes, rows, [row["trial"] for row in rows])
    done = [row for row in rows if row["state"] == "complete"]
    lowest = np.minimum.accumulate([row["valid_loss"] for row in done])
    axes.step(
        [row["trial"] for row in done], lowest, where="post", color=ORANGE, linewidth=2,
        label="lowest so far",
    )  # fmt: skip
    axes.set(xlabel="trial", ylabel="validation loss")
    axes.locator_params(axis="x", integer=True)
    _within(axes, rows)
    figure.legend(frameon=False, ncols=4, loc="outside upper left")
    return _with(figure, rows, ("trial", "state", "valid_loss"))


def against(rows: Sequence[Row], name: str, entry: Range | Choices) -> Figure:
    """Draw the loss of each trial against one setting."""
    figure, axes = canvas(3.6, 3.0)
    if isinstance(entry, Range):
        _marks(axes, rows, [row[name] for row in rows])
        if entry.log:
            axes.set_xscale("log")
        if entry.log or entry.whole:
            shown = _ticks(entry)
            axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
            axes.minorticks_off()
        axes.margins(x=0.08)
    else:
        _marks(axes, rows, [entry.values.index(row[name]) for row in rows])
        axes.set_xticks(range(len(entry.texts)), [text[:12] for text in entry.texts])
        axes.set_xlim(-0.5, len(entry.texts) - 0.5)
    axes.set(xlabel=name, ylabel="validation loss")
    _within(axes, rows)
    return _with(figure, rows, ("trial", "state", "valid_loss", name))


def _ticks(entry: Range) -> list[float]:
    """Return up to five numbers to write at the axis, whole ones where only these are tried."""
    count = int(min(entry.high - entry.low + 1, 5)) if entry.whole else 5
    spaced = (np.geomspace if entry.log else np.linspace)(entry.low, entry.high, count)
    return sorted({float(round(x) if entry.whole else f"{x:.1g}") for x in spaced})


def _with(figure: Figure, rows: Sequence[Row], names: Sequence[str]) -> Figure:
    """Return a figure that knows its numbers, for the table beside it."""
    figure.rows = [{name: row[name] for name in names} for row in rows]  # type: ignore[attr-defined]
    return figure


def _marks(axes: Axes, rows: Sequence[Row], places: Sequence[Any]) -> None:
    """Draw a mark for each trial: filled when complete, a cross when it was given up."""
    done = [row["state"] == "complete" for row in rows]
    best = min((row for row in rows if row["state"] == "complete"), key=lambda r: r["valid_loss"])
    for state, look in (
        (False, {"color": GREY, "marker": "x", "s": 26, "linewidths": 1.2, "label": "pruned"}),
        (True, {"color": BLUE, "marker": "o", "s": 26, "linewidths": 0, "label": "complete"}),
    ):
        x = [place for place, one in zip(places, done, strict=True) if one == state]
        y = [row["valid_loss"] for row, one in zip(rows, done, strict=True) if one == state]
        if x:
            axes.scatter(x, y, zorder=3, **look)
    where = next(i for i, row in enumerate(rows) if row is best)
    axes.scatter(
        [places[where]], [best["valid_loss"]], s=120, facecolors="none", edgecolors=INK,
        linewidths=1.4, zorder=4, label="best",
    )  # fmt: skip


def _within(axes: Axes, rows: Sequence[Row]) -> None:
    """Let the axis end above most losses: a few very bad ones would leave no room for the rest."""
    losses = np.array([row["valid_loss"] for row in rows])
    low, high = losses.min(), np.quantile(losses, 0.9)
    spread = max(high - low, 1e-6)
    if losses.max() > high + spread:
        axes.set_ylim(low - 0.1 * spread, high + 0.3 * spread)
        axes.annotate(
            f"{int((losses > high + 0.3 * spread).sum())} above", (0.98, 0.97),
            xycoords="axes fraction", ha="right", va="top", color=GREY, fontsize=9,
        )  # fmt: skip
