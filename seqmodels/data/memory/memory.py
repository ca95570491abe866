"""Data in memory become a dataset: arrays, lists, texts, pandas, Hugging Face datasets."""

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any, Literal

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences, unmasked
from seqmodels.data.memory import frames, hub
from seqmodels.data.memory.rows import rows_of
from seqmodels.data.parts import Seed, Share, held_out, suggested
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.encoders.text import TextEncoder


def dataset(data: Any, target: Any = None, **options: Any) -> Dataset:
    """Return the dataset in what is in memory already; `seqmodels.read` calls it.

    Args:
        data: An array [N, T] or [N, T, C] of numbers; a list of arrays [T] or [T, C] of unequal
            length; texts in a list, an array or a pandas Series; a pandas Series of arrays. A
            pandas DataFrame is read by its columns: a time makes it a table of series, texts
            are texts, and columns of nothing but numbers are the steps, one sequence a row. A
            Hugging Face `Dataset` is read by its features, a `DatasetDict` by its parts, too.
        target: The values to predict, one for each row, [N] or [N, D]; of a table the name of
            their column.
        options: Those of `whole`; of `texts_or_numbers` for a table; and of the dataset
            "series" for a table with times.

    Raises:
        InputError: The data cannot be read, leave several choices, or a value is missing; names
            the row.
    """
    if hub.is_hub(data):
        parts, values, more = hub.columns(data, target, options)
        return _checked({**options, **more}, parts, values, dropped=hub.OPTIONS)
    if frames.is_frame(data):
        table = frames.read(data, target, options)
        if isinstance(table, Dataset):
            return table
        inputs, values, more = table
        return _checked({**options, **more}, inputs, values, dropped=frames.OPTIONS)
    if frames.is_dated(data):
        return frames.forecast(data.to_frame(str(data.name or "value")), options)
    return _checked(options, data, target)


def whole(
    inputs: Any,
    target: Any,
    *,
    test: Share | tuple[Any, Any] = 0.2,
    valid: tuple[Any, Any] | None = None,
    seed: Seed = 0,
    group_by: Any = None,
    groups: Any = None,
    channels: Literal["first", "last"] = "last",
) -> Dataset:
    """Return the dataset of inputs and their targets.

    Args:
        inputs: See `dataset`; no table.
        target: One value for each input.
        test: The share that is held out, stratified by class. Or a test part of your own, as
            `(inputs, target)`.
        valid: A validation part of your own, as `(inputs, target)`. None: drawn from the rest.
        seed: Of the parts.
        group_by: What must not be on both sides of a split: one value for each input, such as
            its speaker; or the name of one of `groups`.
        groups: Who or what each input comes from: values by name, as in
            `{"speaker": [...], "room": [...]}`.
        channels: Where arrays have their channels: "last", [N, T, C], each step together; or
            "first", [N, C, T], as aeon and sktime have them.

    Raises:
        InputError: As `dataset`.
    """
    named, apart = _groups(groups, group_by)
    train, encoder, what = _examples(inputs, target, channels, "", named)
    kind, name = type(encoder), next(iter(train.targets))
    parts = {}
    for part, pair in (("test", test), ("valid", valid)):
        if isinstance(pair, tuple):
            held, other, words = _examples(*pair, channels, f" of the {part} part", {}, name)
            if type(other) is not kind or _width(held) != _width(train):
                raise InputError(f"The {part} part needs what the data are, {what}; it is {words}.")
            parts[part] = held
    values = train.targets[name]
    head = suggested(values)
    kinds = "" if head == "regression" else f", {len(np.unique(np.asarray(values).astype(str)))} "
    kinds += "" if head == "regression" else "classes"
    if isinstance(test, tuple):
        how = f"a test part of {len(parts['test']):,} as given"
    else:
        train, parts["test"], how = held_out(train, test=test, seed=seed, group_by=apart)
    return Dataset(
        train=train,
        test=parts["test"],
        valid=parts.get("valid"),
        encoder=encoder,
        group_by=apart,
        head=head,
        notes=(f"{what}, target {name!r}{kinds}; {how}",),
        family="texts" if kind is TextEncoder else "sequences",
    )


def _checked(options: Mapping[str, Any], inputs: Any, target: Any, dropped: Seq[str] = ()) -> Any:
    """Return the dataset of inputs and options, once these are known to be right."""
    from seqmodels.core.arguments import checked  # pydantic takes a moment to import

    mine = {key: value for key, value in options.items() if key not in dropped}
    for key in ("test", "valid"):
        if isinstance(mine.get(key), list):
            mine[key] = tuple(mine[key])
    for key in {"inputs", "target"} & set(mine):
        raise InputError(f"Unknown argument {key!r} of data in memory: give it by its place.")
    return whole(inputs, target, **checked(whole, mine, "data in memory"))


def _examples(
    inputs: Any,
    target: Any,
    channels: str,
    where: str,
    groups: Mapping[str, Any],
    named: str | None = None,
) -> tuple[Examples, Encoder, str]:
    """Return the examples of one part, the encoder that reads them, and what they are in words."""
    if target is None:
        raise InputError(
            "Data in memory need their targets, one for each row: read(inputs, targets), or of a "
            "table the name of the column: read(table, 'label')."
        )
    rows = rows_of(inputs, channels, where)
    values, name = _values(target, len(rows), where)
    for group, members in groups.items():
        if len(members) != len(rows):
            raise InputError(
                f"Group {group!r} needs one value for each row, got {len(members)} for {len(rows)}."
            )
    examples = Examples(rows, {named or name: values}, groups=groups)
    if not isinstance(rows, Sequences):
        column = getattr(inputs, "name", None)  # of a table, or of what pandas calls a Series
        where = "" if column is None else f"text column {str(column)!r}, "
        return examples, TextEncoder(), f"{where}{len(rows):,} texts"
    least, most = int(rows.lengths.min()), int(rows.lengths.max())
    steps = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    wide = rows.values.shape[1]
    said = f"{len(rows):,} sequences of {steps} steps, {wide} channel{'s' if wide > 1 else ''}"
    return examples, SeriesEncoder(), said


def _values(target: Any, rows: int, where: str) -> tuple[Any, str]:
    """Return the targets without what pandas adds, [N] or [N, D], and their name."""
    name = str(getattr(target, "name", None) or "target")
    if isinstance(target, str | bytes) or not hasattr(target, "__len__"):
        raise InputError(
            f"Targets{where} need to be a list, an array or a pandas Series with a value for each "
            f"row, got {target!r}. The name of a column goes with a table only."
        )
    if len(target) != rows:
        raise InputError(
            f"The targets{where} need one value for each of the {rows} rows, got {len(target)}."
        )
    if hasattr(target, "columns"):
        missing = np.asarray(target.isna()).any(axis=1)
        values = target.reset_index(drop=True)
    else:
        try:
            values = np.asarray(unmasked(target))
        except ValueError:  # lists of unequal length
            values = np.empty(rows, object)
            values[:] = list(target)
        if values.ndim > 1 and values.shape[1:] == (1,):
            values = values[:, 0]
        missing = _missing(values)
    if missing.any():
        lost = np.flatnonzero(missing)
        raise InputError(
            f"The target{where} is missing in row {some(lost.tolist())} (counted from 0). Leave "
            f"such rows out, or fill them in."
        )
    if not hasattr(values, "columns") and values.dtype.kind == "O":
        kinds = {type(one).__name__ for one in values.ravel()}
        if kinds & {"list", "ndarray", "dict", "tuple", "set"}:
            raise InputError(
                f"Targets{where} need one label or number for each row, got {values[0]!r} in row 0."
            )
        values = np.array(values.tolist()) if len(kinds) == 1 else values
    return values, name


def _missing(values: np.ndarray) -> np.ndarray:
    """Return which rows lack a target, [N]."""
    if values.dtype.kind == "f":
        lost = ~np.isfinite(values)
    elif values.dtype.kind == "O":
        import pandas as pd

        lost = np.array(pd.isna(values), bool)
    else:
        lost = np.zeros(values.shape, bool)
    return np.asarray(lost.reshape(len(lost), -1).any(axis=1))


def _groups(groups: Any, group_by: Any) -> tuple[dict[str, Any], str | None]:
    """Return groups by name, and the one that the parts do not share."""
    named: dict[str, Any] = {}
    if isinstance(groups, Mapping):
        named = {str(name): np.asarray(values) for name, values in groups.items()}
    elif groups is not None:
        named = {str(getattr(groups, "name", None) or "group"): np.asarray(groups)}
    if group_by is None:
        apart = None if isinstance(groups, Mapping) else next(iter(named), None)
    elif isinstance(group_by, str):
        apart = group_by
    else:
        apart = str(getattr(group_by, "name", None) or "group")
        named[apart] = np.asarray(group_by)
    return named, apart


def _width(examples: Examples) -> int:
    values = getattr(examples.inputs, "values", None)
    return 0 if values is None else values.shape[1]
