"""Keras's imdb.npz without running what is in it: no pickle of it is trusted.

Its reviews are pickled. Here nothing but lists and whole numbers comes out of a pickle:
arrays and their types become inert stand-ins, and any other name in it is refused.
"""

import gc
import io
import json
import pickle
import re
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples

INDEX = "imdb_word_index.json"
_INDEX_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json"
CHUNK = 1000  # reviews whose ids are looked at together
_MOST_BYTES = 30_000_000  # of one part unpacked; the published ones have 14 million
_ARRAY_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how old protocols write the bytes b"b"
}

# What an array of lists of whole numbers is pickled as, by any protocol, texts aside. Left out is
# whatever takes memory that is only announced, such as a place in the memo far beyond those in use.
_STEPS = re.compile(
    rb"""(?: K. | M.. | J.{4} | I-?\d{1,10}\n       # whole numbers
           | [].eatlbRN0()\x85-\x89]               # lists, tuples, and what is made of them
           | q. | r..[\0-\3]\0 | p\d{1,5}\n | \x94  # into the memo, at 2**18 - 1 at most
           | h. | j.{4} | g\d{1,5}\n               # out of it
           | \x80. | \x95.{8} | \x93               # protocol, frame, a name on the stack
           | c[^\n]{1,99}\n[^\n]{1,99}\n           # a name
           | V[^\n]{0,99}\n                        # a text, as a line
         )*+""",
    re.DOTALL | re.VERBOSE,
)
_TEXT = re.compile(rb"[U\x8cC](.)|X(.)\0{3}", re.DOTALL)  # a short one, and how many bytes it has


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
        with zipfile.ZipFile(path) as archive, _collector_at_rest():
            train, test = (_part(path, archive, part, words) for part in ("train", "test"))
            return train, test
    except InputError:
        raise
    except Exception as error:  # damaged zips and array headers raise nearly anything
        raise _wrong(path, f"it does not unpack ({error})") from None


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Spare Python's collector: it would go through these millions of ids again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Inert:
    """Stands for an array and for its type: keeps what it is given and does nothing."""

    state: Any = None

    def __init__(self, *_: object):
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in _ARRAY_NAMES:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}")
        return _Inert


def _refuse_others(packed: bytes) -> None:
    """Refuse a pickle of anything but lists, or one that asks for memory before it brings data."""
    place = _STEPS.match(packed).end()  # type: ignore[union-attr]
    while place < len(packed):
        text = _TEXT.match(packed, place)
        if text is None:
            raise pickle.UnpicklingError(f"no list has the step {packed[place : place + 5]!r}")
        place = text.end() + ord(text[1] or text[2])
        place = _STEPS.match(packed, place).end()  # type: ignore[union-attr]


def _part(path: Path, archive: zipfile.ZipFile, part: str, words: list[str]) -> Examples:
    reviews = _reviews(path, _member(path, archive, f"x_{part}.npy"))
    labels = _labels(path, _member(path, archive, f"y_{part}.npy"))
    if len(reviews) != len(labels):
        raise _wrong(path, f"its {part} part has {len(reviews)} reviews, {len(labels)} labels")
    texts = []
    for start in range(0, len(reviews), CHUNK):
        texts += _texts(path, part, words, start, reviews[start : start + CHUNK])
    empty = [row for row, text in enumerate(texts) if not text]
    if empty:
        raise _wrong(path, f"its {part} part has reviews without a word, in row {some(empty)}")
    if set(labels) != {0, 1}:
        raise _wrong(path, f"its {part} part needs both labels, 0 and 1, got {some(set(labels))}")
    return Examples(texts, {"sentiment": ["pos" if label else "neg" for label in labels]})


def _texts(path: Path, part: str, words: list[str], start: int, reviews: list[array]) -> list[str]:
    """Return the text of each review; the first of them is row `start` of its part."""
    flat = np.concatenate([np.frombuffer(ids, np.int32) for ids in reviews])
    wrong = (flat < 1) | (flat >= len(words))
    if wrong.any():
        ends = np.cumsum([len(ids) for ids in reviews])
        row = int(np.searchsorted(ends, np.flatnonzero(wrong)[0], side="right"))
        raise _wrong(
            path,
            f"row {start + row} of its {part} part has ids from {min(reviews[row])} to "
            f"{max(reviews[row])}, and {INDEX} has the words 1 to {len(words) - 1}",
        )
    return ["".join(map(words.__getitem__, ids))[:-1] for ids in reviews]


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> tuple[np.dtype, int, bytes]:
    """Return the dtype, the length and the bytes of the values of a one-dimensional array."""
    try:
        told = archive.getinfo(name)
    except KeyError:
        have = some(archive.namelist())
        raise _wrong(path, f"it has no {name!r}, but {have or 'nothing'}") from None
    if told.file_size > _MOST_BYTES:
        raise _wrong(path, f"its {name!r} would unpack to {told.file_size:,} bytes")
    stream = io.BytesIO(archive.read(told))
    old = np.lib.format.read_magic(stream) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, _, kind = read(stream)
    if len(shape) != 1:
        raise _wrong(path, f"its {name!r} has the shape {shape}, not one dimension")
    return kind, shape[0], stream.read()


def _reviews(path: Path, member: tuple[np.dtype, int, bytes]) -> list[array]:
    """Return the ids of each review."""
    kind, _, packed = member
    if not kind.hasobject:
        raise _wrong(path, f"its reviews are {kind}, not lists of ids")
    try:
        _refuse_others(packed)
        rows = _Unpickler(io.BytesIO(packed)).load().state[-1]
        reviews, total = [], 0
        for row in rows:
            if not isinstance(row, list):
                raise TypeError(f"it has a {type(row).__name__} where a list of ids is due")
            total += len(row)
            if total > len(packed):  # one list many times over; an honest id takes a byte or more
                raise ValueError("it repeats itself beyond measure")
            reviews.append(array("i", row))
    except Exception as error:  # a damaged pickle raises nearly anything
        why = f"its pickled reviews are not lists of whole numbers: {error}"
        raise _wrong(path, f"{why}. Nothing in it was run") from None
    return reviews


def _labels(path: Path, member: tuple[np.dtype, int, bytes]) -> list[int]:
    kind, count, packed = member
    if kind.kind not in "iu" or len(packed) != count * kind.itemsize:
        raise _wrong(path, f"its labels need {count} whole numbers, got {len(packed)} B of {kind}")
    return np.frombuffer(packed, kind).tolist()


def _words(path: Path) -> list[str]:
    """Return each id's word and a space; the places of 0, which is no word, and "br" are empty."""
    here = f"Keras's imdb.npz needs its word list beside it, {path}"
    fetch = f"Fetch it from {_INDEX_URL}."
    if not path.is_file():
        raise InputError(f"{here}, which is missing. {fetch}")
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{here}, which is far too large. {fetch}")
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
        words = sorted(ids, key=ids.__getitem__)
        if not words or [ids[word] for word in words] != list(range(1, len(words) + 1)):
            raise ValueError("its ids do not count from 1 up")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{here}, which is no list of words: {error}. {fetch}") from None
    return ["", *("" if word == "br" else f"{word} " for word in words)]


def _wrong(path: Path, why: str) -> InputError:
    return InputError(f"Cannot read {path} as Keras's imdb.npz: {why}. Fetch the file again.")
