"""Medians over rounds, and ratios to ours: what tables, figures and goals of speed are made of."""

from collections.abc import Mapping
from statistics import median
from typing import Any

OURS, BARE = "seqmodels", "seqmodels --no-baselines"
SCALE = {"ms": 1e3, "s": 1.0, "MB": 1.0}  # from seconds
HIDDEN = ("whole s", "whole CPU s")  # the process itself tells these, to more digits

Measured = Mapping[str, Any]


def middle(row: Measured, who: str, key: str) -> float:
    """Return the median of one figure over the rounds."""
    return median(one[key] for one in row["found"][who]["measures"])


def ratio(row: Measured, who: str, key: str) -> float | None:
    """Return how many times ours another's median is; None where one of them was not measured."""
    if who not in row["found"] or OURS not in row["found"]:
        return None
    return middle(row, who, key) / middle(row, OURS, key)


def spread(row: Measured, who: str) -> tuple[float, float] | None:
    """Return the least and the largest ratio of wall times of one round."""
    if who not in row["found"] or OURS not in row["found"]:
        return None
    pairs = zip(row["found"][who]["measures"], row["found"][OURS]["measures"], strict=True)
    each = [other["wall_s"] / ours["wall_s"] for other, ours in pairs]
    return min(each), max(each)


def lines(row: Measured) -> list[dict[str, Any]]:
    """Return a line for each contestant of a row."""
    told = []
    for who, entry in row["found"].items():
        line: dict[str, Any] = {"who": who}
        if row["unit"] != "MB":
            unit, times = row["unit"], SCALE[row["unit"]]
            line[f"wall {unit}"] = times * middle(row, who, "wall_s")
            line[f"CPU {unit}"] = times * middle(row, who, "cpu_s")
            line["wall, times ours"] = ratio(row, who, "wall_s")
            between = spread(row, who)
            line["in single rounds"] = between and "{:.3g} to {:.3g}".format(*between)
            line["CPU, times ours"] = ratio(row, who, "cpu_s")
        own = [key for key in entry["measures"][0] if key not in ("wall_s", "cpu_s", *HIDDEN)]
        if row["unit"] == "MB":
            own = [key for key in own if key.endswith("_mb")]
        for key in own:
            line[key.replace("_mb", " MB").replace("_", " ")] = middle(row, who, key)
        if row["unit"] == "MB":
            line |= {"series MB": entry["notes"].get("series_mb")}
        told.append(line)
    return told
