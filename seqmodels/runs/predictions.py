"""`predictions.csv`: every test example with its target and its answer, written and read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples, take
from seqmodels.core.registry import HEADS
from seqmodels.core.safe_io import parsed, plain, read_bytes
from seqmodels.core.sequences import Sequences
from seqmodels.evaluation.intervals import Units
from seqmodels.heads.base import Head, Prediction, constant
from seqmodels.heads.prediction import listed

if TYPE_CHECKING:
    import pandas as pd

FILE = "predictions.csv"
CHUNK = 2**10  # rows that are worked on together
MAX_CELL = 2**16  # bytes of an input as shown, and of all else in a row but its numbers
MAX_LIST = 2**22  # bytes of a row whose target and answer are lists


def rows_of(
    test: Examples,
    truth: Any,
    encoder: Encoder,
    prediction: Prediction,
    lengths: np.ndarray,
    units: Units | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the file, a chunk of the examples in memory at a time.

    Args:
        test: What was answered, N examples.
        truth: The target of each, in the user's own units.
        encoder: Shows an input in short.
        prediction: One answer for each of `test`.
        lengths: Steps that the network read of each, [N].
        units: What is drawn for intervals; None: examples, each by itself.
    """
    unit = None if units is None else units.of
    for first in range(0, len(prediction), CHUNK):
        last = min(first + CHUNK, len(prediction))
        known = listed(take(truth, np.arange(first, last)))
        for i, value, row in zip(
            range(first, last), known, prediction.part(first, last).rows(), strict=True
        ):
            if isinstance(row.get("answer"), list):  # an answer of several steps is one cell
                row = {"target": json.dumps(value), "answer": json.dumps(row["answer"])}
            elif isinstance(value, list):  # several numbers: a name of theirs may be "input"
                named = zip(row, value, strict=True)
                row = {f"target {n}": v for n, v in named} | {
                    f"answer {n}": v for n, v in row.items()
                }
            else:
                row = {"target": value} | row
            together = {} if unit is None else {"unit": int(unit[i])}
            shown = encoder.show(test.inputs[i])
            yield {"input": shown, **row, "length": int(lengths[i]), **together}


def predictions_of(path: Path, head: Head, count: int) -> pd.DataFrame:
    """Return the predictions of a finished run, one row per test example, in their order.

    Columns: `input`, as shown; `target` and `answer` in the types of the head's classes, or as
    numbers; `p(CLASS)` for each class; for several numbers `target NAME` and `answer NAME`
    instead; `length`, the steps that the network read; `unit`, where examples hang together and
    are drawn together for intervals, such as those of one writer: the number of its unit.

    Args:
        path: The run directory.
        head: That of the run, fitted.
        count: How many rows there must be.

    Raises:
        InputError: The file is missing, or not what such a run leaves.
    """
    import pandas as pd

    file, form = path / FILE, _Form.of(head)
    limit = (count + 1) * ((MAX_LIST if form.lists else MAX_CELL) + 64 * len(form.columns))
    try:
        with plain(file, limit) as stream:
            frame = pd.read_csv(
                stream, dtype=form.types, encoding="utf-8", na_filter=False, index_col=False,
                engine="c", lineterminator="\n",
            )  # fmt: skip
        if [*frame.columns] not in form.known:
            raise ValueError(f"its columns are {some(frame.columns)}, not {some(form.columns)}")
        if len(frame) != count:
            raise ValueError(f"it has {len(frame):,} rows of {count:,}")
        bad = [name for name in form.numbers if not np.isfinite(frame[name]).all()]
        if bad:
            raise ValueError(f"a number of column {bad[0]!r} is not finite")
        if "unit" in frame and not frame["unit"].between(0, count - 1).all():
            raise ValueError(f"column 'unit' counts from 0 to {count - 1} at most")
        for name in form.labels:
            known = frame[name].tolist()
            frame[name] = [*map(_list_in, known)] if form.lists else form.restored(known)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    except InputError:
        raise
    except (ValueError, OverflowError, MemoryError) as error:  # also those of pandas' parser
        raise InputError(f"{file} is damaged: {str(error).rstrip('.')}.") from None
    return frame


def answers_in(frame: pd.DataFrame, head: Head) -> tuple[np.ndarray, Prediction]:
    """Return targets [N] or [N, D], and the answers to them, from `predictions_of`."""
    form = _Form.of(head)
    if form.lists:
        truth = [*frame["target"]]
        answers: Any = [*frame["answer"]]
        if isinstance(form.like.answers, Sequences):
            answers = Sequences.laid(answers)
        else:
            answers = _objects(map(tuple, answers))
        return _objects(map(tuple, truth)), Prediction(answers, columns=form.like.columns)
    if form.names is not None:
        truth = frame[[f"target {name}" for name in form.names]].to_numpy(np.float64)
        answers = frame[[f"answer {name}" for name in form.names]].to_numpy(np.float64)
        return truth, Prediction(answers, columns=form.like.columns)
    scores = None
    if form.classes is not None:
        scores = frame[[f"p({name})" for name in form.classes]].to_numpy(np.float64)  # [N, K]
    answers = np.array(frame["answer"].tolist())
    return np.array(frame["target"].tolist()), Prediction(answers, scores, form.like.columns)


def units_in(frame: pd.DataFrame, says: str) -> Units:
    """Return the units of intervals, from the table of `predictions_of`.

    Args:
        frame: The table; its column `unit` numbers the examples that are drawn together.
        says: Name of the units, from `scores.json`: "examples", "blocks of 12 windows".
    """
    block = re.match(r"blocks of (\d+) ", says)
    if "unit" not in frame:
        return Units("examples", len(frame))
    of = frame["unit"].to_numpy(np.int64)
    return Units(says, int(of.max()) + 1, of, int(block[1]) if block else 1)


def head_of(path: Path) -> Head:
    """Return the fitted head of a run, without its network.

    Raises:
        InputError: `model.json` is missing or damaged, or the head is not registered.
    """
    file = path / "model" / "model.json"
    try:
        return HEADS.restore(parsed(read_bytes(file), file)["head"])
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{file} is not a saved model.") from None


@dataclass(frozen=True)
class _Form:
    """What the file holds for one head, as the head's own answers tell.

    Args:
        like: An answer of the head's.
        classes: Its K classes; None for numbers.
        names: What several numbers are called; None for one number or classes.
        lists: Whether target and answer are lists, one entry a step or a symbol, as JSON.
        texts: Whether target and answer are texts, whatever they look like: transcriptions.
    """

    like: Prediction
    classes: tuple[Any, ...] | None
    names: list[str] | None
    lists: bool = False
    texts: bool = False

    @classmethod
    def of(cls, head: Head) -> _Form:
        like = constant(head, np.ones(1, np.int64))
        if lists := isinstance(like.rows()[0].get("answer"), list):
            return cls(like, None, None, lists)
        if head.reads == "whole":
            return cls(like, None, None, texts=True)
        names = [*like.rows()[0]] if like.answers.ndim == 2 else None
        return cls(like, None if like.scores is None else like.columns, names)

    @property
    def columns(self) -> list[str]:
        if self.names is not None:
            named = [f"{kind} {name}" for kind in ("target", "answer") for name in self.names]
            return ["input", *named, "length"]
        return ["input", "target", "answer", *self._probabilities(), "length"]

    @property
    def known(self) -> list[list[str]]:
        """The columns there may be: earlier versions wrote no length, few data have units."""
        return [self.columns[:-1], self.columns, [*self.columns, "unit"]]

    @property
    def labels(self) -> list[str]:
        """The columns that hold labels."""
        words = self.lists or self.like.answers.dtype.kind != "f"
        return ["target", "answer"] if words else []

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers which must be finite."""
        return [name for name in self.columns[1:-1] if name not in self.labels]

    @property
    def types(self) -> Any:
        return {
            "input": str,
            **{name: str for name in self.labels},
            **{name: np.float64 for name in self.numbers},
            "length": np.int64,
            "unit": np.int64,
        }

    def restored(self, texts: Sequence[str]) -> list[Any]:
        """Return labels in the types of the classes; the numbers behind bins as numbers."""
        if self.texts:
            return list(texts)
        known = {str(name): name for name in self.classes or self.like.answers.tolist()}
        distinct = dict.fromkeys(texts)
        if not all(text in known for text in distinct):
            try:
                known = {text: _number(text) for text in distinct}
            except ValueError:
                known = {text: text for text in distinct}
        return [known[text] for text in texts]

    def _probabilities(self) -> list[str]:
        return [f"p({name})" for name in self.classes or ()]


def _list_in(text: str) -> list[Any]:
    """Return a cell that holds a list."""
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError(f"{text[:40]!r} is not a list")
    return value


def _objects(values: Iterable[Any]) -> np.ndarray:
    """Return values of any type as an array [N]."""
    given = list(values)
    found = np.empty(len(given), object)
    found[:] = given
    return found


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and text.lstrip("+-").isdigit() else value
