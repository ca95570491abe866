"""Summary and page of a finished run from its directory alone, without data or TensorFlow."""

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
            InputError: The folder is not a run, its training is unfinished, or a file is damaged.
        """
        path = Path(path)
        record = record_of(path)
        if record["status"] != "complete":
            raise InputError(
                f"The training of {str(path)!r} did not finish, so that it has no scores to "
                f"report. Continue with: seqmodels train --resume {path}"
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
        """Return the summary, and the worst mistakes with "row", "input", "truth" and "answer"."""
        head, answers = self.tested.head, self.tested.answers()
        story = Story.of(
            self.record, self.history, self.found, head.headline, head.higher_is_better, answers
        )
        return story, _worst(answers, self.tested.lines or []) if answers else []

    def page(self, path: str | Path) -> bool:
        """Write the report to a new file, and return whether it is a copy of the run's own page.

        If the run's page is missing, a page is made from the directory. It has no inputs, no
        contributions of their steps, and no summary of the data.

        Raises:
            InputError: The file exists, or cannot be written.
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
