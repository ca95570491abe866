"""A finished run, opened from the directory it left behind."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.core.arguments import checked
from seqmodels.core.registry import DATASETS
from seqmodels.data.tables.frames import frame_in
from seqmodels.evaluation.baselines import simple
from seqmodels.evaluation.scores import Evaluation, naive_reference
from seqmodels.heads.base import Prediction
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.runs.predictions import predictions_of
from seqmodels.runs.records import Scores, finished, history_of, model_in, moved, read, record_of
from seqmodels.training.evaluate import evaluate
from seqmodels.training.part import fingerprint
from seqmodels.training.prepare import check_lengths, encoded
from seqmodels.training.settings import restored
from seqmodels.training.split import split

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """A trained model, how it got there, and how good it is.

    Attributes:
        path: The run directory.
        model: Predicts, and is saved in `path/model`.
        scores: Of the test part, in the target's units.
        baselines: The same scores of answers that need little learning or none, by name.
        evaluation: Both, with 95 % intervals, and the model's lift over each baseline.
        history: A DataFrame, one row an epoch: loss and metrics of the training and the
            validation part, seconds.
        record: What `run.json` holds: everything that was asked and found.
    """

    def __init__(self, path: str | Path):
        """Open a finished run directory; `load(path)` opens its model alone.

        Raises:
            InputError: It is none, or its training did not finish.
        """
        self.path = Path(path)
        self.record = finished(self.path)
        self.evaluation = Evaluation.of(read(self.path / "scores.json", Scores))
        self.scores = self.evaluation.scores
        self.baselines = self.evaluation.baselines
        self.history = history_of(self.path / "history.csv")
        self.model = SequenceModel.load(self.path / "model")

    @functools.cached_property
    def predictions(self) -> pd.DataFrame:
        """Every test example with its target and its answer; see `predictions_of`.

        Raises:
            InputError: `predictions.csv` is missing or damaged.
        """
        return predictions_of(self.path, self.model.head, self.record["examples"]["test"])

    def predict(self, inputs: Sequence[Any]) -> Prediction:
        """Return answers for raw inputs; see `SequenceModel.predict`."""
        return self.model.predict(inputs)

    def __repr__(self) -> str:
        name = self.model.head.headline
        return f"Run({str(self.path)!r}, {name}={self.scores[name]:.4g})"

    def _repr_html_(self) -> str:
        from seqmodels.report.notebook import card

        return card(self.path, self.record, self.history, self.evaluation, self.model.head)


def load(path: str | Path) -> SequenceModel:
    """Load the model alone, from a run directory or a copy of its `model` folder.

    `Run(path)` opens the whole run: scores, history and record beside the model.

    Raises:
        InputError: There is none, or a file of it is missing or changed.
    """
    return SequenceModel.load(model_in(Path(path)))


def rescore(path: str | Path, *, data: str | Path | None = None) -> tuple[Run, Evaluation, bool]:
    """Score a finished run again on the test part of its dataset.

    Args:
        path: The run directory.
        data: Where its files are now, if they moved.

    Returns:
        The run, the evaluation, and whether the data are those it was trained on.

    Raises:
        InputError: The run or its data cannot be read.
    """
    run = Run(path)
    model, seed = run.model, run.record["seed"]
    config = restored(moved(run.record, data))
    examples = split(config.made(), config)
    parts, target = encoded(model.encoder, model.head, examples), examples.target
    check_lengths(config, model.encoder, model.head, parts)
    others = {}
    if run.record["baselines"]:
        others = simple(model.head, model.encoder.spec, parts, seed=seed).predictions
    found = evaluate(
        model, parts["test"], examples.test, target, others=others, group=examples.data.group_by,
        reference=naive_reference(model.head, target, examples.train),
    )  # fmt: skip
    return run, found.evaluation, fingerprint(parts) == run.record["fingerprint"]


def inputs_in(path: str | Path, file: str | Path) -> Any:
    """Return the inputs in a file or folder of the form that a run was trained on.

    Args:
        path: A run directory, or that of a model alone.
        file: New data, with or without a target.

    Returns:
        The inputs in order; None where they are of another form, or nobody knows the form.

    Raises:
        InputError: The data are of that form but broken.
    """
    path = Path(path)
    if not (path / "run.json").is_file():
        return None
    record = record_of(path)
    if record["dataset"] not in DATASETS:
        return None
    source = DATASETS.get(record["dataset"])
    if source.inputs is None:
        return None
    arguments = {name: value for name, value in record["arguments"].items() if name != "path"}
    arguments = checked(source.make, arguments, f"dataset {record['dataset']!r}")
    return source.inputs(Path(file), **arguments)


def inputs_of(model: SequenceModel, text: str) -> list[Any]:
    """Return the inputs in a text: a table where the encoder reads tables, else its own lines.

    Raises:
        InputError: A line cannot be read; names it.
    """
    text, columns = text.removeprefix("\ufeff"), model.encoder.table_columns
    if columns is None or text.lstrip()[:1] in ("", "[", "{"):
        return model.encoder.read(text)
    return [frame_in(text, columns)]
