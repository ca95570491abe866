"""The newest steps of each series in a table, read as those of training were, for `predict`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.series.columns import columns_of
from seqmodels.data.series.large import LargeTable
from seqmodels.data.series.loading import columns_asked, in_steps, loaded, names_of, used
from seqmodels.data.series.numerals import refuse_doubt
from seqmodels.data.series.samples import sample_of
from seqmodels.data.series.steps import Steps, steps_of
from seqmodels.data.series.tables import absent_columns, find_table
from seqmodels.data.series.telling import apart

MOST = 2**20  # steps of an input at most, where no window is known


def newest(path: Path, **arguments: Any) -> list[Any] | None:
    """Return the last steps of each series in a table, a DataFrame each; see `Source.inputs`.

    Args:
        path: A table with the columns that a run reads, or a folder that holds `file`.
        **arguments: Those of `series`.

    Returns:
        In the order of the series, whose name is in `attrs["series"]` where there are several;
        `attrs["until"]` is the time of the last step, in words.
        None where it is no table, or one without its times, whose rows are taken as they come.

    Raises:
        InputError: A column is missing, a cell cannot be read, or there are several series where
            one is due.
    """
    import pandas as pd

    place = find_table(path, arguments.get("file") if path.is_dir() else None)
    how = {key: arguments.get(key) for key in ("encoding", "delimiter", "quotes", "decimal")}
    if _begins_with_list(place) or sample_of(place, how) is None:
        return None
    asked = columns_asked(arguments)
    reads = names_of(arguments.get("inputs"))
    asked["target"] = asked["target"] if asked["layout"] == "columns" else reads or asked["target"]
    frame, name = loaded(place, how)
    several = asked["group"] or asked["layout"]
    if not several and not set(asked["time"]) <= set(frame.columns):
        return None
    problems = absent_columns(
        frame, name, {key: asked[key] for key in ("time", "group")} | {"inputs": asked["target"]}
    )
    if problems:
        raise InputError(problems)
    shown = frame.sample if isinstance(frame, LargeTable) else frame
    doubt = shown.attrs.get("doubt", {})
    found = columns_of(shown, name, **asked)
    if found is None:
        return None
    refuse_doubt(name, doubt, used(found))
    frame, times, aims, groups = in_steps(frame, name, found, asked["group"])
    columns = reads or aims
    if arguments.get("duplicates", "refuse") == "refuse" and not groups:
        _refuse_several(frame, name, times, columns)
    steps = steps_of(
        frame,
        name,
        time=times,
        columns=columns,
        group=groups,
        missing=arguments.get("missing", "refuse"),
        duplicates=arguments.get("duplicates", "refuse"),
        irregular=arguments.get("irregular", "refuse"),
    )
    words, inputs = steps.words(), []
    for number, part in _ends(steps, arguments.get("window") or MOST):
        known = {} if steps.names is None else {"series": steps.names[number]}
        if len(words):  # those of a table on disk are not kept
            until = str(words[steps.rows[part.stop - 1]])
            known["until"] = until.removesuffix(f" of {known.get('series')}")
        inputs.append(pd.DataFrame(np.asarray(steps.values[part]), columns=pd.Index(columns)))
        inputs[-1].attrs.update(known)
    return inputs


def _begins_with_list(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def _ends(steps: Steps, window: int) -> Iterator[tuple[int, slice]]:
    """Yield the number of each series that has steps, and where its last ones are."""
    counts = np.bincount(np.asarray(steps.groups), minlength=len(steps.names or (0,)))
    ends = np.cumsum(counts)
    firsts = np.maximum(ends - window, ends - counts)
    for number, (first, end) in enumerate(zip(firsts.tolist(), ends.tolist(), strict=True)):
        if end > first:
            yield number, slice(first, end)


def _refuse_several(frame: Any, name: str, time: tuple[str, ...], reads: tuple[str, ...]) -> None:
    """Refuse times that come again, for a run that knows of one series only."""
    shown = frame.sample if isinstance(frame, LargeTable) else frame
    again = int(shown.duplicated(list(time)).sum())
    if not again:
        return
    keys = apart(shown, time, reads)
    start = f"{again} of the {len(shown)} rows of {name} have a time that was there before"
    if keys:
        raise InputError(
            f"{start}: it holds several series, told apart by {some(keys)}, and the run was "
            f"trained on one. Give a table of one of them, or train again with --group "
            f"{','.join(keys)}."
        )
    raise InputError(
        f"{start}. The run was trained on one series, each time once, without group=: give a "
        f"table of one series."
    )
