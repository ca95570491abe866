"""One drawing made with a pen, as every format of ink gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError

FARTHEST = 1e30  # a coordinate; no tablet reports more, and float32 holds it
MOST_POINTS = 2_000_000  # of one drawing


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing and what its file says about it.

    Args:
        points: [T, 3]: x, y in the file's own units, and 1 where the pen is lifted after the
            point, else 0. In stroke-3 files x and y are ways from the point before.
        where: The file and, where there are several drawings, which of them; for messages.
        labels: What the drawing shows, by the name of the label: a character, a text.
        groups: Who drew it, or where: names of entities.
        part: "train", "valid" or "test" where the publisher says so.
    """

    points: np.ndarray
    where: str
    labels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    part: str | None = None

    def told(
        self,
        *,
        labels: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
        part: str | None = None,
    ) -> Drawing:
        """Return a copy that says more; what is said already stays where names meet."""
        return replace(
            self,
            labels={**(labels or {}), **self.labels},
            groups={**(groups or {}), **self.groups},
            part=self.part or part,
        )


def joined(strokes: Iterable[Sequence[Any] | np.ndarray], where: str) -> np.ndarray:
    """Return strokes, [T, 2] each, as one array of points [T, 3]; empty ones leave no trace.

    Raises:
        InputError: There is no point, far too many, or one that is not a place.
    """
    kept = [np.asarray(stroke, dtype=np.float64).reshape(-1, 2) for stroke in strokes]
    kept = [stroke for stroke in kept if len(stroke)]
    lengths = [len(stroke) for stroke in kept]
    if not kept:
        raise InputError(f"{where} has no point drawn with the pen down. Leave it out.")
    if sum(lengths) > MOST_POINTS:
        raise InputError(f"{where} has {sum(lengths):,} points; at most {MOST_POINTS:,} are read.")
    places = np.concatenate(kept)
    if not (np.abs(places) <= FARTHEST).all():  # NaN too
        raise InputError(
            f"{where} has a point that is no place: NaN, infinite or beyond {FARTHEST:g}."
        )
    if np.abs(places).max() >= 2**24:  # float32 would round; where a drawing stands is no matter
        places -= places[0]
    points = np.zeros((len(places), 3), dtype=np.float32)
    points[:, :2] = places
    points[np.cumsum(lengths) - 1, 2] = 1
    return points
