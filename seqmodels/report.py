"""The page a run leaves behind: one file, no network needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels import plots
from seqmodels.evaluation import Evaluation
from seqmodels.pages import embedded, write_page

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
    write_page(
        path,
        "report.html",
        record=record,
        scores=found.scores,
        baselines=found.baselines,
        rows=history,
        figures={name: embedded(figure) for name, figure in drawn.items()},
    )
