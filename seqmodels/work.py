"""One run in progress: from a plan to a finished run directory."""

from __future__ import annotations

import csv
import hashlib
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels import training
from seqmodels.errors import InputError
from seqmodels.evaluation import evaluate
from seqmodels.files import write_json, writing
from seqmodels.heads.base import Prediction
from seqmodels.model import SequenceModel
from seqmodels.plan import Parts, Plan
from seqmodels.progress import Reporter
from seqmodels.registry import HEADS
from seqmodels.report import write_report

FORMAT = 1


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C; the message says what is kept and how to go on."""


class Work:
    """One run in progress: the fitted parts, the encoded data, the network."""

    def __init__(self, plan: Plan, parts: Parts, quiet: bool):
        self.plan, self.parts, self.started = plan, parts, time.time()
        self.reporter = Reporter(plan.training.epochs, quiet=quiet)
        head = plan.head.fit(parts.train.target(parts.target))
        with parts.as_given():
            encoder = parts.data.encoder.fit(parts.train.inputs)
            self.model = SequenceModel(encoder, plan.backbone, head, seed=plan.seed)
            self.encoded = encoded(self.model, parts)
        self.fingerprint = fingerprint(self.encoded)

    def finish(self, path: Path) -> None:
        """Train, score, and write everything that the run leaves.

        Raises:
            Interrupted: Ctrl-C; the run can be gone on with.
            InputError: The loss is not finite, or the run cannot be written.
        """
        onward = f"seqmodels train --resume {path}"
        self.reporter.say(self._headline())
        try:
            with self.reporter:
                history = training.fit(
                    self.model.network,
                    self.model.head,
                    self.encoded["train"],
                    self.encoded["valid"],
                    self.plan.training,
                    seed=self.plan.seed,
                    folder=path / "checkpoints",
                    watch=self.reporter,
                )
            self._write(path, history)
        except KeyboardInterrupt:
            done = any((path / "checkpoints").glob("epoch-*.npz"))
            kept = "the state after the last whole epoch" if done else "what was asked"
            raise Interrupted(f"Stopped. Kept in {path}: {kept}. Go on with: {onward}") from None
        except training.NotFiniteError as error:
            raise InputError(f"{error} What was asked is kept in {path}.") from None
        except OSError as error:
            raise InputError(
                f"The run could not be written to {str(path)!r}: {error.strerror or error}. "
                f"Make room there, then go on with: {onward}"
            ) from error

    def record(self, status: str, **more: Any) -> dict[str, Any]:
        """Return what `run.json` holds."""
        names = ("seqmodels", "tensorflow", "keras", "numpy")
        return {
            "format": FORMAT,
            "status": status,
            **self.plan.record(),
            "target": self.parts.target,
            "examples": {name: len(part.y) for name, part in self.encoded.items()},
            "fingerprint": self.fingerprint,
            "engine": "keras",
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in names},
            },
            **more,
        }

    def _write(self, path: Path, history: list[training.Row]) -> None:
        test = self.parts.test
        prediction = self.model.answer(self.encoded["test"].sequences)
        found = evaluate(self.model.head, self.parts.target, self.parts.train, test, prediction)
        _write_table(path / "history.csv", history)
        write_json(path / "scores.json", {"scores": found.scores, "baselines": found.baselines})
        _write_table(path / "predictions.csv", self._answers(prediction))
        truth = test.target(self.parts.target)
        figures = self.model.head.figures(truth, prediction)
        write_report(path / "report.html", self.record("complete"), history, found, figures)
        if not (path / "model").exists():
            self.model.save(path / "model")
        seconds = round(time.time() - self.started, 1)
        write_json(path / "run.json", self.record("complete", seconds=seconds))
        shutil.rmtree(path / "checkpoints", ignore_errors=True)

    def _answers(self, prediction: Prediction) -> list[dict[str, Any]]:
        test, encoder = self.parts.test, self.model.encoder
        truth = np.asarray(test.target(self.parts.target)).tolist()
        return [
            {"input": encoder.show(test.inputs[i]), "target": truth[i], **row}
            for i, row in enumerate(prediction.rows())
        ]

    def _headline(self) -> str:
        counts = ", ".join(f"{len(part.y):,} {name}" for name, part in self.encoded.items())
        says = f" ({self.plan.says})" if self.plan.says else ""
        head = HEADS.name_of(self.plan.head)
        return (
            f"{self.plan.dataset}: {self.parts.target} by head {head!r}{says}; {counts}; "
            f"{self.model.network.count_params():,} weights"
        )


def claim(plan: Plan, out: str | Path | None) -> Path:
    """Make a run directory that nobody else has."""
    if out is not None:
        try:
            Path(out).mkdir(parents=True)
        except FileExistsError:
            refuse_existing(Path(out))
        except OSError as error:
            raise InputError(f"Cannot make {str(out)!r}: {error.strerror}.") from error
        return Path(out)
    name = f"{plan.dataset.replace(' ', '-')}-{HEADS.name_of(plan.head)}"
    for number in range(1, 100_000):
        path = Path("runs") / f"{name}-{number}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"Cannot make {str(path)!r}: {error.strerror}.") from error
        return path
    raise InputError("There are 100,000 runs of this name. Remove some.")


def refuse_existing(out: Path) -> None:
    """Raise InputError when a run directory cannot be made because something is there."""
    if out.exists():
        raise InputError(f"Run directory {str(out)!r} exists. Choose another, or remove it.")


def encoded(model: SequenceModel, parts: Parts) -> dict[str, training.Part]:
    """Return each part as the network sees it."""
    return {
        name: training.Part(
            model.encoder.encode(part.inputs), model.head.encode(part.target(parts.target))
        )
        for name, part in (("train", parts.train), ("valid", parts.valid), ("test", parts.test))
    }


def fingerprint(encoded: Mapping[str, training.Part]) -> dict[str, str]:
    """Return a hash of each part: steps and targets."""
    found = {}
    for name, part in encoded.items():
        digest = hashlib.sha256()
        rows = part.sequences
        for array in (rows.values, rows.starts, rows.lengths, part.y):
            digest.update(np.ascontiguousarray(array).data)
        found[name] = digest.hexdigest()
    return found


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with writing(path) as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
