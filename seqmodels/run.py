"""One training run, and the directory it leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqmodels.arguments import checked
from seqmodels.backbone import Backbone
from seqmodels.data import Dataset
from seqmodels.errors import InputError
from seqmodels.evaluation import Evaluation, evaluate, yardstick
from seqmodels.files import write_json
from seqmodels.heads.base import Head, Prediction
from seqmodels.model import SequenceModel
from seqmodels.records import Scores, history_of, read, record_of
from seqmodels.registry import DATASETS
from seqmodels.settings import resolve, restored
from seqmodels.work import Work, claim, encoded, fingerprint, refuse_existing


class Run:
    """A trained model, how it got there, and how good it is.

    Attributes:
        path: The run directory.
        model: Predicts, and is saved in `path/model`.
        scores: Of the test part, in the target's units.
        baselines: The same scores of answers that need no learning, by name.
        history: One row an epoch: loss and metrics of the training and the validation part.
        record: What `run.json` holds: everything that was asked and found.
    """

    def __init__(self, path: str | Path):
        """Open a finished run directory; `load(path)` opens its model alone.

        Raises:
            InputError: It is none, or its training did not finish.
        """
        self.path = Path(path)
        self.record = record_of(self.path)
        if self.record.get("status") != "complete":
            raise InputError(
                f"The training of {str(path)!r} did not finish. "
                f"Go on with: seqmodels train --resume {path}"
            )
        saved = read(self.path / "scores.json", Scores)
        self.scores = saved.scores
        self.baselines = saved.baselines
        self.history = history_of(self.path / "history.csv")
        self.model = SequenceModel.load(self.path / "model")

    def predict(self, inputs: Sequence[Any]) -> Prediction:
        """Return answers for raw inputs; see `SequenceModel.predict`."""
        return self.model.predict(inputs)

    def __repr__(self) -> str:
        name = self.model.head.headline
        return f"Run({str(self.path)!r}, {name}={self.scores[name]:.4g})"


def train(
    dataset: str | Path | Dataset,
    *,
    head: str | Head | None = None,
    target: str | None = None,
    preset: str | None = None,
    data: Any = None,
    backbone: Backbone | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limit: int | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
    allow_leak: str | None = None,
) -> Run:
    """Train on a dataset, score on its test part, and leave a run directory.

    Args:
        dataset: A registered name; the path of a file or folder, whose format is recognised
            from its content; or the dataset itself, as `read` returns it.
        head: A registered name ("binary", "multiclass", "regression"), or a head such as
            `Binary(positive="7")`. None: the dataset's first task.
        target: Which of the dataset's targets the head reads, or which column of the data is
            to be predicted. None: the task's.
        preset: A named set of settings that the dataset brings.
        data: File or folder of the data (for "series" also a pandas DataFrame); the dataset's
            argument `path`. None: looked for in `$SEQMODELS_DATA`, then in the cache, then
            downloaded where that is possible.
        backbone: Sizes of the network, in place of all of the preset's; to change one of them,
            use `settings={"backbone.units": 32}`.
        epochs: Passes over the training part, at most.
        batch_size: Examples per step.
        learning_rate: Of Adam.
        settings: Anything else, by dotted name as in `--set`: `{"dataset.words": 5000,
            "head.threshold": 0.4, "backbone.units": 32, "training.patience": 2}`.
        seed: Of everything that is random: split, initial weights, order, dropout.
        limit: Use only this many examples of each part, drawn at random.
        out: Run directory to make; must not exist. None: `runs/DATASET-HEAD-1`, or the next
            free number.
        quiet: Show nothing while training.
        allow_leak: Why to train although the test part shares with training what it should
            not; `run.json` and the report then carry the reason. None: do not.

    Raises:
        InputError: What was asked for cannot be done, with every mistake found; or the audit
            of the parts says FAIL (see `seqmodels.audit`).
    """
    asked = dict(settings or {})
    short = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    asked |= {f"training.{name}": value for name, value in short.items() if value is not None}
    plan = resolve(
        dataset,
        head=head,
        target=target,
        preset=preset,
        data=data,
        backbone=backbone,
        settings=asked,
        seed=seed,
        limit=limit,
    )
    if allow_leak is not None and not allow_leak.strip():
        raise InputError("--allow-leak (allow_leak=) needs a reason, for the report to carry.")
    if out is not None:
        refuse_existing(Path(out))
    # Nobody but `work` holds the data, to let go of them.
    work = Work(plan, plan.parts(), quiet, allow_leak=allow_leak)
    path = claim(plan, out)
    try:
        write_json(path / "run.json", work.record("training"))
        (path / "checkpoints").mkdir()
    except (OSError, ValueError) as error:  # ValueError: a part of the user's is not JSON
        shutil.rmtree(path, ignore_errors=True)
        raise InputError(f"Cannot write {str(path)!r}: {error}.") from error
    work.finish(path)
    return Run(path)


def resume(path: str | Path, *, dataset: Dataset | None = None, quiet: bool = False) -> Run:
    """Go on with a run that was stopped, from its newest whole checkpoint.

    Args:
        path: The run directory.
        dataset: The dataset, when it was given in memory.
        quiet: Show nothing while training.

    Raises:
        InputError: There is no such run, it is finished, or its data have changed.
    """
    path = Path(path)
    record = record_of(path)
    if record["status"] == "complete":
        raise InputError(f"The run {str(path)!r} is finished. There is nothing to go on with.")
    plan = restored(record, dataset)
    before = {"audited": record["audit"], "allow_leak": record["allow_leak"]}
    work = Work(plan, plan.parts(), quiet, **before)
    if work.fingerprint != record["fingerprint"]:
        raise InputError(
            f"The data of {str(path)!r} are not those it was trained on so far. "
            f"Restore them, or train again."
        )
    work.finish(path)
    return Run(path)


def load(path: str | Path) -> SequenceModel:
    """Load the model alone, from a run directory or a copy of its `model` folder.

    `Run(path)` opens the whole run: scores, history and record beside the model.

    Raises:
        InputError: There is none, or a file of it is missing or changed.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"There is no run or model directory {str(path)!r}.")
    if (path / "run.json").is_file() and not (path / "model").is_dir():
        if record_of(path)["status"] == "complete":
            raise InputError(f"The run {str(path)!r} is finished but its folder 'model' is gone.")
        raise InputError(
            f"The run {str(path)!r} has no model yet: its training did not finish. "
            f"Go on with: seqmodels train --resume {path}"
        )
    return SequenceModel.load(path / "model" if (path / "model").is_dir() else path)


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
    record = run.record
    if data is not None:
        record = {**record, "arguments": {**record["arguments"], "path": str(data)}}
    parts = restored(record).parts()
    rows = encoded(run.model, parts)
    prediction = run.model.answer(rows["test"].sequences)
    head, target = run.model.head, parts.target
    reference = yardstick(head, target, parts.train)
    found = evaluate(head, target, reference, parts.test, prediction)
    return run, found, fingerprint(rows) == run.record["fingerprint"]


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
