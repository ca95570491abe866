"""Encodes steps of numbers: each channel is standardised by the training steps."""

import itertools
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from annotated_types import Ge

from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_encoder
from seqmodels.core.sequences import Scaled, Sequences
from seqmodels.core.storage import Writer
from seqmodels.plots import pictures

CHUNK = 2**14  # steps that are looked at together, so that no second series is in memory
LARGE = 2**20  # numbers: 4 MiB; below, scaling once is quicker than whenever a window is read


@register_encoder("series")
@dataclass(frozen=True, kw_only=True)
class SeriesEncoder(Encoder):
    """Centres and scales each channel by the values of the training steps.

    Inputs are arrays [T, C] or [T] (one channel), pandas DataFrames that have `columns`, or a
    `Sequences` of raw values. Windows that share one array keep sharing it: the array is scaled
    once, and no window is copied.

    Args:
        columns: Names of the C channels, in order. None: channels are numbered.
        scaling: "standard": (x - mean) / std. "log": the same for sign(x) * log(1 + |x|), for
            amounts of which a few are far larger than the rest.
        length: Number of last steps to read. None: all.
        continues: For each of the D answers of a forecast, the channel that it predicts,
            counted from 0. None: no forecast, or a forecast of something that is not read.
        time: Names of a table's columns that hold times. If an input has them, its rows must be in
            order of time.
        mean: Learned. One number per channel, [C], in the input's units ("log": of the logs).
        std: Learned. Like `mean`; 1 for a constant channel.

    Raises:
        InputError: An argument is out of its range.
    """

    columns: tuple[str, ...] | None = None
    scaling: Literal["standard", "log"] = "standard"
    length: Annotated[int, Ge(1)] | None = None
    continues: tuple[int, ...] | None = None
    time: tuple[str, ...] | None = None
    mean: tuple[float, ...] | None = learned()
    std: tuple[float, ...] | None = learned()

    def __post_init__(self) -> None:
        problems = []
        if self.scaling not in ("standard", "log"):
            problems.append(
                f"Encoder 'series' needs scaling 'standard' or 'log', got {self.scaling!r}."
            )
        if self.length is not None and self.length < 1:
            problems.append(f"Encoder 'series' needs a length from 1, got {self.length!r}.")
        if len(self.mean or ()) != len(self.std or ()):
            problems.append(
                f"Encoder 'series' needs as many means as stds, got {self.mean!r} and {self.std!r}."
            )
        if problems:
            raise InputError(problems)

    def fit(self, inputs: Seq[Any]) -> Self:
        """Return a copy with the mean and spread of the steps of the inputs.

        Raises:
            InputError: As `encode`; or numbers are too large to be squared.
        """
        raw = self._raw(inputs, len(self.columns) if self.columns else None)
        covered, channels = raw.covered(), raw.values.shape[1]
        count = np.count_nonzero(covered)
        total, squares = np.zeros(channels), np.zeros(channels)
        least, most = np.full(channels, np.inf), np.full(channels, -np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            for steps in self._chunks(raw, covered):
                total += steps.sum(axis=0)
                least = np.minimum(least, steps.min(axis=0))
                most = np.maximum(most, steps.max(axis=0))
            mean = total / count
            for steps in self._chunks(raw, covered):
                steps -= mean
                squares += np.square(steps, out=steps).sum(axis=0)
            std = np.sqrt(squares / count)
        if not np.isfinite(std).all():
            raise InputError(
                f"Encoder 'series' cannot scale channel "
                f"{some(self._named(c) for c in np.flatnonzero(~np.isfinite(std)))}: its numbers "
                f"are too large to be squared. Use scaling='log', or another unit."
            )
        # Rounding can give a constant channel a spread of 1e-16, which would blow noise up.
        std = np.where((std > 0) & (most > least), std, 1.0)
        return replace(self, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def encode(self, inputs: Seq[Any]) -> Sequences:
        """Return the scaled steps, float32 [L, C]; windows of one array share the result.

        Windows of a large array are scaled when they are read (see `Scaled`), with equal bits.

        Raises:
            InputError: The channels differ from those of `fit`, or a number is missing or
                infinite; the message names the row (the input), the step and the channel,
                counted from 0.
        """
        if self.mean is None or self.std is None:
            raise InputError("Encoder 'series' has no mean yet. Call fit first.")
        raw = self._raw(inputs, len(self.mean))
        scaled: Any = Scaled(raw.values, np.array(self.mean), np.array(self.std))
        shared = raw.values.size >= LARGE and raw.lengths.sum(dtype=np.int64) > len(raw.values)
        mapped = isinstance(raw.values, np.memmap)
        later = (shared or mapped) and self.scaling == "standard"  # a logarithm would slow training
        stored = Writer(np.float32, raw.values.shape[1:]) if mapped else None
        values = scaled if later or stored else np.empty(raw.values.shape, dtype=np.float32)
        covered = None
        for first in range(0, len(raw.values), CHUNK):
            chunk = slice(first, first + CHUNK)
            steps = scaled.scale(self._shaped(raw.values[chunk]))  # [CHUNK, C]
            finite = np.isfinite(steps)
            if not finite.all():
                covered = raw.covered() if covered is None else covered
                self._check(finite, raw, covered[chunk], first)
                steps[~finite] = 0  # steps between the sequences, which nobody reads
            if not later and stored is not None:
                stored.append(steps)
            elif not later:
                values[chunk] = steps
        if not later and stored is not None:
            values = stored.done()
        return Sequences(values, raw.starts, raw.lengths)

    @property
    def spec(self) -> Spec:
        known = self.mean or self.columns
        if not known:
            raise InputError("Encoder 'series' has no channels yet. Call fit first.")
        return Spec(channels=len(known), continues=self.continues)

    def last_value(self, log: bool = False) -> tuple[np.ndarray, np.ndarray] | None:
        if self.continues is None or self.mean is None or self.std is None:
            return None
        if (self.scaling == "log") != log:  # a log is no linear function of what it is of
            return None
        kernel = np.zeros((len(self.mean), len(self.continues)))  # [C, D]
        channels = list(self.continues)
        kernel[channels, np.arange(len(channels))] = np.array(self.std)[channels]
        return kernel, np.array(self.mean)[channels]

    @property
    def table_columns(self) -> tuple[str, ...] | None:
        return self.columns

    def show(self, example: Any) -> str:
        last = np.atleast_1d(np.asarray(self._picked(example, 0))[-1])
        names = self.columns if self.columns and len(self.columns) == len(last) else None
        shown = [f"{names[c]} {v:.4g}" if names else f"{v:.4g}" for c, v in enumerate(last[:4])]
        more = ", ..." if len(last) > 4 else ""
        known = getattr(example, "attrs", {})  # of a DataFrame, where it is from
        whose = f"{known['series']}: " if "series" in known else ""
        until = f" until {known['until']}" if "until" in known else ""
        return f"{whose}{len(example)} steps{until}, the last: {', '.join(shown)}{more}"

    def draw(
        self, example: Any, parts: np.ndarray | None = None, after: Mapping[str, Any] | None = None
    ) -> Any:
        raw = self._raw([example], None)
        known = after if self.continues is not None else None
        names = self.columns or tuple(f"channel {c}" for c in range(raw.values.shape[1]))
        return pictures.series(np.asarray(raw.values), names, self.continues or (), parts, known)

    def _raw(self, inputs: Seq[Any], channels: int | None) -> Sequences:
        """Return the inputs as raw steps, without the unread ends of the array."""
        if not isinstance(inputs, Sequences):
            inputs = [self._picked(row, i) for i, row in enumerate(inputs)]
        raw = Sequences.of(inputs).cut(self.length, "end")
        values: Any = raw.values if raw.values.ndim == 2 else raw.values[:, None]
        if channels is not None and values.shape[1] != channels:
            names = f" ({some(self.columns)})" if self.columns else ""
            raise InputError(
                f"Encoder 'series' needs {channels} channels a step{names}, the inputs have "
                f"{values.shape[1]}. Give the same columns, in the same order."
            )
        first = int(raw.starts.min()) if len(raw) else 0
        end = int((raw.starts + raw.lengths).max()) if len(raw) else 0
        starts = raw.starts - first if first else raw.starts
        return Sequences(values[first:end], starts, raw.lengths)

    def _picked(self, row: Any, number: int) -> Any:
        if self.columns is None or not hasattr(row, "columns"):
            return row
        absent = [name for name in self.columns if name not in row.columns]
        if absent:
            raise InputError(f"Row {number} lacks the columns {some(absent)}. Add them.")
        if self.time and set(self.time) <= set(row.columns):
            _refuse_disorder(row[list(self.time)].astype(str).to_numpy().tolist())
        return row[list(self.columns)]

    def _shaped(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, dtype=np.float64)
        return np.sign(values) * np.log1p(np.abs(values)) if self.scaling == "log" else values

    def _chunks(self, raw: Sequences, covered: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the steps that sequences contain, in float64, in chunks of up to [CHUNK, C]."""
        for first in range(0, len(raw.values), CHUNK):
            chunk = slice(first, first + CHUNK)
            steps = self._shaped(raw.values[chunk])
            self._check(np.isfinite(steps), raw, covered[chunk], first)
            if covered[chunk].any():
                yield steps[covered[chunk]]

    def _check(self, finite: np.ndarray, raw: Sequences, covered: np.ndarray, first: int) -> None:
        """Refuse numbers that are not finite; the message gives row, step and channel.

        Args:
            finite: Whether each number of a chunk of steps is finite, [CHUNK, C].
            raw: The sequences.
            covered: Whether a sequence contains each step of the chunk, [CHUNK].
            first: Position of the chunk in `raw.values`.
        """
        bad = ~finite & covered[:, None]
        if not bad.any():
            return
        step, channel = np.argwhere(bad)[0]
        place = first + step
        row = np.flatnonzero((raw.starts <= place) & (place < raw.starts + raw.lengths))[0]
        raise InputError(
            f"Encoder 'series' needs finite numbers (and none beyond float32): row {row}, "
            f"step {place - raw.starts[row]} of those read, channel {self._named(channel)!r} has "
            f"{float(raw.values[place, channel])!r}. Fill it in, or leave the row out."
        )

    def _named(self, channel: Any) -> Any:
        return self.columns[channel] if self.columns else int(channel)


def _refuse_disorder(cells: Seq[Seq[str]]) -> None:
    """Refuse rows that are not in order of time; the forecast continues from the last row.

    Args:
        cells: Cells of each row in the columns of times: numbers, or parts of a date.
    """
    import pandas as pd

    try:
        times: Any = [[float(cell) for cell in row] for row in cells]
    except ValueError:
        words = pd.Series([" ".join(row) for row in cells], dtype="string")
        times = pd.to_datetime(words, errors="coerce")
        lost = np.flatnonzero(times.isna())
        if len(lost):
            raise InputError(
                f"Encoder 'series' needs times in one notation, such as 2013-01-31 or "
                f"2013-01-31 18:00; row {lost[0]} (counted from 0) has {words[lost[0]]!r}."
            ) from None
        times = list(times)
    for number, (one, two) in enumerate(itertools.pairwise(times), start=1):
        if not one < two:
            raise InputError(
                f"Encoder 'series' needs rows in order of time; row {number} (counted from 0) has "
                f"{' '.join(cells[number])!r} after {' '.join(cells[number - 1])!r}. Sort the "
                f"table, with each time once; give several series as one table each."
            )
