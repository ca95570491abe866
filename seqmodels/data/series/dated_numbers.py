"""Dates written as numbers: days such as 20130131, months 201801 or 1871.01, weeks 202053."""

import numpy as np

YEARS = 1700, 2200  # that months and weeks may lie in


def spelled(numbers: np.ndarray, form: str) -> list[str]:
    """Return numbers of one of the forms in `DATES` as texts of dates: 2018-01, 2020-W53."""
    whole = np.round(numbers * (100 if form == "dotted months" else 1)).astype(int).astype(str)
    if form == "days":
        return whole.tolist()
    between = "-W" if form == "weeks" else "-"
    return [text[:4] + between + text[4:] for text in whole.tolist()]


def _days(numbers: np.ndarray) -> bool:
    return bool(((numbers >= 18000101) & (numbers <= 22001231)).all())


def _months(numbers: np.ndarray) -> bool:
    return _two_digits(numbers, 12)


def _weeks(numbers: np.ndarray) -> bool:
    years = np.unique(numbers // 100)
    return _two_digits(numbers, 53) and len(years) > 1  # else it may be a number that counts


def _dotted_months(numbers: np.ndarray) -> bool:
    hundredths = numbers * 100
    near = np.abs(hundredths - np.round(hundredths)) < 1e-6 * np.maximum(np.abs(hundredths), 1)
    return bool(near.all()) and _two_digits(np.round(hundredths), 12)


DATES = {"days": _days, "months": _months, "weeks": _weeks, "dotted months": _dotted_months}


def _two_digits(numbers: np.ndarray, most: int) -> bool:
    """Return whether numbers are a year and two digits, from 01 to `most`, such as 201801."""
    if not np.isfinite(numbers).all() or (numbers % 1 != 0).any():
        return False
    years, places = numbers // 100, numbers % 100
    known = (years >= YEARS[0]) & (years <= YEARS[1]) & (places >= 1) & (places <= most)
    return bool(known.all())
