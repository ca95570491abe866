"""The report of a run: one HTML page that needs no network."""

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

MOST_CLASSES = 100  # rows of the table of classes
STAGES = {"seconds_baselines": "baselines", "seconds_scoring": "predictions and scores"}
CAPTIONS = {"confusion": "Confusion matrix", "roc": "ROC curve", "in order": "Test part in order"}


@dataclass(frozen=True, eq=False)
class Tested:
    """The test part and its answers.

    Args:
        head: Fitted.
        targets: One per example.
        prediction: One answer per example.
        inputs: Raw inputs; None: unavailable, so that the page shows no inputs.
        sequences: Encoded inputs; None: unavailable, so that no contributions are computed.
        model: The model that answered; None: as for `inputs` and `sequences`.
        lengths: Steps read of each example, if `sequences` is None.
        lines: Each input as a line of text, if `inputs` is None.
        late: Returns whether no time is left to explain another example; None: time is unlimited.
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
        record: Content of `run.json`.
        history: One row per epoch.
        found: Scores of the model and of the baselines.
        tested: The answers and, if available, the inputs.
        parts: Summary of each part by `glance`; None: the page has no section on the data.
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
        gains=any(row["gain"] for row in story.scores),
        known=any(row["headline"]["low"] is not None for row in story.scores),
        settings=_settings(record),
        costs=_costs(record, history),
        most=MOST_CLASSES,
    )


def _pictures(story: Story, answers: Answers | None, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures that every head has, by section of the page."""
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
    elif answers is not None and answers.probabilities is None:
        found["calibration"].append(drawn(draw.residuals(answers), "Residuals"))
    if story.by_length:
        figure = draw.by_length(story.by_length, story.measure)
        found["by"].append(drawn(figure, f"{story.measure} by length"))
    return found


def _classes(parts: Mapping[str, Any]) -> list[str]:
    """Return the classes of the parts, in the order of all tables."""
    total = Counter()
    for part in parts.values():
        total.update(part["classes"])
    names = list(total)
    return [names[i] for i in ordered(names, list(total.values()))][:MOST_CLASSES]


def _settings(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the run by their dotted names, without those that are not set.

    Fields of a head that training fits are None in the record, so that they are left out too.
    """
    groups = {"dataset": record["arguments"]} | {
        group: record[group] for group in ("head", "backbone", "training")
    }
    return {
        f"{group}.{name}": value
        for group, values in groups.items()
        for name, value in values.items()
        if value is not None and (group, name) not in (("head", "name"), ("head", "module"))
    }


def _costs(
    record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Return the times and the memory in the record, as text."""
    spent = sum(float(row.get("seconds", 0)) for row in history)
    usage = record.get("usage") or {}
    rows = [("training", f"{spent:,.1f} seconds, {len(history)} epochs")]
    for name, title in STAGES.items():
        if usage.get(name) is not None:
            rows.append((title, f"{usage[name]:,.1f} seconds"))
    if record.get("seconds"):
        first = "encoding" if record["dataset"] == "in memory" else "reading"
        rows.append((f"{first} the data to this page", f"{record['seconds']:,.1f} seconds"))
    if usage.get("peak_memory_bytes"):
        rows.append(("peak memory", f"{usage['peak_memory_bytes'] / 2**20:,.0f} MB"))
    return rows


def _shown(tested: Tested, answers: Answers | None) -> dict[str, list[Shown]]:
    """Return the examples that are shown with their inputs."""
    return shown(tested, answers) if answers is not None else {}
