"""Whole sequences of numbers with a class or a number each: the usual archives, read as they are.

Formats: .ts of sktime and aeon, .tsv and .txt of the UCR archive, .arff, tables with a sequence
in each row, and folders with a file for each sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.data.parts import Seed, Share, held_out, suggested
from seqmodels.data.presets import TOGETHER
from seqmodels.data.sequences import files
from seqmodels.data.sequences.cases import Case, Cases
from seqmodels.data.sequences.gaps import Missing, filled
from seqmodels.data.sequences.inputs import inputs
from seqmodels.data.sequences.labels import classes, values_of
from seqmodels.encoders.series import SeriesEncoder

# Shapes tell classes apart, small ones and large ones, of sequences that are loud or quiet. Found
# on training parts of the UCR archive, a third or two of each held out: with segments of 8 steps, 2
# apart, six sets were answered worse, by 0.5 to 5 hundredths.
_DEFAULT: Mapping[str, Any] = {
    "backbone.bidirectional": True,
    "backbone.input_views": True,
    "backbone.segment_length": 4,
    "backbone.segment_stride": 1,
    "backbone.max_segments": 64,
    "backbone.segment_scales": 5,
    "backbone.embed": 64,
    "backbone.random_convolutions": 480,
    "training.average": 5,
    "training.decay": 1.0,
    "training.valid": 0.03,  # few cannot tell when to stop, and are missed where there are few
}


def look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Return what is to be decided before the sequences at a path are read, or None."""
    source = files.find(path, given)
    return None if source is None else Found(source.arguments, source.head())


@register_dataset(
    "sequences",
    tasks={
        "multiclass": Task(None, "which class a sequence is of"),
        "binary": Task(None, "which of two classes a sequence is of"),
        "regression": Task(None, "the number that belongs to a sequence"),
    },
    presets={"default": _DEFAULT, "best": TOGETHER},
    look=look,
    inputs=inputs,
)
def sequences(
    path: str | Path | None = None,
    *,
    target: str | None = None,
    channels: tuple[str, ...] | None = None,
    labels: str | None = None,
    missing: Missing = "refuse",
    parts: Literal["published", "drawn"] = "published",
    test: Share = 0.2,
    seed: Seed = 0,
    group_by: str | None = None,
    encoding: str = "utf-8",
) -> Dataset:
    """Whole sequences of numbers with a class or a number each, of equal or unequal lengths.

    Read are: .ts files; rows of numbers with a label first or last, as in the UCR archive; .arff
    files; tables with a column for each step; JSON lines and Parquet with a list of numbers in a
    cell; folders with one table for each sequence, whose labels are in a table beside them, or are
    the names of their folders. Files NAME_TRAIN and NAME_TEST are the two parts as they were
    published. Targets: the one in the file, called "label" or "value" where the format has no
    name for it.

    Args:
        path: A file, one of the two files of a set, or a folder.
        target: The column of labels; "first" or "last" where rows have no names.
        channels: Names of the channels. Of files with named columns, those to read, in order.
            Of rows of numbers, how many make a step: "x,y" reads x1, y1, x2, y2, ... Of cells
            with lists, the columns that hold them.
        labels: The table of labels, by its name in the folder.
        missing: What to do with values that are not there, and with channels shorter than the
            others of their sequence. "interpolate": a line between its neighbours, or the
            nearest value at either end; "previous": the last known value, at the start the
            first one; "skip": leave such steps out; "drop": leave such sequences out.
        parts: "published": train and test as they came, where they did; "drawn": all
            sequences together, and the parts drawn anew.
        test: Share of the test part, where it is drawn.
        seed: Of the draw.
        group_by: A column such as "subject" of which no value is in both parts.
        encoding: Of the labels and names.

    Raises:
        InputError: The path holds no sequences, they are broken (names file and line), or the
            data have what `missing` refuses.
    """
    if path is None:
        raise InputError(
            "Dataset 'sequences' needs files: give path= (on the command line --data) a .ts, "
            ".tsv or .arff file, a table, lists of numbers in JSON lines, or a folder of them."
        )
    place = Path(path).expanduser()
    given = {"target": target, "channels": channels, "labels": labels, "encoding": encoding}
    source = files.find(place, given) if place.exists() else None
    if source is None:
        raise InputError(
            f"Dataset 'sequences' finds none in {str(place)!r}: no .ts, .arff, rows of numbers "
            f"with a label, lists of numbers, or tables with one sequence each."
            if place.exists()
            else f"There is no file or folder {str(place)!r}."
        )
    read = {part: source.read(one) for part, one in source.paths.items()}
    first = next(iter(read.values()))
    for other in read.values():
        _refuse_other_channels(first, other)
    rows = [(part, case) for part, cases in read.items() for case in cases.rows]
    names = _names(first, channels)
    kept, values = filled(rows, missing, names)
    targets = values_of([case.label for _, case in kept], first.numeric)
    known = [case.part or (part if part != "all" else None) for part, case in kept]
    examples = _examples(first.target, kept, targets, values)
    cut, how = _parts(examples, known, parts, test=test, seed=seed, group_by=group_by)
    head = suggested(targets) if first.numeric is not False else classes(len(set(targets)))
    notes = [note for cases in read.values() for note in cases.notes]
    left = [f"{len(rows) - len(kept):,} sequences with missing values left out"]
    says = _says(examples, first, values, how, [one.name for one in source.paths.values()])
    return Dataset(
        train=cut["train"],
        valid=cut.get("valid"),
        test=cut["test"],
        encoder=SeriesEncoder(columns=names),
        group_by=group_by,
        head=head,
        notes=(says, *notes, *(left if len(kept) < len(rows) else [])),
    )


def _refuse_other_channels(first: Cases, other: Cases) -> None:
    one, two = first.rows[0], other.rows[0]
    if one.values.shape[1] != two.values.shape[1]:
        raise InputError(
            f"{two.where}: {two.values.shape[1]} channels, where {one.where} has "
            f"{one.values.shape[1]}. Both parts need the same."
        )


def _names(cases: Cases, channels: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the names of the channels: the user's, the file's, or none."""
    if cases.named:
        return cases.channels
    width = cases.rows[0].values.shape[1]
    if channels is not None and len(channels) != width:
        raise InputError(
            f"channels= names {len(channels)} channels, {some(channels)}; the sequences "
            f"have {width}."
        )
    if channels is not None and len(set(channels)) < len(channels):
        raise InputError(f"channels= names one twice: {some(channels)}.")
    return channels or cases.channels


def _examples(
    name: str, rows: list[tuple[str, Case]], targets: Any, values: list[np.ndarray]
) -> Examples:
    keys = [key for key, _ in rows[0][1].groups]
    return Examples(
        values,
        {name: targets},
        groups={key: [dict(case.groups).get(key, "") for _, case in rows] for key in keys},
    )


def _parts(
    examples: Examples,
    known: list[str | None],
    parts: str,
    *,
    test: float,
    seed: int,
    group_by: str | None,
) -> tuple[dict[str, Examples], str]:
    """Return the parts by name, and how they came about."""
    if parts == "published" and "test" in known:
        if None in known or "train" not in known:
            where = known.index(None) if None in known else 0
            raise InputError(
                f"Parts need 'train' or 'test' for every sequence; sequence {where} (counted "
                f"from 0) has {known[where]!r}. Or draw them: --set dataset.parts=drawn."
            )
        if group_by is not None:
            _refuse_shared(examples, known, group_by)
        places = {
            part: [i for i, one in enumerate(known) if one == part]
            for part in ("train", "valid", "test")
        }
        found = {part: examples.take(rows) for part, rows in places.items() if rows}
        counts = ", ".join(f"{len(part):,} {name}" for name, part in found.items())
        return found, f"parts as published: {counts}"
    train, rest, how = held_out(examples, test=test, seed=seed, group_by=group_by)
    return {"train": train, "test": rest}, how


def _refuse_shared(examples: Examples, known: list[str | None], group_by: str) -> None:
    """Refuse published parts that share a group which is to be on one side."""
    if group_by not in examples.groups:
        raise InputError(f"No group {group_by!r} (group_by=). There are {some(examples.groups)}.")
    values = examples.groups[group_by]
    sides = [{v for v, part in zip(values, known, strict=True) if (part == "test") == side}
             for side in (True, False)]  # fmt: skip
    if shared := sides[0] & sides[1]:
        raise InputError(
            f"The published parts share {group_by} {some(sorted(shared))}. Draw them anew: --set "
            f"dataset.parts=drawn."
        )


def _says(
    examples: Examples, cases: Cases, values: list[np.ndarray], how: str, names: list[str]
) -> str:
    lengths = [len(one) for one in values]
    steps = f"{min(lengths):,}" + (f" to {max(lengths):,}" if len(set(lengths)) > 1 else "")
    width = values[0].shape[1]
    targets = examples.target(cases.target)
    kinds = "numbers" if isinstance(targets, np.ndarray) else f"{len(set(targets)):,} classes"
    return (
        f"{' and '.join(names)}: {len(values):,} sequences of {steps} steps, "
        f"{width} channel{'s' if width > 1 else ''}, target {cases.target!r}, {kinds}; {how}"
    )
