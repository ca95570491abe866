"""Names that columns and folders commonly have: of labels, and of the parts of a data set."""

from typing import Any

MAIN_LABELS = ("label", "labels", "target", "class", "y")  # decide where several columns could be
LABELS = (
    "label", "labels", "class", "target", "category", "classname", "class_label", "emotion",
    "word", "command",
)  # fmt: skip
PLAIN_TIMES = ("datetime", "timestamp", "date", "time")  # decide where several could be
TIMES = (*PLAIN_TIMES, "ds", "dates", "times", "datum", "day", "week", "month", "quarter", "year",
         "period")  # fmt: skip
STEP_COUNTS = ("t", "step", "index", "frame")
COUNTS = (*STEP_COUNTS, "steps", "tick", "time_idx", "timestep", "ts", "cycle", "unix_time")
SPLITS = ("split", "part", "set", "subset")  # columns that name the part of a row
PARTS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test",
    "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid",
}  # fmt: skip


def names_of(given: Any) -> tuple[str, ...]:
    """Return column names, given one by one or as a text with commas; none for None."""
    if isinstance(given, str):
        return tuple(name.strip() for name in given.split(",")) if "," in given else (given,)
    return () if given is None else tuple(given)
