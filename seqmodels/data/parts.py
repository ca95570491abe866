"""What readers of files share: a part held out for the test, and the head that suits a target."""

import dataclasses
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Lt

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples, codes_of
from seqmodels.data.cells import percent

Share = Annotated[float, Gt(0), Lt(1)]
Seed = Annotated[int, Ge(0)]


def held_out(
    examples: Examples, *, test: float, seed: int, group_by: str | None = None
) -> tuple[Examples, Examples, str]:
    """Return the training part, the test part, and what was decided, in words.

    Classes keep their shares in both parts; quantities are parted at random. With `group_by`, no
    group is in both.

    Args:
        examples: All there are; the first target is the one that is predicted.
        test: Share of the test part, between 0 and 1.
        seed: Same seed, same parts.
        group_by: One of the examples' groups, such as "speaker".

    Raises:
        InputError: There are fewer than two examples, no such group, or only one of it.
    """
    if len(examples) < 2:
        raise InputError(f"Parts need at least 2 examples to share, got {len(examples)}.")
    if group_by is not None and group_by not in examples.groups:
        there = f"There are {some(examples.groups)}." if examples.groups else "There is none."
        raise InputError(f"No group {group_by!r} to keep on one side (group_by=). {there}")
    if group_by is not None:
        _refuse_nobody(group_by, examples.groups[group_by])
    by = None
    name, values = next(iter(examples.targets.items()))
    array = codes_of(values)
    if group_by is None and array.ndim == 1 and _of_classes(values, array):
        texts = array.astype(str) if array.dtype.kind == "O" else array
        kinds, counts = np.unique(texts, return_counts=True)
        if len(kinds) <= 1000 and counts.max() > 1:
            by = name
    examples = dataclasses.replace(examples, rows=np.arange(len(examples)))
    train, rest = examples.split(test, seed, by, group_by)
    how = f"no {group_by} on both sides" if group_by else "stratified" if by else "at random"
    return train, rest, f"{percent(test)} held out, {how}, seed {seed}"


def _of_classes(values: Any, codes: np.ndarray) -> bool:
    """Return whether a target has classes, and is no quantity."""
    return hasattr(values, "cat") or suggested(codes) != "regression"


def _refuse_nobody(name: str, values: Any) -> None:
    """Refuse examples of nobody: together they would be taken for one more group."""
    import pandas as pd

    cells = pd.Series(values)
    blank = np.flatnonzero((cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy())
    if len(blank):
        raise InputError(
            f"{len(blank):,} of {len(cells):,} examples have no {name!r} (group_by=), the first is "
            f"number {blank[0]} (counted from 0). Say whose they are, or leave them out."
        )


def suggested(values: Any) -> str:
    """Return the registered name of the head that suits the values of a target.

    Numbers that are not whole, and whole ones of more than 20 kinds, are regression; two kinds
    are binary, more are multiclass.
    """
    array = np.asarray(values)
    if array.ndim > 1 or array.dtype.kind == "f":
        whole = array.ndim == 1 and np.isfinite(array).all() and (array == array.round()).all()
        if not whole:
            return "regression"
    kinds = len(np.unique(array.astype(str) if array.dtype.kind == "O" else array))
    if array.dtype.kind in "iuf" and kinds > 20:
        return "regression"
    return "binary" if kinds == 2 else "multiclass"
