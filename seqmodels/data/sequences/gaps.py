"""What is done where a sequence has no value: filled in, left out, or refused."""

from __future__ import annotations

from typing import Literal

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.sequences.cases import Case

Missing = Literal["refuse", "interpolate", "previous", "skip", "drop"]
POLICIES = (
    "interpolate (a line over each gap), previous (the last known value), skip (leave out "
    "steps with a gap) or drop (leave out sequences with a gap)"
)


def filled(
    rows: list[tuple[str, Case]], missing: Missing, names: tuple[str, ...] | None
) -> tuple[list[tuple[str, Case]], list[np.ndarray]]:
    """Return the rows that are kept, and the values [T, C] of each, without gaps."""
    lacking = [case for _, case in rows if np.isnan(case.values).any()]
    if lacking and missing == "refuse":
        raise InputError(
            f"{gap(lacking[0], names)}. Values are missing in {len(lacking):,} of {len(rows):,} "
            f"sequences. Choose missing=: {POLICIES}; on the command line --set "
            f"dataset.missing=interpolate."
        )
    kept, found = [], []
    for part, case in rows:
        gaps = np.isnan(case.values)  # [T, C]
        if not gaps.any():
            values = case.values
        elif missing == "drop":
            continue
        elif missing == "skip":
            values = case.values[~gaps.any(axis=1)]
            if not len(values):
                raise InputError(
                    f"{case.where}: every step lacks a value. Use missing='interpolate' or 'drop'."
                )
        else:
            if gaps.all(axis=0).any():
                raise InputError(f"{gap(case, names)}, and in all its steps. Use missing='drop'.")
            values = _line(case.values) if missing == "interpolate" else _previous(case.values)
        kept.append((part, case))
        found.append(values)
    if not kept:
        raise InputError("Every sequence lacks values, so that missing='drop' leaves none.")
    return kept, found


def gap(case: Case, names: tuple[str, ...] | None) -> str:
    """Return in words where a case has its first gap."""
    if case.uneven is not None:
        return f"{case.where}: channels of {min(case.uneven)} to {max(case.uneven)} steps"
    step, channel = np.argwhere(np.isnan(case.values))[0]
    if case.values.shape[1] == 1:
        return f"{case.where}: the value of step {step + 1:,} is missing"
    name = repr(names[channel]) if names else f"{channel + 1}"
    return f"{case.where}: the value of channel {name} in step {step + 1:,} is missing"


def _line(values: np.ndarray) -> np.ndarray:
    filled, steps = values.copy(), np.arange(len(values))
    for channel in range(values.shape[1]):
        known = ~np.isnan(values[:, channel])
        filled[:, channel] = np.interp(steps, steps[known], values[known, channel])
    return filled


def _previous(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1))  # [T, C]
    place = np.where(last < 0, known.argmax(axis=0), last)
    return np.take_along_axis(values, place, axis=0)
