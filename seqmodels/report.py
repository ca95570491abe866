"""The page a run leaves behind: one file, no network needed."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from seqmodels import plots
from seqmodels.evaluation import Evaluation
from seqmodels.files import writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_report(
    path: Path,
    record: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    found: Evaluation,
    figures: Mapping[str, Figure],
) -> None:
    """Write `report.html`.

    Args:
        path: The file to write, whole or not at all.
        record: What `run.json` holds.
        history: One row an epoch.
        found: The scores of the test part and of the baselines.
        figures: The head's, by name.
    """
    columns = {name: [row[name] for row in history] for name in history[0]}
    drawn = {"learning curves": plots.curves(columns), **figures}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(
        files("seqmodels").joinpath("report.html").read_text(encoding="utf-8")
    )
    page = template.render(
        record=record,
        scores=found.scores,
        baselines=found.baselines,
        rows=history,
        figures={name: _embedded(figure) for name, figure in drawn.items()},
    )
    with writing(path) as file:
        file.write(page)


def _embedded(figure: Figure) -> str:
    """Return a figure as a data address."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=160)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
