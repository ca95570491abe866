"""Keras's imdb.npz: pickled lists of word ids, which become reviews as texts; no pickle is run."""

import itertools
import json
import zipfile
from pathlib import Path

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.data import npz

INDEX = "imdb_word_index.json"
_INDEX_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json"
TOGETHER = 1000  # reviews whose words are looked up together
_MOST_BYTES = 30_000_000  # of one array unpacked; the published ones have 14 million


def read_npz(path: Path) -> tuple[Examples, Examples]:
    """Return the train and test part: reviews as words with spaces between, and `sentiment`.

    The ids are those of the file, 1 for the most frequent word, as the word list beside the
    file counts them; Keras's `load_data` shifts them later. The word "br", left over from
    `<br />`, is dropped. Words that are not on the list are missing from the file: none of
    the training reviews', one in ninety of the test reviews'.

    Raises:
        InputError: The file or its word list is missing, damaged or not what Keras publishes.
    """
    words = _words(path.with_name(INDEX))
    try:
        with zipfile.ZipFile(path) as archive:
            train, test = (_part(path, archive, part, words) for part in ("train", "test"))
            return train, test
    except InputError:
        raise
    except Exception as error:  # damaged zips and array headers raise nearly anything
        raise _wrong(path, f"it does not unpack ({error})") from None


def ids(path: Path, archive: zipfile.ZipFile, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the word ids of all reviews of a part, int32 [L], and the length of each, [N]."""
    kind, _, packed = _member(path, archive, f"x_{part}")
    if not kind.hasobject:
        raise _wrong(path, f"its reviews are {kind}, not lists of ids")
    try:
        return npz.integer_lists(packed)
    except Exception as error:  # a damaged pickle raises nearly anything
        why = str(error) or type(error).__name__
        raise _wrong(
            path,
            f"its pickled reviews are not lists of whole numbers: {why}. Nothing in it was run",
        ) from None


def labels(path: Path, archive: zipfile.ZipFile, part: str) -> list[int]:
    """Return the labels of a part: 1 for praise."""
    kind, count, packed = _member(path, archive, f"y_{part}")
    if kind.kind not in "iu" or len(packed) != count * kind.itemsize:
        raise _wrong(path, f"its labels need {count} whole numbers, got {len(packed)} B of {kind}")
    return np.frombuffer(packed, kind).tolist()


def _part(path: Path, archive: zipfile.ZipFile, part: str, words: np.ndarray) -> Examples:
    values, lengths = ids(path, archive, part)
    verdicts = labels(path, archive, part)
    if len(lengths) != len(verdicts):
        raise _wrong(path, f"its {part} part has {len(lengths)} reviews, {len(verdicts)} labels")
    ends = np.cumsum(lengths)
    outside = np.flatnonzero((values < 1) | (values >= len(words)))
    if len(outside):
        row = int(np.searchsorted(ends, outside[0], side="right"))
        inside = values[ends[row] - lengths[row] : ends[row]]
        raise _wrong(
            path,
            f"row {row} of its {part} part has ids from {inside.min()} to {inside.max()}, and "
            f"{INDEX} has the words 1 to {len(words) - 1}",
        )
    texts = _texts(values, ends, words)
    empty = [row for row, text in enumerate(texts) if not text]
    if empty:
        raise _wrong(path, f"its {part} part has reviews without a word, in row {some(empty)}")
    if set(verdicts) != {0, 1}:
        raise _wrong(path, f"its {part} part needs both labels, 0 and 1, got {some(set(verdicts))}")
    return Examples(texts, {"sentiment": ["pos" if label else "neg" for label in verdicts]})


def _texts(values: np.ndarray, ends: np.ndarray, words: np.ndarray) -> list[str]:
    """Return the reviews as texts, from their ids one after the other and where each ends."""
    texts: list[str] = []
    for first in range(0, len(ends), TOGETHER):
        part = [0 if first == 0 else int(ends[first - 1]), *ends[first : first + TOGETHER].tolist()]
        found = words[values[part[0] : part[-1]]].tolist()
        places = itertools.pairwise(end - part[0] for end in part)
        texts += ["".join(found[start:end])[:-1] for start, end in places]
    return texts


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> tuple[np.dtype, int, bytes]:
    """Return the dtype, the length and the bytes of the values of a one-dimensional array."""
    try:
        kind, shape, _, packed = npz.member(archive, name, _MOST_BYTES)
    except KeyError:
        have = some(archive.namelist())
        raise _wrong(path, f"it has no '{name}.npy', but {have or 'nothing'}") from None
    except ValueError as error:
        raise _wrong(path, str(error)) from None
    if len(shape) != 1:
        raise _wrong(path, f"its {name!r} has the shape {shape}, not one dimension")
    return kind, shape[0], packed


def _words(path: Path) -> np.ndarray:
    """Return each id's word and a space; those of 0, which is no word, and "br" are empty."""
    here = f"Keras's imdb.npz needs its word list beside it, {path}"
    fetch = f"Fetch it from {_INDEX_URL}."
    if not path.is_file():
        raise InputError(f"{here}, which is missing. {fetch}")
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{here}, which is far too large. {fetch}")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        words = sorted(index, key=index.__getitem__)
        if not words or [index[word] for word in words] != list(range(1, len(words) + 1)):
            raise ValueError("its ids do not count from 1 up")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{here}, which is no list of words: {error}. {fetch}") from None
    return np.array(["", *("" if word == "br" else f"{word} " for word in words)], object)


def _wrong(path: Path, why: str) -> InputError:
    return InputError(f"Cannot read {path} as Keras's imdb.npz: {why}. Fetch the file again.")
