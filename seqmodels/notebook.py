"""What a notebook shows of a run: its scores beside the baselines', and its learning curves."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from seqmodels.evaluation import Evaluation
from seqmodels.pages import drawn, filled
from seqmodels.plots import short
from seqmodels.records import Scores, read
from seqmodels.report.figures import curve
from seqmodels.report.story import Story

if TYPE_CHECKING:
    from seqmodels.run import Run


def card(run: Run) -> str:
    """Return a run as a piece of HTML.

    Raises:
        InputError: `scores.json` is damaged.
    """
    saved = read(run.path / "scores.json", Scores)
    known = {field.name for field in fields(Evaluation)}
    found = Evaluation(**{name: value for name, value in saved if name in known})
    history: Any = run.history.to_dict("records")
    head = run.model.head
    story = Story.of(run.record, history, found, head.headline, head.higher_is_better, None)
    names = [n for n in ("loss", *run.history) if f"valid_{n}" in run.history]
    pictures = [drawn(curve(history, name, story.taken), f"{run.path.name} {name}")
                for name in dict.fromkeys(names)]  # fmt: skip
    others = [name for name in story.names if name != story.headline]
    return filled("run.html", run=run, story=story, others=others, pictures=pictures, short=short)
