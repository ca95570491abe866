"""The story of a finished run from its directory alone: no data, no network, no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.evaluation.scores import Evaluation
from seqmodels.report.answers import Answers, Row
from seqmodels.report.run_report import Tested, write_report
from seqmodels.report.story import Story
from seqmodels.report.worst import WORST, in_words
from seqmodels.runs.predictions import answers_in, head_of, predictions_of
from seqmodels.runs.records import Scores, history_of, read, record_of

PAGE = "report.html"


@dataclass(frozen=True, eq=False)
class Opened:
    """A run directory, read.

    Args:
        path: The directory.
        record: What `run.json` holds.
        history: One row an epoch.
        found: The scores of `scores.json`.
        tested: The answers of `predictions.csv`; the inputs are there as a line each.
    """

    path: Path
    record: dict[str, Any]
    history: list[dict[str, float]]
    found: Evaluation
    tested: Tested

    @classmethod
    def of(cls, path: str | Path) -> Opened:
        """Read a run directory.

        Raises:
            InputError: It is none, its training did not finish, or a file is damaged.
        """
        path = Path(path)
        record = record_of(path)
        if record["status"] != "complete":
            raise InputError(
                f"The training of {str(path)!r} did not finish, so that there is nothing to "
                f"report. Go on with: seqmodels train --resume {path}"
            )
        found = Evaluation.of(read(path / "scores.json", Scores))
        head = head_of(path)
        frame = predictions_of(path, head, record["examples"]["test"])
        truth, prediction = answers_in(frame, head)
        lengths = np.asarray(frame["length"]) if "length" in frame else None
        lines = frame["input"].astype(str).tolist()
        tested = Tested(head, truth, prediction, lengths=lengths, lines=lines)
        rows: Any = history_of(path / "history.csv").to_dict("records")
        return cls(path, record, rows, found, tested)

    def story(self) -> tuple[Story, list[Row]]:
        """Return what there is to tell, and the worst mistakes: "row", "input", truth, answer."""
        head, answers = self.tested.head, self.tested.answers()
        story = Story.of(
            self.record, self.history, self.found, head.headline, head.higher_is_better, answers
        )
        return story, _worst(answers, self.tested.lines or []) if answers else []

    def page(self, path: str | Path) -> bool:
        """Write the run's page to a new file, and return whether it is the one it left.

        Where that is missing, a page is made of what the directory holds: without the inputs,
        what their steps contributed, and the data at a glance.

        Raises:
            InputError: There is such a file already, or it cannot be written.
        """
        path, left = Path(path), self.path / PAGE
        if path.exists():
            raise InputError(f"The file {str(path)!r} exists. Choose another, or remove it.")
        try:
            if left.is_file():
                path.write_bytes(left.read_bytes())
            else:
                write_report(path, self.record, self.history, self.found, tested=self.tested)
        except OSError as error:
            raise InputError(f"Cannot write {str(path)!r}: {error.strerror or error}.") from None
        return left.is_file()


def _worst(answers: Answers, lines: Sequence[str]) -> list[Row]:
    return [
        {
            "row": int(i),
            "input": lines[i],
            "truth": in_words(answers, answers.truth, int(i)),
            "answer": in_words(answers, answers.picks, int(i), probability=True),
        }
        for i in answers.worst(WORST)
    ]
