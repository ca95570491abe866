"""Finished run directories without a training: answers of any quality, for whoever reads them."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.examples import Examples
from seqmodels.core.registry import HEADS
from seqmodels.heads import Head, Prediction
from seqmodels.runs.predictions import rows_of
from seqmodels.training.callbacks import Callback


class Shown:
    """An encoder that only shows."""

    def show(self, example: Any) -> str:
        return str(example)


def write_run(
    path: Path,
    head: Head,
    targets: Any,
    prediction: Prediction,
    *,
    inputs: Any = None,
    seed: int = 0,
    units: Any = None,
    resampled: str | None = None,
    **record: Any,
) -> Path:
    """Write what `compare` and `Run.predictions` read of a run directory."""
    fitted = head.fit(targets)
    (path / "model").mkdir(parents=True)
    n = len(prediction)
    inputs = [f"example {i}" for i in range(n)] if inputs is None else inputs
    test = Examples(inputs, {"y": targets})
    rows = list(rows_of(test, test.target("y"), Shown(), prediction, np.full(n, 7), units))  # type: ignore[arg-type]
    with (path / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    plan = {
        "format": 1, "status": "complete", "dataset": "made", "arguments": {}, "target": "y",
        "says": "", "head": HEADS.dump(head), "backbone": {"units": 8}, "training": {"epochs": 2},
        "seed": seed, "limit": None, "preset": None,
        "examples": {"train": n, "valid": n, "test": n}, "engine": "keras",
        "fingerprint": dict.fromkeys(("train", "valid", "test"), "0" * 64),
        "versions": {"seqmodels": "0.1.0"}, "seconds": 3.0,
    }  # fmt: skip
    saved = {"scores": fitted.score(targets, prediction), "baselines": {
        fitted.baseline: fitted.score(targets, fitted.trivial(n))}}  # fmt: skip
    saved |= {} if resampled is None else {"resampled": resampled}
    (path / "run.json").write_text(json.dumps(plan | record))
    (path / "scores.json").write_text(json.dumps(saved))
    (path / "model" / "model.json").write_text(json.dumps({"head": HEADS.dump(fitted)}))
    weights = path / "model" / "weights.npz"
    np.savez(weights, a=np.zeros((3, 4), np.float32), b=np.zeros(5))
    with zipfile.ZipFile(weights, "a") as archive:
        archive.writestr("model.sha256", "0" * 64)  # as `saved` does
    (path / "history.csv").write_text("epoch,loss,valid_loss,seconds\n1,2,2.5,1\n2,1,1.5,1\n")
    return path


def classes(truth: np.ndarray, right: np.ndarray, names: tuple[Any, ...]) -> Prediction:
    """Return answers that are right where told so, else the next class; 0.8 sure of each."""
    codes = np.array([names.index(one) for one in truth.tolist()])
    picks = np.where(right, codes, (codes + 1) % len(names))
    scores = np.full((len(truth), len(names)), 0.2 / (len(names) - 1))
    scores[np.arange(len(truth)), picks] = 0.8
    return Prediction(np.array(names)[picks], scores, names)


class Quiet(Callback):
    """A callback that says nothing."""
