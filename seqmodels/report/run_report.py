"""The page a run leaves behind, one file that needs no network, and the same story in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.evaluation.scores import Evaluation
from seqmodels.heads.base import Head, Prediction
from seqmodels.report import figures as draw
from seqmodels.report.answers import Answers, ordered
from seqmodels.report.glance import glance
from seqmodels.report.pages import drawn, write_page
from seqmodels.report.story import Story, sentence
from seqmodels.report.worst import Shown, shown

if TYPE_CHECKING:
    from seqmodels.core.sequences import Sequences
    from seqmodels.model.sequence_model import SequenceModel

__all__ = ["Story", "Tested", "glance", "sentence", "write_report"]

MOST_CLASSES = 100  # rows of a table
CAPTIONS = {"confusion": "Confusion matrix", "roc": "ROC curve", "in order": "Test part in order"}


@dataclass(frozen=True, eq=False)
class Tested:
    """The test part as it was answered.

    Args:
        head: Fitted.
        targets: One per example.
        prediction: One answer per example.
        inputs: Raw; None: they are not at hand, and no input is shown.
        sequences: The inputs as the network reads them; None: nothing is explained.
        model: What answered; None: as `inputs` and `sequences`.
        lengths: Steps read of each example, where `sequences` does not tell.
        lines: The inputs in a line each, where they are not at hand.
        late: Whether there is no time left to explain one more; None: there always is.
    """

    head: Head
    targets: Any
    prediction: Prediction
    inputs: Sequence[Any] | None = None
    sequences: Sequences | None = None
    model: SequenceModel | None = None
    lengths: np.ndarray | None = None
    lines: Sequence[str] | None = None
    late: Callable[[], bool] | None = None

    def answers(self) -> Answers | None:
        """Return answers beside the truth."""
        lengths = self.lengths if self.sequences is None else np.asarray(self.sequences.lengths)
        return Answers.of(self.head, self.targets, self.prediction, lengths)


def write_report(
    path: Path,
    record: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    found: Evaluation,
    *,
    tested: Tested,
    parts: Mapping[str, Any] | None = None,
) -> None:
    """Write `report.html`.

    Args:
        path: The file to write, whole or not at all.
        record: What `run.json` holds.
        history: One row an epoch.
        found: The scores of the test part and of the baselines.
        tested: The answers and, where they are at hand, the inputs.
        parts: What `glance` says of each part.
    """
    head, answers = tested.head, tested.answers()
    story = Story.of(record, history, found, head.headline, head.higher_is_better, answers)
    figures = head.figures(tested.targets, tested.prediction)
    write_page(
        path,
        "report.html",
        record=record,
        story=story,
        parts=parts or {},
        classes=_classes(parts or {}),
        pictures=_pictures(story, answers, parts or {}),
        figures=[drawn(figure, CAPTIONS.get(name, name)) for name, figure in figures.items()],
        shown=_shown(tested, answers),
        explained=tested.model is not None,
        uneven=any(len(set(part["lengths"])) > 1 for part in (parts or {}).values()),
        others=[name for name in story.names if name != story.headline],
        lifted=any(row["lift"] for row in story.scores),
        known=any(row["headline"]["low"] is not None for row in story.scores),
        costs=_costs(record, history),
        most=MOST_CLASSES,
    )


def _pictures(story: Story, answers: Answers | None, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures that every head has, by the section that they stand in."""
    found: dict[str, Any] = {"data": [], "scores": [], "curves": [], "calibration": [], "by": []}
    if any(len(set(part["lengths"])) > 1 for part in parts.values()):
        found["data"].append(drawn(draw.lengths(parts), "Lengths"))
    rows = [
        {"name": row["name"], **row["headline"]} for row in story.scores if row["headline"]["value"]
        is not None
    ]  # fmt: skip
    if len(rows) > 1:
        name = story.headline.replace("_", " ")
        found["scores"].append(drawn(draw.intervals(rows, story.headline), f"{name} and baselines"))
    names = [n for n in story.history[0] if f"valid_{n}" in story.history[0]]
    for name in names:
        found["curves"].append(
            drawn(
                draw.curve(story.history, name, story.taken),
                f"Learning curve, {name.replace('_', ' ')}",
            )
        )
    if story.calibration:
        figure = draw.reliability(story.calibration, story.probability)
        found["calibration"].append(drawn(figure, "Reliability"))
    elif answers is not None and answers.sure is None:
        found["calibration"].append(drawn(draw.residuals(answers), "Residuals"))
    if story.by_length:
        figure = draw.by_length(story.by_length, story.measure)
        found["by"].append(drawn(figure, f"{story.measure} by length"))
    return found


def _classes(parts: Mapping[str, Any]) -> list[str]:
    """Return the classes of the parts in the order of all tables."""
    total = Counter()
    for part in parts.values():
        total.update(part["classes"])
    names = list(total)
    return [names[i] for i in ordered(names, list(total.values()))][:MOST_CLASSES]


def _costs(
    record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Return what is recorded of time and memory, in words."""
    spent = sum(float(row.get("seconds", 0)) for row in history)
    rows = [("training", f"{spent:,.1f} seconds, {len(history)} epochs")]
    if record.get("seconds"):
        rows.append(("all of the run", f"{record['seconds']:,.1f} seconds"))
    for name, value in (record.get("usage") or {}).items():
        what, _, unit = name.rpartition("_")
        if value is not None and unit == "bytes":
            rows.append((what.replace("_", " "), f"{value / 2**20:,.0f} MB"))
        elif value is not None:
            rows.append((name.replace("_", " "), f"{value:,.4g}"))
    return rows


def _shown(tested: Tested, answers: Answers | None) -> dict[str, list[Shown]]:
    """Return the examples that are shown with their inputs."""
    return shown(tested, answers) if answers is not None else {}
