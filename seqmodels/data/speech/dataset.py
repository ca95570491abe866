"""Folders of sound files: which word was spoken, who spoke, or whatever their names tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt

from seqmodels.core import sound
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.data.parts import Seed, Share, suggested
from seqmodels.data.presets import TOGETHER
from seqmodels.data.speech import labels as _labels
from seqmodels.data.speech import recordings
from seqmodels.data.speech.parts import Labelled, divide
from seqmodels.data.speech.recordings import Files
from seqmodels.encoders.speech import SpeechEncoder

WIDEST = 16_000  # hertz; higher rates hold little that tells words apart
ENTITIES = ("speaker", "speaker_id", "client_id", "subject", "actor", "fsid", "src_file", "singer")


def look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Return how a folder of sound files is read, or None where there are hardly any."""
    if path.is_file():
        if path.suffix.lower() in sound.ENDINGS:
            if not sound.is_sound(path):
                sound.header(path)  # says what is wrong with it
            raise InputError(
                f"{str(path)!r} is one recording. Training needs many: give the folder. A trained "
                f"model answers for one: `seqmodels predict RUN {path.name}`."
            )
        return None
    files = recordings.sounds(path)
    if len(files.names) <= files.others / 10 or not files.names:
        return None
    known = {name: given.get(name) for name in ("pattern", "labels", "target", "encoding")}
    found = _labelled(files, **known)
    return Found(found.arguments, suggested(found.fields[found.target]))


@register_dataset(
    "speech",
    tasks={
        "multiclass": Task(None, "which word, speaker, ... it is"),
        "binary": Task(None, "which of the two it is"),
        "regression": Task(None, "the number that belongs to the recording"),
    },
    presets={
        "default": {
            "backbone.units": 64,
            "backbone.bidirectional": True,
            "backbone.summary": "both",
            "backbone.dropout": 0.3,
            "training.epochs": 30,
            "training.batch_size": 32,
            "training.learning_rate": 2e-3,
            "training.patience": 10,
            "training.average": 3.0,
        },
        "best": TOGETHER,
    },
    look=look,
)
def speech(
    path: str | Path | None = None,
    *,
    pattern: str | None = None,
    labels: str | None = None,
    target: str | None = None,
    test: Share = 0.2,
    test_where: str | None = None,
    seed: Seed = 0,
    group_by: str | None = None,
    rate: Annotated[int, Ge(100)] | None = None,
    bands: Annotated[int, Ge(1), Le(1000)] = 40,
    trim: Annotated[float, Gt(0)] | None = None,
    length: Annotated[int, Ge(1)] | None = None,
    tempo: Annotated[float, Ge(0), Lt(1)] = 0.15,
    gain: Annotated[float, Ge(0), Le(300)] = 6.0,
    masks: Annotated[float, Ge(0), Lt(1)] = 0.2,
    encoding: str | None = None,
) -> Dataset:
    """A folder of WAV or FLAC files, each with a label: words, speakers, sounds.

    The label comes from the names of the files (`pattern`), from a table (`labels`), or from the
    folders that they lie in. With nothing given the names are looked at; where several parts of
    them may be the label, the error shows the patterns to choose from.

    The test part is what `testing_list.txt` (of Speech Commands) or folders called train and test
    say, else `test_where`, else a share drawn with equal shares of each label. Folders called
    `_background_noise_` are left out. Of several channels the mean is read.

    The heads: multiclass names the label; binary tells one of two; regression reads a column of
    numbers, such as an age.

    Args:
        path: The folder; what is below it is read too.
        pattern: How paths are made, as in `{label}_{speaker}_{index}.wav` or `{speaker}/{label}/*`.
            `{name:2}` is two characters, `*` anything; the ending may be left out.
        labels: A table, from the folder: one column names files.
        target: The field of the pattern, or the column of the table, that is predicted. None:
            "label", or what a table calls so.
        test: Share of the test part.
        test_where: The test part by a field instead: `index in 0-4` or `speaker in theo,lucas`.
        seed: Same seed, same parts.
        group_by: A field or column, such as "speaker", of which no value is in two parts.
        rate: Samples a second that are read, in hertz. None: those of most files, 16,000 at most.
        bands: Channels of a step; see `SpeechEncoder`.
        trim: Cut silence from both ends: what is so many decibels below the loudest moment.
        length: Frames of 10 ms to read at most, from the start. None: all.
        tempo: Share by which recordings are slower or faster while a model learns; as the two that
            follow, augmentation in training. See `SpeechEncoder`. 0: not at all.
        gain: Decibels by which they are louder or softer.
        masks: Share of the frames, and of the bands, that may be hidden.
        encoding: Of the table. None: UTF-8.

    Raises:
        InputError: There are no recordings, they cannot be read, or what is predicted is not clear.
    """
    if path is None:
        raise InputError("Dataset 'speech' needs a folder of sound files: --data FOLDER (path=).")
    root = Path(path).expanduser()
    if not root.is_dir():
        raise InputError(f"Dataset 'speech' needs a folder of sound files, {str(root)!r} is none.")
    files = recordings.sounds(root)
    if not files.names:
        raise InputError(
            f"The folder {str(root)!r} holds no sound files: {some(sound.ENDINGS, 9)}."
        )
    found = _labelled(files, pattern=pattern, labels=labels, target=target, encoding=encoding)
    headers = _headers(found.files)
    rate = rate or min(WIDEST, Counter(one.rate for one in headers).most_common(1)[0][0])
    encoder = SpeechEncoder(
        rate=rate, bands=bands, trim=trim, length=length, tempo=tempo, gain=gain, masks=masks
    )
    every = Examples(
        [root / name for name in found.files.names],
        {found.target: found.fields[found.target]},
        groups=_groups(found, group_by),
    )
    divided, how = divide(found, every, test, test_where, seed, group_by)
    head = suggested(found.fields[found.target])
    kinds = len(set(found.fields[found.target]))
    what = "numbers" if head == "regression" else f"{kinds:,} classes"
    noise = f"; {files.noise} of {recordings.NOISE} left out" if files.noise else ""
    return Dataset(
        train=divided["train"],
        valid=divided.get("valid"),
        test=divided["test"],
        encoder=encoder,
        group_by=group_by,
        head=head,
        notes=(
            f"{_sound(headers, rate)}{noise}",
            f"target {found.target!r} from {found.says}, {what}, {len(every):,} recordings; {how}",
        ),
    )


def _labelled(
    files: Files,
    *,
    pattern: str | None,
    labels: str | None,
    target: str | None,
    encoding: str | None,
) -> Labelled:
    """Return what each recording is, by the user's choice, by a table, or by names and folders."""
    if pattern is not None and labels is not None:
        raise InputError("Give a pattern or a table of labels, not both (pattern=, labels=).")
    if labels is None and pattern is None:
        table = _labels.found(files.root, files.names)
        labels = None if table is None else str(table.relative_to(files.root))
    if labels is not None:
        place = files.root / Path(labels).expanduser()
        if not place.is_file():
            raise InputError(f"There is no table {str(place)!r} (labels=).")
        column, rows, columns = _labels.read(place, files.names, target, encoding)
        without = len(files.names) - len(rows)
        left = f" ({without:,} files without a row left out)" if without else ""
        kept = replace(files, names=tuple(files.names[i] for i in rows))
        return Labelled(
            kept, column, columns, f"{labels}{left}", {"labels": labels, "target": column}
        )
    if pattern is None:
        pattern = recordings.proposed(files, recordings.split_level(files))
    fields = recordings.fields(files, pattern)
    if target is None:
        target = "label" if "label" in fields else next(iter(fields))
        if target != "label" and len(fields) > 1:
            raise InputError(
                f"Which field of pattern={pattern!r} is to be predicted? Choose one with "
                f"--target: {some(fields)}; or call it label."
            )
    if target not in fields:
        raise InputError(f"pattern={pattern!r} has no field {target!r}. It has {some(fields)}.")
    return Labelled(files, target, fields, f"pattern {pattern!r}", {"pattern": pattern})


def _groups(found: Labelled, group_by: str | None) -> dict[str, list[str]]:
    """Return whom recordings are of; columns of a table only where their names say so."""
    groups = {}
    for name, values in found.fields.items():
        entity = name.lower() in ENTITIES
        if "pattern" in found.arguments:
            entity = entity or name.lower() not in recordings.INDEX
        if name == group_by or (entity and name != found.target):
            groups[name] = [str(value) for value in values]
    return groups


def _headers(files: Files) -> list[sound.Header]:
    """Return what each file says of itself.

    Raises:
        InputError: Some are broken; with the first of them.
    """
    headers, problems = [], []
    for name in files.names:
        try:
            headers.append(sound.header(files.root / name))
        except InputError as error:
            problems.append(str(error))
    if problems:
        more = len(problems) - 5
        raise InputError(problems[:5] + ([f"And {more:,} more files."] if more > 0 else []))
    return headers


def _sound(headers: Sequence[sound.Header], rate: int) -> str:
    """Return in words the number, duration and rate of the recordings, and what is converted."""
    seconds = sum((one.frames or 0) / one.rate for one in headers)
    lasts = f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"
    other = sum(one.rate != rate for one in headers)
    wide = sum(one.channels > 1 for one in headers)
    text = f"{len(headers):,} recordings, {lasts}, read at {rate:,} Hz"
    text += f" ({other:,} resampled)" if other else ""
    return text + (f", the mean of the channels of {wide:,}" if wide else "")
