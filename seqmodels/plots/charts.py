"""Figures in one style. Each function draws and returns a figure; no global state is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, BLUE, ORANGE = "#22272e", "#8b949e", "#1f5fa8", "#c65102"
GREEN, PAPER = "#2da44e", "#ffffff"
DRAWN = 1000  # points of a figure; each takes some 150 bytes of a page
DARK = 0.55  # largest opacity of a colour behind text
DOTS: Any = {"linestyle": "", "marker": "o", "markersize": 3, "alpha": 0.45, "color": BLUE,
             "markeredgewidth": 0}  # fmt: skip


def confusion(truth: np.ndarray, picks: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw how often each class (a row) got each answer (a column), as shares of the row.

    Args:
        truth: Positions of the true classes, [N].
        picks: Positions of the answers, [N].
        names: The classes, K.
    """
    from matplotlib.patches import Rectangle

    k = len(names)
    table = np.zeros((k, k), dtype=int)
    np.add.at(table, (truth, picks), 1)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    size = min(9.0, 3.0 + 0.45 * k)
    figure, axes = canvas(size + 0.6, size)
    for row, column in np.argwhere(table):
        dark = share[row, column]
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=BLUE, alpha=DARK * dark, linewidth=0))
        if k <= 20:
            axes.text(
                column, row, f"{table[row, column]}", ha="center", va="center",
                color=INK, fontsize=9 if k <= 10 else 6,
            )  # fmt: skip
    axes.set(xlim=(-0.5, k - 0.5), ylim=(k - 0.5, -0.5), aspect="equal")
    keep(figure, [
        {"truth": names[i], "answer": names[j], "examples": int(table[i, j])}
        for i, j in np.argwhere(table)
    ])  # fmt: skip
    tilted = max(map(len, names)) > 4
    axes.set_xticks(
        range(k), names, rotation=35 if tilted else 0, ha="right" if tilted else "center"
    )
    axes.set_yticks(range(k), names)
    axes.set(xlabel="answer", ylabel="truth", title="Truth and answers, test examples")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def roc(truth: np.ndarray, score: np.ndarray, positive: str) -> Figure:
    """Draw the receiver operating characteristic of `score` [N] for truth 0 or 1 [N]."""
    from sklearn.metrics import roc_auc_score, roc_curve

    false_rate, true_rate, _ = roc_curve(truth, score)
    figure, axes = canvas(4.4, 4.0)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="chance")
    area = roc_auc_score(truth, score)
    axes.plot(false_rate, true_rate, color=BLUE, linewidth=2, label=f"model, area {area:.3f}")
    axes.set(
        xlabel=f"others called {positive!r}", ylabel=f"{positive!r} found", title="ROC",
        xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal",
    )  # fmt: skip
    axes.legend(loc="lower right", frameon=False)
    return figure


def against(truth: np.ndarray, answers: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw predicted against actual numbers, both [N, D], in the target's units.

    Of more than `DRAWN` examples, evenly spaced ones are drawn.
    """
    thin = slice(None, None, -(-len(truth) // DRAWN))
    truth, answers = truth[thin], answers[thin]
    shown = min(len(names), 4)
    figure, panels = canvas(4.2 * shown if shown > 1 else 4.4, 4.0, columns=shown)
    for axes, i in zip(np.atleast_1d(np.asarray(panels, dtype=object)), range(shown), strict=True):
        low = min(truth[:, i].min(), answers[:, i].min())
        high = max(truth[:, i].max(), answers[:, i].max())
        axes.plot([low, high], [low, high], color=GREY, linestyle="--", linewidth=1)
        axes.plot(truth[:, i], answers[:, i], label="examples", **DOTS)
        axes.set(xlabel="actual", ylabel="predicted", title=names[i])
    return figure


def in_order(truth: np.ndarray, answers: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw up to 300 actual and predicted numbers [N, D] in the order of the test part.

    Each of the first three numbers has its own panel.
    """
    shown = min(len(names), 3)
    figure, panels = canvas(8.0, 0.8 + 2.4 * shown, rows=shown)
    last = slice(max(0, len(truth) - 300), None)
    places = np.arange(len(truth))[last]
    for i, axes in enumerate(np.atleast_1d(np.asarray(panels, dtype=object))):
        axes.plot(places, truth[last, i], color=INK, linewidth=1.2, label="actual")
        axes.plot(
            places, answers[last, i], color=ORANGE, linewidth=1.2, linestyle="--",
            label="predicted",
        )  # fmt: skip
        axes.set(ylabel=names[i])
        axes.margins(x=0.01, y=0.18)
        if i == 0:
            axes.set(title="Predicted and actual, in order")
            axes.legend(frameon=False, ncols=2, loc="upper right")
        if i == shown - 1:
            axes.set(xlabel="test example")
    return figure


def curves(history: dict[str, list[float]]) -> Figure:
    """Draw loss and metrics after each epoch, for training and validation."""
    names = [n for n in history if f"valid_{n}" in history]
    figure, panels = canvas(4.2 * len(names), 3.2, columns=len(names))
    for axes, name in zip(np.atleast_1d(np.asarray(panels, dtype=object)), names, strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], color=BLUE, linewidth=2, marker=".", label="train")
        axes.plot(
            epochs, history[f"valid_{name}"], color=ORANGE, linewidth=2, marker=".",
            linestyle="--", label="valid",
        )  # fmt: skip
        axes.set(xlabel="epoch", title=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)
    return figure


def spread(
    parts: Mapping[str, np.ndarray], label: str, title: str, limit: float | None = None
) -> Figure:
    """Draw histograms of numbers [N] by part, as shares of the part, and optionally a limit.

    Args:
        parts: Numbers by part. The smallest and largest 0.5 % are drawn at the edges.
        label: Name of the numbers, with the unit.
        title: Title of the figure.
        limit: Position of a vertical line; None: no line.
    """
    every = np.concatenate([np.asarray(one, dtype=np.float64) for one in parts.values()])
    every = every[np.isfinite(every)]
    low, high = np.quantile(every, [0.005, 0.995]) if len(every) else (0, 1)
    bins = int(np.clip(2 * np.sqrt(min(map(len, parts.values()))), 5, 40))  # few rows, few bins
    if (every == np.round(every)).all():
        first, kinds = np.floor(low), int(np.ceil(high) - np.floor(low)) + 1
        width = -(-kinds // bins)
        edges = first - 0.5 + width * np.arange(-(-kinds // width) + 1)
    else:
        edges = np.linspace(low, max(high, low + 1e-9), bins + 1)
    figure, axes = canvas(6.0, 3.2)
    looks = {"train": (BLUE, "-"), "valid": (GREY, ":"), "test": (ORANGE, "--")}
    for name, values in parts.items():
        colour, line = looks[name]
        inside = np.clip(np.asarray(values, dtype=np.float64), edges[0], edges[-1])
        counts, _ = np.histogram(inside[np.isfinite(inside)], edges)
        share = counts / max(counts.sum(), 1)
        axes.stairs(share, edges, color=colour, linewidth=2, linestyle=line, label=name)
    if limit is not None and edges[0] <= limit <= edges[-1]:
        axes.axvline(limit, color=INK, linewidth=1, label="read at most")
    axes.set(xlabel=label, ylabel="share of the part", title=title, ylim=(0, None))
    axes.legend(frameon=False)
    return figure


def balance(parts: Mapping[str, np.ndarray], names: Sequence[str]) -> Figure:
    """Draw the share of each class in each part, for the 20 most frequent classes.

    Args:
        parts: Counts of the K classes by part.
        names: The classes, K.
    """
    total = np.sum(list(parts.values()), axis=0)
    shown = np.sort(np.argsort(-total, kind="stable")[:20])
    figure, axes = canvas(6.0, 1.2 + 0.3 * max(len(shown), 2))
    high = 0.8 / len(parts)
    colours = (BLUE, GREY, ORANGE) if len(parts) == 3 else (BLUE, ORANGE)
    for i, ((name, counts), colour) in enumerate(zip(parts.items(), colours, strict=True)):
        share = counts[shown] / max(counts.sum(), 1)
        axes.barh(np.arange(len(shown)) + i * high, share, high, color=colour, label=name)
    keep(figure, [
        {"class": names[i], **{part: int(counts[i]) for part, counts in parts.items()}}
        for i in shown
    ])  # fmt: skip
    middle = np.arange(len(shown)) + high * (len(parts) - 1) / 2
    axes.set_yticks(middle.tolist(), [str(names[i])[:24] for i in shown])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    title = (
        "Classes" if len(shown) == len(names) else f"The 20 most frequent of {len(names)} classes"
    )
    axes.set(xlabel="share of the part", title=title)
    figure.legend(frameon=False, ncols=len(parts), loc="outside lower center")
    return figure


def examples(rows: Sequence[np.ndarray], names: Sequence[str] | None = None) -> Figure:
    """Draw the first three channels of a few sequences [T, C], one panel per channel."""
    shown = min(rows[0].shape[1], 3)
    figure, panels = canvas(6.0, 0.8 + 1.6 * shown, rows=shown)
    colours = (BLUE, ORANGE, INK, GREY, GREEN)
    for c, axes in enumerate(np.atleast_1d(np.asarray(panels, dtype=object))):
        for i, (row, colour) in enumerate(zip(rows, colours, strict=False)):
            axes.plot(row[:, c], color=colour, linewidth=1.3, label=f"example {i + 1}")
        axes.set(ylabel=names[c] if names else f"channel {c}")
        if c == 0:
            axes.set(title=f"The first {len(rows)} training examples")
        if c == shown - 1:
            axes.set(xlabel="step")
    return figure


def keep(figure: Figure, rows: Sequence[Mapping[str, Any]]) -> None:
    """Attach to a figure the numbers that it shows, if its lines do not hold them."""
    figure.rows = list(rows)  # type: ignore[attr-defined]


def numbers(figure: Figure) -> list[dict[str, Any]]:
    """Return the numbers of a figure as rows of a table.

    These are the rows of `keep`; without them, the lines and steps that have a label.
    """
    kept = getattr(figure, "rows", None)
    if kept is not None:
        return kept
    rows = []
    for i, axes in enumerate(figure.axes):
        panel = axes.get_title() or axes.get_ylabel() or str(i + 1)
        drawn = [(one.get_label(), *one.get_data(orig=True)) for one in axes.lines]
        for one in axes.patches:
            data: Any = getattr(one, "get_data", lambda: None)()  # of `stairs`
            if data is not None:
                drawn.append((one.get_label(), data.edges[:-1], data.values))
        for label, x, y in drawn:
            if not str(label).startswith("_"):
                pairs = zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True)
                rows += [{"panel": panel, "series": label, "x": x, "y": y} for x, y in pairs]
    return rows


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, by the suffix of `path`."""
    figure.savefig(path, dpi=150)


def canvas(
    width: float, height: float, *, rows: int = 1, columns: int = 1, ratios: Any = None
) -> tuple[Figure, Axes]:
    """Return an empty figure and its axes, or an array of axes.

    Args:
        width: Width of the figure in inches.
        height: Height of the figure in inches.
        rows: Number of rows of panels.
        columns: Number of columns of panels.
        ratios: Heights of the rows, relative to each other.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(rows, columns, height_ratios=ratios)
    for axes in np.atleast_1d(panels):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(color=GREY, labelcolor=INK)
    return figure, panels
