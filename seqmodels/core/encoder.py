"""What crosses from the data side to the model side. NumPy only, no TensorFlow.

Shape letters, the same in every file: N examples, B batch, T steps, C channels of a step,
H features, K classes, D numbers of one answer, L steps of all examples laid end to end.
"""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One encoded step: a token id below `vocabulary`, or `channels` numbers.

    Args:
        vocabulary: Ids are from 0 to below it.
        channels: Numbers of a step.
        continues: For each of the D answers of a forecast, the channel whose future it is,
            counted from 0. None: no forecast.
    """

    vocabulary: int | None = None
    channels: int | None = None
    continues: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if (self.vocabulary is None) == (self.channels is None):
            raise InputError(f"Spec needs either vocabulary or channels, got {self}.")

    @property
    def told(self) -> tuple[int, ...]:
        """The channels whose future is told, each once, [G]."""
        return tuple(dict.fromkeys(self.continues or ()))


class Encoder(abc.ABC):
    """Turns raw inputs into sequences of steps. Saved with the model.

    Subclasses are frozen dataclasses of JSON types. Fields that are learned default to
    `learned()`, which is None; `fit` returns a copy in which they are filled in.
    """

    @abc.abstractmethod
    def fit(self, inputs: Seq[Any]) -> Self:
        """Return a copy that has learned from the training inputs."""

    @abc.abstractmethod
    def encode(self, inputs: Seq[Any]) -> Sequences:
        """Return one sequence per input, seen or unseen: ids [L], or numbers [L, C] float32.

        Ids may be of any type of whole numbers; batches make them int32.

        Raises:
            InputError: An input is empty or not readable; names the row.
        """

    def vary(
        self, x: np.ndarray, lengths: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch as it could have been as well; by default as it is.

        Training, and nothing else, reads each batch so (data augmentation): what a drawing or a
        recording may differ in without being another, the model need not learn from examples.

        Args:
            x: Encoded steps, zeros past a row's end: ids [B, T] int32, or numbers [B, T, C]
                float32. It is the batch's own, and may be changed.
            lengths: Steps of each row, [B] int32.
            rng: Whatever is drawn comes from here, so that a run can be made again.

        Returns:
            The same, perhaps of other lengths, from 1; the longest may be below T.
        """
        return x, lengths

    @property
    @abc.abstractmethod
    def spec(self) -> Spec:
        """What one encoded step looks like."""

    def last_value(self, log: bool = False) -> tuple[np.ndarray, np.ndarray] | None:
        """Return how a forecast of "as it is now" follows from the last encoded step.

        Args:
            log: Of the logs of the values, sign(x) * log(1 + |x|), and not of the values.

        Returns:
            A kernel [C, D] and a bias [D] such that `step @ kernel + bias` are the last known
            values, in the targets' units; None where there is no such thing.
        """
        return None

    def read(self, text: str) -> list[Any]:
        """Return the inputs in a text, as `seqmodels predict` gets them: one JSON value a line.

        Raises:
            InputError: A line is not one; names it.
        """
        inputs = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                inputs.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise InputError(
                    f"Line {number} is not JSON ({error.msg}): {line[:60]!r}. "
                    f"Give one sequence a line, as in [[0.1, 0.2], [0.3, 0.4]]."
                ) from None
        return inputs

    def open(self, path: Path) -> list[Any] | None:
        """Return the inputs in a file or folder that is no text; None: a text, for `read`.

        Raises:
            InputError: It cannot be read.
        """
        return None

    def show(self, example: Any) -> str:
        """Return one input as a short line of text, for tables and reports."""
        return f"{len(example)} steps"

    def draw(
        self, example: Any, parts: np.ndarray | None = None, after: Mapping[str, Any] | None = None
    ) -> list[tuple[str, float | None]] | Figure | None:
        """Return one input as a picture for a page; None: `show` says enough.

        Args:
            example: One raw input.
            parts: What each step that is read contributed to the answer, [T]; None: unknown.
            after: Of a forecast, the numbers [D] that follow, by what they are: "truth", "answer".

        Returns:
            A Matplotlib figure; or a text as pieces, each with its contribution divided by the
            largest, from -1 to 1, or None for what is not read.
        """
        return None


def learned() -> Any:
    """Return the default of an encoder's or head's field that `fit` fills in: None until then.

    It marks the field as nothing that a user sets.
    """
    return field(default=None, metadata={"learned": True})
