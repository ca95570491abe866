"""Schemas of the JSON files in a run directory, and their readers."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pydantic

from seqmodels.core.errors import InputError, some
from seqmodels.core.safe_io import parsed, read_bytes
from seqmodels.evaluation.scores import Gain
from seqmodels.training.settings import by_current_names

if TYPE_CHECKING:
    import pandas as pd


class _Counts(pydantic.BaseModel, extra="forbid"):
    train: int
    valid: int
    test: int


class _Hashes(pydantic.BaseModel, extra="forbid"):
    train: str
    valid: str
    test: str


class Record(pydantic.BaseModel, extra="forbid"):
    """Content of `run.json`; see `RunConfig.record` and `facts.begun`."""

    format: Literal[1]
    status: Literal["training", "complete"]
    dataset: str
    arguments: dict[str, Any]
    target: str | None
    says: str
    head: dict[str, Any]
    backbone: dict[str, Any]
    training: dict[str, Any]
    seed: int
    limit: int | None
    preset: str | None
    free: list[str] = []
    decided: list[str] = []
    audit: dict[str, Any] | None = None
    allow_leak: str | None = None
    examples: _Counts
    fingerprint: _Hashes
    engine: str
    versions: dict[str, str]
    machine: dict[str, Any] | None = None
    command: list[str] | None = None
    like: dict[str, Any] | None = None
    baselines: bool = True
    doubts: list[str] = []
    log: list[str] = []
    budget: dict[str, Any] | None = None
    seconds: float | None = None
    usage: dict[str, float | None] | None = None


class Scores(pydantic.BaseModel, extra="forbid"):
    """What `scores.json` holds: an `Evaluation`; before there were intervals, its first two."""

    scores: dict[str, float]
    baselines: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, tuple[float, float]]] = {}
    lifts: dict[str, Gain] = {}
    resampled: str = ""
    draws: int = 0


Kind = TypeVar("Kind", bound=pydantic.BaseModel)


def read(path: Path, kind: type[Kind]) -> Kind:
    """Return the content of a JSON file of a run directory, after a check of its schema."""
    try:
        return kind.model_validate(parsed(read_bytes(path), path))
    except FileNotFoundError:
        who = repr(str(path.parent))
        raise InputError(
            f"{who} is not a run directory: it has no {path.name}. {_runs(path.parent)}"
        ) from None
    except OSError as error:
        raise InputError(
            f"{str(path.parent)!r} is not a run directory: {path.name}: {error.strerror}."
        ) from None
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path} is damaged: {where} {first['msg']}.".replace("  ", " ")) from None


def record_of(path: Path) -> dict[str, Any]:
    """Return `run.json` of a run directory, by the current names of settings."""
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is not a run directory: there is no such folder.")
    return by_current_names(read(path / "run.json", Record).model_dump())


def finished(path: Path) -> dict[str, Any]:
    """Return `run.json` of a finished run.

    Raises:
        InputError: It is no run, or its training did not finish.
    """
    record = record_of(path)
    if record["status"] != "complete":
        raise InputError(
            f"The training of {str(path)!r} did not finish. "
            f"Go on with: seqmodels train --resume {path}"
        )
    return record


def model_in(path: Path) -> Path:
    """Return the directory of the model: that of a run, or `path` itself.

    Raises:
        InputError: There is no such directory, or a run without its model.
    """
    if not path.is_dir():
        raise InputError(f"There is no run or model directory {str(path)!r}.")
    if (path / "model").is_dir():
        return path / "model"
    if (path / "run.json").is_file():
        finished(path)
        raise InputError(f"The run {str(path)!r} is finished but its folder 'model' is gone.")
    if not os.path.lexists(path / "manifest.json"):  # what else may stand there, `load` says
        raise InputError(f"{str(path)!r} is neither a run nor a model. {_runs(path)}")
    return path


def _runs(path: Path) -> str:
    """Return advice on the run to give in place of a folder that is not a run."""
    inside = sorted(one.parent for one in path.glob("*/run.json")) if path.is_dir() else []
    if inside:
        return f"It holds runs: {some(map(str, inside))}. Give one of them."
    return "Give a directory that `seqmodels train` has made, such as runs/NAME."


def moved(record: dict[str, Any], data: str | Path | None) -> dict[str, Any]:
    """Return the record of a run whose files are at `data` now; None: where they were."""
    if data is None:
        return record
    return {**record, "arguments": {**record["arguments"], "path": str(data)}}


def history_of(path: Path) -> pd.DataFrame:
    """Return `history.csv`: one row an epoch, the columns of the file.

    Raises:
        InputError: It is missing or damaged.
    """
    import pandas as pd

    try:
        table = csv.DictReader(io.StringIO(read_bytes(path).decode("utf-8"), newline=""))
        rows = [{name: float(value) for name, value in row.items()} for row in table]
    except InputError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is missing or damaged: {error}.") from None
    if not rows:
        raise InputError(f"{path} is damaged: it has no epoch.")
    frame = pd.DataFrame(rows)
    if "epoch" not in frame or not frame["epoch"].tolist() == list(range(1, len(frame) + 1)):
        raise InputError(f"{path} is damaged: its epochs do not count from 1.")
    return frame.astype({"epoch": int})
