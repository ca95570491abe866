"""Faults that are tried on purpose, a family a file."""

from __future__ import annotations

from typing import NamedTuple


class Tried(NamedTuple):
    """One fault, and what came of it.

    Attributes:
        what: The fault, in words that many of them may share.
        outcome: What the project did, in words.
        survived: Whether that is what it promises.
    """

    what: str
    outcome: str
    survived: bool
