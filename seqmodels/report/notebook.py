"""Display of a run in a notebook: its scores beside the baselines, and its learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.evaluation.scores import Evaluation
from seqmodels.heads.base import Head
from seqmodels.report.figures import curve
from seqmodels.report.pages import drawn, filled
from seqmodels.report.story import Story

if TYPE_CHECKING:
    import pandas as pd


def card(
    path: Path, record: Mapping[str, Any], history: pd.DataFrame, found: Evaluation, head: Head
) -> str:
    """Return a run as a piece of HTML.

    Args:
        path: Directory of the run.
        record: Content of `run.json`.
        history: One row per epoch.
        found: Scores of the run.
        head: Head of the run.
    """
    rows: Any = history.to_dict("records")
    story = Story.of(record, rows, found, head.headline, head.higher_is_better, None)
    names = [n for n in ("loss", *history) if f"valid_{n}" in history]
    pictures = [drawn(curve(rows, name, story.taken), f"{path.name} {name}")
                for name in dict.fromkeys(names)]  # fmt: skip
    others = [name for name in story.names if name != story.headline]
    return filled("run.html", path=path, story=story, others=others, pictures=pictures)
