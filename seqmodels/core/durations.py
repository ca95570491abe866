"""Durations: parsed from text such as `10m`, and formatted for people."""

import re

from seqmodels.core.errors import InputError


def seconds_of(text: str) -> float:
    """Return the seconds of a time such as `10m`, `90s` or `1h30m`.

    Raises:
        InputError: The text is not such a time.
    """
    number = r"(\d+(?:\.\d+)?)"
    match = re.fullmatch(f"(?:{number}h)?(?:{number}m)?(?:{number}s)?", text)
    numbers = match.groups() if match else ()
    seconds = sum(float(n or 0) * unit for n, unit in zip(numbers, (3600, 60, 1), strict=False))
    if seconds <= 0:
        raise InputError(f"A budget is a time such as 10m, 90s or 1h30m, got {text!r}.")
    return seconds


def duration(seconds: float) -> str:
    """Return a duration as text: `0.4 s`, `35 s`, `12 min`, `1 h 30 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
