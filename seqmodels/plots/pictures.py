"""Figures of single inputs, with the contributions of their steps if known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.plots.charts import BLUE, GREY, INK, ORANGE, canvas, keep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE = 4.2  # inches
PANELS = 3  # channels of a series that are drawn


def strokes(points: np.ndarray, parts: np.ndarray | None) -> Figure:
    """Draw the strokes of a pen.

    Args:
        points: x, y, and 1 where the pen is lifted after the point, [T, 3].
        parts: Contribution of each point, [T]. Dots are positive, crosses negative; a larger mark
            is a larger contribution.
    """
    figure, axes = canvas(2.6, 2.6)
    ends = np.flatnonzero(points[:, 2]) + 1
    for stroke in np.split(points, ends[ends < len(points)]):
        axes.plot(stroke[:, 0], stroke[:, 1], color=INK, linewidth=1.6)
    share = np.zeros(len(points)) if parts is None else parts / (np.abs(parts).max() or 1)
    for sign, colour, mark in ((1, BLUE, "o"), (-1, ORANGE, "x")):
        some = share * sign > 0.05
        axes.scatter(
            points[some, 0], points[some, 1], s=60 * np.abs(share[some]), color=colour,
            marker=mark, alpha=0.8, zorder=3,
        )  # fmt: skip
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()
    _kept(figure, {"x": points[:, 0], "y": points[:, 1], "pen lifted": points[:, 2]}, parts)
    return figure


def series(
    steps: np.ndarray,
    names: Sequence[str],
    continues: Sequence[int],
    parts: np.ndarray | None,
    after: Mapping[str, Any] | None,
) -> Figure:
    """Draw the channels of a window, and below them the contribution of each step.

    A window of more than three channels is drawn as an image of steps by channels. A forecast
    shows its first three channels as lines, and the label states how many are left out.

    Args:
        steps: [T, C], in the input's units.
        names: Names of the C channels.
        continues: Channel of each of the D numbers of a forecast; these channels come first.
        parts: Contribution of each step, [T], or None.
        after: "truth" and "answer", [D] each, drawn past the end; None: no forecast.
    """
    if steps.shape[1] > PANELS and not continues:
        return _image(steps, names, parts)
    channels = list(dict.fromkeys([*continues, *range(steps.shape[1])]))[:PANELS]
    rows = len(channels) + (parts is not None)
    ratios = [2] * len(channels) + [1] * (parts is not None)
    figure, panels = canvas(WIDE, 0.5 + 1.25 * len(channels) + 0.8 * (parts is not None),
                            rows=rows, ratios=ratios)  # fmt: skip
    every = list(np.atleast_1d(np.asarray(panels, dtype=object)))
    for channel, axes in zip(channels, every, strict=False):
        axes.plot(steps[:, channel], color=INK, linewidth=1.3)
        axes.set_ylabel(names[channel][:16])
        if after and channel in continues:
            place, end = list(continues).index(channel), len(steps)
            for name, mark, colour in (("truth", "o", INK), ("answer", "X", ORANGE)):
                axes.plot([end], [after[name][place]], mark, color=colour, label=name, alpha=0.85)
            axes.legend(frameon=False, fontsize=8)
    if parts is not None:
        _bars(every[-1], np.arange(len(parts)), parts)
    missing = steps.shape[1] - len(channels)
    more = f"; {missing} more channel{'s' * (missing > 1)} not drawn" if missing else ""
    every[-1].set_xlabel(f"step read{more}")
    _placed(figure, every)
    columns = {names[channel]: steps[:, channel] for channel in range(steps.shape[1])}
    _kept(figure, columns, parts)
    return figure


def _image(steps: np.ndarray, names: Sequence[str], parts: np.ndarray | None) -> Figure:
    """Draw all channels of a window as an image, dark where values are high.

    Each named channel has its own scale from minimum to maximum. Channels without a name, such
    as pixels, share one scale.
    """
    alike = all(name == f"channel {c}" for c, name in enumerate(names))
    low, high = (f(steps, axis=None if alike else 0) for f in (np.nanmin, np.nanmax))
    share = (steps - low) / np.where(high > low, high - low, 1)
    rows, count = 1 + (parts is not None), steps.shape[1]
    tall = float(np.clip(0.14 * count, 1.2, 3.0))
    figure, panels = canvas(
        WIDE, 0.7 + tall + 0.9 * (rows - 1), rows=rows, ratios=[tall, 0.9][:rows]
    )
    every = list(np.atleast_1d(np.asarray(panels, dtype=object)))
    every[0].imshow(
        share.T, aspect="auto", cmap="gray_r", interpolation="nearest", vmin=0, vmax=1,
        extent=(-0.5, len(steps) - 0.5, count - 0.5, -0.5),
    )  # fmt: skip
    if alike or count > 12:
        every[0].set_ylabel("channel")
    else:
        every[0].set_yticks(range(count), [name[:10] for name in names], fontsize=7)
    if parts is not None:
        _bars(every[1], np.arange(len(parts)), parts)
    every[-1].set_xlabel("step read")
    _placed(figure, every, ticks=alike or count > 12)
    _kept(figure, {name: steps[:, c] for c, name in enumerate(names)}, parts)
    return figure


def features(steps: np.ndarray, hop: float, parts: np.ndarray | None) -> Figure:
    """Draw the loudness of each band over time, and the contribution of each frame.

    Args:
        steps: Decibels, [T, C].
        hop: Seconds between frames.
        parts: Contribution of each frame, [T], or None.
    """
    rows = 1 + (parts is not None)
    figure, panels = canvas(WIDE, 1.9 + 0.9 * (rows - 1), rows=rows, ratios=[2, 1][:rows])
    every = list(np.atleast_1d(np.asarray(panels, dtype=object)))
    seconds = len(steps) * hop
    every[0].imshow(
        steps.T, origin="lower", aspect="auto", cmap="gray_r", interpolation="nearest",
        extent=(0, seconds, 0.5, steps.shape[1] + 0.5),
    )  # fmt: skip
    every[0].set_ylabel("band")
    if parts is not None:
        _bars(every[1], hop * np.arange(len(parts)), parts)
        every[1].set_xlim(0, seconds)
    every[-1].set_xlabel("seconds")
    _placed(figure, every)
    bands = {f"band {band + 1}": steps[:, band].round(2) for band in range(steps.shape[1])}
    _kept(figure, bands, parts)
    return figure


def _placed(figure: Figure, panels: Sequence[Axes], ticks: bool = True) -> None:
    """Place panels below each other; a layout engine takes half the time of a figure."""
    figure.set_layout_engine(None)
    high = figure.get_figheight()
    figure.subplots_adjust(0.2, 0.5 / high, 0.98, 1 - 0.12 / high, hspace=0.14)
    ends = [axes.get_xlim() for axes in panels]
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)
    for axes in panels:
        axes.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
        if ticks or axes is not panels[0]:
            axes.locator_params(axis="y", nbins=4)
        axes.yaxis.set_label_coords(-0.17, 0.5)


def _bars(axes: Axes, x: np.ndarray, parts: np.ndarray) -> None:
    """Draw the contribution of each step as a bar: upward positive, downward negative."""
    width = 0.9 * (x[1] - x[0]) if len(x) > 1 else 0.9
    axes.bar(x, np.maximum(parts, 0), width, color=BLUE)
    axes.bar(x, np.minimum(parts, 0), width, color=ORANGE)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_ylabel("contribution", fontsize=8)


def _kept(figure: Figure, columns: Mapping[str, np.ndarray], parts: np.ndarray | None) -> None:
    every = dict(columns) if parts is None else {**columns, "contribution": parts}
    lists = [np.asarray(values).tolist() for values in every.values()]
    rows = zip(*lists, strict=True)
    keep(figure, [{"step": i, **dict(zip(every, row, strict=True))} for i, row in enumerate(rows)])
