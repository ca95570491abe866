"""The text of InkML's traces: values, differences and differences of differences to places."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.strokes.ink.safe_xml import local

_PLAIN = re.compile(r"[\d\s.,eE+-]*")
_VALUE = re.compile(
    r"""\s*([!'"]?)\s*(\#[0-9A-Fa-f]{1,16}|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[TF*?])"""
)


@dataclass(frozen=True)
class Channels:
    """What the values of a point are, in order.

    Args:
        x: Which value is x, from 0.
        y: Which is y.
        count: How many there are.
        signs: -1 where a channel grows the other way than the canvas does.
    """

    x: int = 0
    y: int = 1
    count: int = 2
    signs: tuple[int, int] = (1, 1)

    @classmethod
    def of(cls, element: ET.Element, where: str) -> Channels:
        """Read a `traceFormat`; one without channels is the default, X and Y.

        Raises:
            InputError: It has channels, but not X and Y.
        """
        regular = [e for e in element if local(e) == "channel"]
        later = [
            e
            for group in element
            if local(group) == "intermittentChannels"
            for e in group
            if local(e) == "channel"
        ]
        every = regular + later
        if not every:
            return cls()
        names = [e.get("name", "").upper() for e in every]
        if "X" not in names or "Y" not in names:
            raise InputError(f"{where} names the channels {some(names)}; X and Y are needed.")
        x, y = names.index("X"), names.index("Y")
        signs = [-1 if every[i].get("orientation", "").startswith("-") else 1 for i in (x, y)]
        return cls(x, y, len(names), (signs[0], signs[1]))


@dataclass
class _Channel:
    """Where one channel stands, and how its next value is to be taken."""

    order: str = "!"
    value: float = 0.0
    way: float = 0.0
    turn: float = 0.0

    def take(self, order: str, token: str) -> float:
        """Return the channel's value after one token of a point."""
        self.order = order or self.order
        if token == "?":
            return float("nan")
        number = None if token == "*" else _number(token)
        if self.order == "!":
            if number is not None:
                self.way, self.value = number - self.value, number
        elif self.order == "'":
            self.way = self.way if number is None else number
            self.value += self.way
        else:
            self.turn = self.turn if number is None else number
            self.way += self.turn
            self.value += self.way
        return self.value


def places(trace: str, channels: Channels, where: str) -> np.ndarray:
    """Return the places [T, 2] in the text of a trace.

    Points whose x or y is not reported ("?") are left out.

    Raises:
        InputError: The text is not a trace; says which point of it.
    """
    rows = [row for row in trace.split(",") if row.strip()]
    if _PLAIN.fullmatch(trace):
        try:
            table = [[float(value) for value in row.split()] for row in rows]
        except ValueError:  # "3-5" is two values
            pass
        else:
            return _columns(_even(table, channels, where), channels)
    state = [_Channel() for _ in range(channels.count)]
    table = []
    for number, row in enumerate(rows, start=1):
        tokens = _VALUE.findall(row)
        if _VALUE.sub("", row).strip():
            raise InputError(
                f"{where}: point {number} is {row.strip()[:40]!r}, which is no list of values."
            )
        values = [float("nan")] * channels.count
        for index, (order, token) in enumerate(tokens[: channels.count]):
            values[index] = state[index].take(order, token)
        if len(tokens) <= max(channels.x, channels.y):
            raise _short(where, number, len(tokens), channels)
        table.append(values)
    return _columns(table, channels)


def _even(table: list[list[float]], channels: Channels, where: str) -> list[list[float]]:
    """Divide a trace that has no commas (as old drafts wrote them); check the points of others."""
    if len(table) == 1 and len(table[0]) > channels.count and len(table[0]) % channels.count == 0:
        row, step = table[0], channels.count
        return [row[start : start + step] for start in range(0, len(row), step)]
    for number, row in enumerate(table, start=1):
        if len(row) <= max(channels.x, channels.y):
            raise _short(where, number, len(row), channels)
    return table


def _short(where: str, number: int, found: int, channels: Channels) -> InputError:
    return InputError(
        f"{where}: point {number} has {found} values, but its channels put X at "
        f"{channels.x + 1} and Y at {channels.y + 1}."
    )


def _columns(table: list[list[float]], channels: Channels) -> np.ndarray:
    points = np.array([(row[channels.x], row[channels.y]) for row in table], dtype=np.float64)
    points = points.reshape(-1, 2) * channels.signs  # [T, 2]
    return points[~np.isnan(points).any(axis=1)]


def _number(token: str) -> float:
    if token in "TF":
        return float(token == "T")
    return float(int(token[1:], 16)) if token[0] == "#" else float(token)
