"""A comparison as JSON types, a table, a figure, a page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.plots import charts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from seqmodels.runs.comparison.compared import Comparison


def record(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON types."""
    values = json.loads(json.dumps(dataclasses.asdict(found), default=str))
    values["reference_chosen"] = values.pop("chosen")
    for row in values["rows"]:
        row["runs"] = row.pop("paths")
    return values


def table(found: Comparison) -> pd.DataFrame:
    """Return a row for each setting."""
    import pandas as pd

    name = found.headline
    rows = []
    for row in found.rows:
        low, high = row.interval or (None, None)
        least, most = row.limits or (None, None)
        rows.append(
            {
                "run": row.name,
                "seeds": len(row.seeds),
                **row.settings,
                name: row.score,
                f"{name} low": low,
                f"{name} high": high,
                f"{name} min": min(row.each),
                f"{name} max": max(row.each),
                "difference": row.difference,
                "difference low": least,
                "difference high": most,
                "verdict": row.verdict,
                **{other: value for other, value in row.scores.items() if other != name},
                "seconds": row.seconds,
                "weights": row.weights,
            }
        )
    frame = pd.DataFrame(rows)
    numbers = [f"{one} {end}" for one in (name, "difference") for end in ("low", "high")]
    numbers += ["difference", "seconds"]
    return frame.astype(dict.fromkeys(numbers, float))


def figure(found: Comparison) -> Figure:
    """Draw scores and differences side by side, a line for each row.

    A filled mark is a settled difference, a hollow mark an undecided one; a square is the
    reference; small strokes are the seeds.
    """
    rows = found.rows
    drawing, panels = charts.canvas(9.0, 1.3 + 0.34 * len(rows), columns=2)
    left, right = np.atleast_1d(np.asarray(panels, dtype=object))
    for y, row in enumerate(rows):
        look: dict[str, Any] = {"color": charts.BLUE, "linewidth": 1.6, "zorder": 2}
        mark = "s" if row.difference is None else "o"
        if row.interval is not None:
            left.plot(row.interval, [y, y], **look)
        left.plot([row.score], [y], mark, color=charts.BLUE, markersize=7, zorder=3)
        if len(row.each) > 1:
            left.plot(row.each, [y + 0.25] * len(row.each), "|", color=charts.GREY, markersize=6)
        if row.difference is None:
            right.plot([0], [y], mark, color=charts.BLUE, markersize=7, zorder=3)
            continue
        sure = row.verdict != "undecided"
        colour = {"better": charts.BLUE, "worse": charts.ORANGE}.get(row.verdict, charts.INK)
        if row.limits is not None:
            right.plot(row.limits, [y, y], **{**look, "color": colour})
        right.plot(
            [row.difference], [y], mark, color=colour, markersize=7, zorder=3,
            markerfacecolor=colour if sure else charts.PAPER, markeredgewidth=1.6,
        )  # fmt: skip
    right.axvline(0, color=charts.GREY, linestyle="--", linewidth=1, zorder=1)
    left.set_yticks(range(len(rows)), [_shortened(row.name) for row in rows])
    right.set_yticks(range(len(rows)), [])
    for axes in (left, right):
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.tick_params(axis="y", length=0)
    title = found.headline.replace("_", " ")
    direction = "more" if found.higher_is_better else "less"
    left.set(title=f"{title}, 95 %", xlabel=f"{title} ({direction} is better)")
    right.set(title=f"against {_shortened(found.reference)}", xlabel="difference (right is better)")
    charts.keep(drawing, table(found).to_dict("records"))
    return drawing


def plot(found: Comparison, path: Path) -> None:
    """Write the figure as PNG or SVG."""
    refuse(path, (".png", ".svg"))
    try:
        charts.save(figure(found), path)
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r}: {error.strerror or error}.") from None


def page(found: Comparison, path: Path) -> None:
    """Write the comparison as a page."""
    from seqmodels.report.pages import drawn, write_page

    refuse(path, (".html",))
    try:
        picture = drawn(figure(found), "scores and differences")
        write_page(path, "compare.html", **_values(found), picture=picture)
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r}: {error.strerror or error}.") from None


def refuse(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise InputError when a file exists, or its suffix is not among these."""
    if path.suffix.lower() not in suffixes:
        raise InputError(f"The file {str(path)!r} needs the ending {' or '.join(suffixes)}.")
    if path.exists():
        raise InputError(f"The file {str(path)!r} exists. Choose another, or remove it.")


def notebook(found: Comparison) -> str:
    """Return the HTML for a notebook: the sentence, the table, the notes."""
    from seqmodels.report.pages import filled

    return filled("notebook.html", **_values(found))


def setting_text(value: Any) -> str:
    """Return the value of a setting as text."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def lines(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the cells of the first table, with as many digits as the intervals warrant.

    Args:
        rows: Rows of `Comparison.record()`.
    """
    scores = _digits([row["interval"] for row in rows if row["interval"]])
    gaps = _digits([row["limits"] for row in rows if row["limits"]])
    return [
        {
            "name": row["name"],
            "score": f"{row['score']:,.{scores}f}",
            "interval": _between(row["interval"], f",.{scores}f"),
            "difference": "" if row["difference"] is None else f"{row['difference']:+,.{gaps}f}",
            "limits": _between(row["limits"], f"+,.{gaps}f"),
            "verdict": row["verdict"],
        }
        for row in rows
    ]


def _between(limits: Sequence[float] | None, form: str) -> str:
    return f"[{limits[0]:{form}}, {limits[1]:{form}}]" if limits else ""


def _digits(limits: Sequence[Sequence[float]]) -> int:
    """Return the number of decimals: two digits of the narrowest half-width."""
    widths = [(high - low) / 2 for low, high in limits if high > low]
    return int(np.clip(1 - np.floor(np.log10(min(widths))), 0, 6)) if widths else 3


def _values(found: Comparison) -> dict[str, Any]:
    others = [name for name in found.rows[0].scores if name != found.headline]
    return {
        "found": found,
        "lines": lines(record(found)["rows"]),
        "others": others,
        "title": found.headline.replace("_", " "),
        "setting_text": setting_text,
    }


def _shortened(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:15]}…{name[-18:]}"
