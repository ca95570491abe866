"""The encoder interface: raw inputs become sequences of steps. NumPy only, no TensorFlow.

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
from seqmodels.core.renamed import renamed
from seqmodels.core.sequences import Sequences

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@renamed({"told": "forecast_channels"})
@dataclass(frozen=True, kw_only=True)
class Spec:
    """Form of one encoded step: a token id below `vocabulary`, or `channels` numbers.

    Args:
        vocabulary: Number of token ids, which start at 0.
        channels: Numbers per step.
        continues: For each of the D answers of a forecast, the channel that it predicts,
            counted from 0. None: no forecast.
    """

    vocabulary: int | None = None
    channels: int | None = None
    continues: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if (self.vocabulary is None) == (self.channels is None):
            raise InputError(f"Spec needs either vocabulary or channels, got {self}.")

    @property
    def forecast_channels(self) -> tuple[int, ...]:
        """The channels that are forecast, each once, [G]."""
        return tuple(dict.fromkeys(self.continues or ()))


class Encoder(abc.ABC):
    """Turns raw inputs into sequences of steps. Saved with the model.

    Subclasses are frozen dataclasses of JSON types. Learned fields default to `learned()`,
    which is None; `fit` returns a copy with these fields filled in.
    """

    @abc.abstractmethod
    def fit(self, inputs: Seq[Any]) -> Self:
        """Return a copy that has learned from the training inputs."""

    @abc.abstractmethod
    def encode(self, inputs: Seq[Any]) -> Sequences:
        """Return one sequence per input: ids [L], or numbers [L, C] float32.

        Ids may have any integer type; batches convert them to int32.

        Raises:
            InputError: An input is empty or not readable; the message names the row.
        """

    def vary(
        self, x: np.ndarray, lengths: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a randomly augmented batch; by default, unchanged.

        Only training augments its batches. Augmentation makes changes that keep the meaning,
        such as the slant of a drawing or the loudness of a recording.

        Args:
            x: Encoded steps, zeros past a row's end: ids [B, T] int32, or numbers [B, T, C]
                float32. A copy that may be changed.
            lengths: Steps of each row, [B] int32.
            rng: The only source of randomness, so that a run can be repeated.

        Returns:
            Augmented steps and lengths. Lengths may change but are at least 1; the longest may
            be below T.
        """
        return x, lengths

    @property
    @abc.abstractmethod
    def spec(self) -> Spec:
        """The form of one encoded step."""

    def last_value(self, log: bool = False) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the linear map from the last encoded step to the last known values.

        Args:
            log: Map to the logs of the values, sign(x) * log(1 + |x|).

        Returns:
            A kernel [C, D] and a bias [D] such that `step @ kernel + bias` are the last known
            values, in the targets' units. None: there is no such map.
        """
        return None

    @property
    def table_columns(self) -> tuple[str, ...] | None:
        """Columns of a table that hold the channels of one input; `encode` takes DataFrames.

        `seqmodels predict` then also reads a delimited text, as one input. None: inputs are no
        tables.
        """
        return None

    def read(self, text: str) -> list[Any]:
        """Return the inputs of a text file for `seqmodels predict`: one JSON value per line.

        Raises:
            InputError: A line is not JSON; the message names it.
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
                    f"Give one sequence per line, as in [[0.1, 0.2], [0.3, 0.4]]."
                ) from None
        return inputs

    def open(self, path: Path) -> list[Any] | None:
        """Return the inputs of a binary file or a folder. None: a text file, for `read`.

        Raises:
            InputError: The file or folder cannot be read.
        """
        return None

    def show(self, example: Any) -> str:
        """Return one input as a short line of text, for tables and reports."""
        return f"{len(example)} steps"

    def draw(
        self, example: Any, parts: np.ndarray | None = None, after: Mapping[str, Any] | None = None
    ) -> list[tuple[str, float | None]] | Figure | None:
        """Return a picture of one input for a report. None: the line of `show` is enough.

        Args:
            example: One raw input.
            parts: Contribution of each step to the answer, [T]; None: unknown.
            after: For a forecast, the "truth" and the "answer" by name, [D] each.

        Returns:
            A Matplotlib figure; or a text in pieces. A piece has its contribution divided by
            the largest, from -1 to 1, or None if the model does not read it.
        """
        return None


def learned() -> Any:
    """Return the default of a field that `fit` fills in: None, marked as not for users to set."""
    return field(default=None, metadata={"learned": True})
