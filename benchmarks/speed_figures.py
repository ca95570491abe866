"""The figures of `benchmarks/speed.py`: how many times ours, and how the cost grows."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from medians import OURS, Measured, middle, ratio

from seqmodels.plots.charts import BLUE, GREY, INK, ORANGE

Rows = Mapping[str, Measured]
LOOKS = {  # color and marker of each in all figures
    OURS: (BLUE, "o"),
    "stock Keras": (ORANGE, "s"),
    "Keras with XLA": ("#e3a008", "D"),
    "Keras predict": (ORANGE, "X"),
    "Keras model(x)": (ORANGE, "*"),
    "PyTorch": ("#7a3e9d", "^"),
    "PyTorch, one thread": ("#b58fcb", "v"),
    "ONNX Runtime": ("#2e7d4f", "P"),
}
SHOWN = ("step", "tutorial", "predict", "strokes", "windows")
SIZES = (("units", "units"), ("length", "steps of a row"), ("batch", "rows of a batch"))


def draw(rows: Rows, folder: Path) -> list[str]:
    """Draw what the rows allow, and return the names of the files."""
    names = []
    if shown := [name for name in rows if name.partition("/")[0] in SHOWN]:
        _ratios({name: rows[name] for name in shown}).savefig(folder / "speed.png", dpi=150)
        names.append("speed.png")
    if any(_curves(rows, kind) for kind, _ in SIZES):
        _growth(rows).savefig(folder / "speed-growth.png", dpi=150)
        names.append("speed-growth.png")
    return names


def _ratios(rows: Rows) -> Figure:
    """Draw a line for each row, and on it how many times our wall time each other takes."""
    figure = Figure(figsize=(8.5, 1.6 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(1, color=BLUE, linewidth=2, label=OURS)
    for who, (color, marker) in LOOKS.items():
        times = {place: ratio(row, who, "wall_s") for place, row in enumerate(rows.values())}
        times = {place: each for place, each in times.items() if each is not None}
        if times and who != OURS:
            places = list(times)
            axes.scatter(list(times.values()), places, s=42, c=color, marker=marker, label=who)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(rows)), [f"{row['part']}: {row['says']}" for row in rows.values()])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title("Wall time, as a multiple of ours: further right is slower", color=INK)
    axes.grid(color=GREY, alpha=0.25)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    _plain(axes)
    return figure


def _growth(rows: Rows) -> Figure:
    """Draw a panel for each size that a training step grows with."""
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    panels = figure.subplots(1, len(SIZES), sharey=True)
    for axes, (kind, label) in zip(panels, SIZES, strict=True):
        curves = _curves(rows, kind)
        for who, points in curves.items():
            sizes, times = zip(*sorted(points), strict=True)
            color, marker = LOOKS[who]
            axes.plot(sizes, times, color=color, marker=marker, markersize=5, label=who)
        sizes = sorted({size for points in curves.values() for size, _ in points})
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(label)
        axes.grid(color=GREY, alpha=0.25)
        _plain(axes)
    panels[0].set_ylabel("wall ms of one training step")
    handles, names = max(
        (axes.get_legend_handles_labels() for axes in panels), key=lambda h: len(h[1])
    )
    figure.legend(handles, names, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return figure


def _curves(rows: Rows, kind: str) -> dict[str, list[tuple[int, float]]]:
    """Return for each contestant the sizes and the milliseconds of a step, one direction."""
    prefix, suffix = ("step/", "/1") if kind == "units" else (f"growth/{kind}/", "")
    curves: dict[str, list[tuple[int, float]]] = {}
    for name, row in rows.items():
        if name.startswith(prefix) and name.endswith(suffix):
            size = int(name.removeprefix(prefix).removesuffix(suffix))
            for who in row["found"]:
                point = size, 1e3 * middle(row, who, "wall_s")
                curves.setdefault(who, []).append(point)
    return curves


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(color=GREY, labelcolor=INK)
