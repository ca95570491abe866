"""Encodes pen drawings as numbers that do not depend on their place or size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_encoder
from seqmodels.core.sequences import Sequences
from seqmodels.encoders import varied
from seqmodels.plots import pictures

WHO = "Encoder 'strokes'"
FARTHEST = 1e100  # sums and differences of such numbers are still finite


@register_encoder("strokes")
@dataclass(frozen=True, kw_only=True)
class StrokeEncoder(Encoder):
    """Encodes each point as its place, its offset from the point before, and the pen state.

    A drawing is an array or list of points [T, 2] or [T, 3]: x, y in any unit and, if known, 1
    if the pen is lifted after this point, else 0. Without the third number the drawing is one
    stroke: the pen is lifted after its last point.

    An encoded point is five numbers: x and y from the middle of the drawing's bounding box, dx
    and dy from the point before (0, 0 for the first), and the pen state. The first four are
    divided by the larger side of the box, so that place and size of a drawing do not matter and
    proportions stay. They are then divided by a learned scale, so that small offsets do not
    become small numbers.

    Args:
        form: Meaning of x and y in raw points: "points", positions; "offsets", distances from
            the point before. The first offset is only the position of the drawing.
        length: Number of points to read, from the start; None: all. Points that are not read do
            not count for the bounding box.
        elastic: Augmentation: standard deviation of a smooth random field that moves the
            points, as a share of the larger side (elastic distortion, Simard, Steinkraus and
            Platt 2003; here a few waves across the drawing).
        scale: Learned. Root mean squares of positions and of offsets, as shares of the larger
            side.

    Raises:
        InputError: An argument is out of its range.
    """

    form: Literal["points", "offsets"] = "points"
    length: Annotated[int, Ge(1)] | None = None
    elastic: Annotated[float, Ge(0)] = 0.0
    scale: tuple[float, float] | None = learned()

    def __post_init__(self) -> None:
        problems = []
        if self.form not in ("points", "offsets"):
            problems.append(f"{WHO} needs form 'points' or 'offsets', got {self.form!r}.")
        if self.length is not None and self.length < 1:
            problems.append(f"{WHO} needs a length from 1, or None, got {self.length!r}.")
        if not 0 <= self.elastic < math.inf:
            problems.append(f"{WHO} needs elastic from 0, got {self.elastic!r}.")
        if problems:
            raise InputError(problems)

    def fit(self, inputs: Sequence[Any]) -> "StrokeEncoder":
        drawings = self._read(inputs)
        place, way = _shape(drawings)
        return replace(self, scale=(_size(place), _size(way)))

    def encode(self, inputs: Sequence[Any]) -> Sequences:
        if self.scale is None:
            raise InputError(f"{WHO} has no scale yet; call fit, or pass scale=.")
        drawings = self._read(inputs)
        place, way = _shape(drawings)
        steps = np.empty((len(place), 5), dtype=np.float32)  # [L, 5]
        steps[:, 0:2] = place / self.scale[0]
        steps[:, 2:4] = way / self.scale[1]
        steps[:, 4] = drawings.values[:, 2]
        return Sequences(steps, drawings.starts, drawings.lengths)

    def vary(
        self, x: np.ndarray, lengths: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the encoded drawings with an elastic distortion."""
        if self.scale is None or not self.elastic:
            return x, lengths
        points = x[:, :, :2] * np.float32(self.scale[0])
        place, way = varied.boxed(points + varied.field(points, self.elastic, rng), lengths)
        parts = [place / np.float32(self.scale[0]), way / np.float32(self.scale[1]), x[:, :, 4:]]
        return np.where(varied.real(lengths, x.shape[1]), np.concatenate(parts, axis=2), 0), lengths

    @property
    def spec(self) -> Spec:
        return Spec(channels=5)

    def show(self, example: Any) -> str:
        return "1 point" if len(example) == 1 else f"{len(example)} points"

    def draw(self, example: Any, parts: np.ndarray | None = None, after: Any = None) -> Any:
        return pictures.strokes(self._read([example]).values, parts)

    def _read(self, inputs: Sequence[Any]) -> Sequences:
        """Return checked drawings end to end: positions and pen states, [L, 3]."""
        raw = _end_to_end(Sequences.of(inputs).cut(self.length, "start"))
        if raw.values.ndim != 2 or raw.values.shape[1] not in (2, 3):
            channels = raw.values.shape[1] if raw.values.ndim == 2 else 1
            raise InputError(
                f"{WHO} needs points of 2 or 3 numbers (x, y, and 1 where the pen is lifted), "
                f"row 0 has points of {channels}. Give each drawing as [[x, y], ...] or "
                f"[[x, y, 0], ...]."
            )
        points = np.empty((len(raw.values), 3))
        points[:, : raw.values.shape[1]] = raw.values
        if raw.values.shape[1] == 2:
            points[:, 2] = 0
            points[raw.starts + raw.lengths - 1, 2] = 1
        _check(points, raw.starts)
        if self.form == "offsets":
            _add_up(points[:, :2], raw)
        return Sequences(points, raw.starts, raw.lengths)


def _end_to_end(raw: Sequences) -> Sequences:
    """Return the same sequences laid end to end, without gaps."""
    starts = np.cumsum(raw.lengths) - raw.lengths
    if len(raw.values) == raw.lengths.sum() and np.array_equal(raw.starts, starts):
        return raw
    steps = np.arange(raw.lengths.sum()) + np.repeat(raw.starts - starts, raw.lengths)
    return Sequences(raw.values[steps], starts, raw.lengths)


def _check(points: np.ndarray, starts: np.ndarray) -> None:
    """Refuse points [L, 3] with numbers that are not finite, or a pen state other than 0 or 1."""
    problems = []
    for channel, name in enumerate(("x", "y")):
        lost = ~(np.abs(points[:, channel]) <= FARTHEST)  # NaN too
        if lost.any():
            problems.append(
                f"{WHO} found NaN, infinity or a number beyond {FARTHEST:g} in {name} (channel "
                f"{channel}) of row {_rows(lost, starts)} (counted from 0). Leave such points out."
            )
    odd = (points[:, 2] != 0) & (points[:, 2] != 1)
    if odd.any():
        problems.append(
            f"{WHO} needs 0 or 1 as the pen (channel 2: 1 where it is lifted after the point), "
            f"got {some(dict.fromkeys(points[odd, 2].tolist()))} in row {_rows(odd, starts)} "
            f"(counted from 0). Leave the channel out if it means something else."
        )
    if problems:
        raise InputError(problems)


def _rows(bad: np.ndarray, starts: np.ndarray) -> str:
    return some(np.flatnonzero(np.logical_or.reduceat(bad, starts)).tolist())


def _add_up(offsets: np.ndarray, drawings: Sequences) -> None:
    """Turn offsets [L, 2] into points, in place.

    The sum runs step by step over all drawings at once. A running sum over the flat array would
    carry rounding errors from one drawing into the next, and answers would depend on neighbours.
    """
    offsets[drawings.starts] = 0
    order = np.argsort(-drawings.lengths, kind="stable")
    starts, lengths = drawings.starts[order], drawings.lengths[order]
    for step in range(1, int(lengths.max(initial=0))):
        now = starts[: np.searchsorted(-lengths, -step)] + step  # drawings longer than `step`
        offsets[now] += offsets[now - 1]


def _shape(drawings: Sequences) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and offsets, [L, 2] each, as shares of each drawing's larger side."""
    points, starts = drawings.values[:, :2], drawings.starts
    least = np.minimum.reduceat(points, starts)  # [N, 2]
    extent = np.maximum.reduceat(points, starts) - least
    side = extent.max(axis=1, keepdims=True)  # [N, 1]
    side[side == 0] = 1  # a single point, or a pen that rests: everything else is 0 already
    way = np.diff(points, axis=0, prepend=points[:1])  # [L, 2]
    way[starts] = 0
    side = np.repeat(side, drawings.lengths, axis=0)  # [L, 1]
    return (points - np.repeat(least + extent / 2, drawings.lengths, axis=0)) / side, way / side


def _size(values: np.ndarray) -> float:
    """Return the root mean square of all numbers; 1 if all are 0."""
    return float(np.sqrt(np.mean(np.square(values)))) or 1.0
