"""Outputs of the network that a head reads: one per sequence, or one per step. NumPy only."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Reads = Literal["summary", "steps", "whole", "next"]
"""Output of the network that a head reads.

- "summary": one output for each sequence.
- "steps": one output for each step, and one target for each step: tags, events.
- "whole": every step's output, and a target sequence of its own length: a transcription.
- "next": one output for each step; the target is the following step of the input.
"""

PER_STEP: tuple[Reads, ...] = ("steps", "next")
NEXT = "next step"  # stands for the target's name where a head predicts the input's next step


class Padded(NamedTuple):
    """A batch of rows of unequal length, padded on the right.

    Args:
        values: Rows [B, T, ...]; what lies past a row's length is arbitrary.
        lengths: Entries of each row, [B].
    """

    values: Any
    lengths: Any
