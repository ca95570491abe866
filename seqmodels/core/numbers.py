"""Formatting of numbers, the same in the terminal, on pages and in notebooks."""

from __future__ import annotations

from typing import Any


def number(value: Any) -> str:
    """Return a number in four digits, thousands separated; "-" for None and NaN."""
    if value is None or value != value:
        return "-"
    if isinstance(value, int) or 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def signed(value: float) -> str:
    """Return a number in three digits with its sign; 0 has none."""
    return ("+" if value > 0 else "") + brief(value)


def brief(value: float | None) -> str:
    """Return a number in three digits, without an exponent below a million; "-" for None."""
    if value is None:
        return "-"
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval as "0.91 to 0.95"; an empty text without limits."""
    return "" if low is None or high is None else f"{brief(low)} to {brief(high)}"


def percent(share: float | None) -> str:
    """Return a share as a percentage with one decimal; "-" for None."""
    return "-" if share is None else f"{100 * share:.1f} %"
