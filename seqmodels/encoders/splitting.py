"""Texts are split into words, counted or looked up; compiled where there was a compiler."""

import functools
import re
import unicodedata
from array import array
from collections import Counter
from itertools import repeat

import numpy as np

try:  # the same words without it
    from seqmodels.encoders import _words
except ImportError:
    _words = None

UNKNOWN = 0  # the id of every word that is not in the vocabulary
FEW = 64  # texts for which the compiled look-up is not worth its table of the vocabulary
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def split(text: str) -> list[str]:
    """Return the lower-cased words of a text; see `TextEncoder` for what a word is."""
    if text.isascii():  # most English texts; some five times as quick
        return _ASCII_WORD.findall(text.lower())
    return _word().findall(_clean(text))


def count(texts: list[str]) -> dict[str, int]:
    """Return how often each word occurs."""
    if _words is not None:
        return _words.count(texts, _clean, _flags())
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split(text))
    return counts


def ids(
    texts: list[str], index: dict[str, int], length: int | None, from_end: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids of all texts, one after the other [L], and how many are of each [N].

    Args:
        texts: To split.
        index: The id of each word of the vocabulary, counted from 1 in the order of the dict.
        length: Words of a text at most; None: all.
        from_end: Leave out a longer text's first words, not its last.
    """
    if _words is not None and len(texts) >= FEW:
        most = -1 if length is None else length
        flat, steps = _words.ids(texts, _clean, _flags(), tuple(index), most, from_end)
        return np.frombuffer(flat, np.int32), np.frombuffer(steps, np.int32).astype(np.int64)
    found, lengths = array("i"), []
    for text in texts:
        words = split(text)
        if length is not None and len(words) > length:
            words = words[-length:] if from_end else words[:length]
        found.extend(map(index.get, words, repeat(UNKNOWN)))
        lengths.append(len(words))
    return np.array(found, dtype=np.int32), np.array(lengths, dtype=np.int64)


def _clean(text: str) -> str:
    composed = unicodedata.normalize("NFC", text.lower())  # "é" in one or two characters alike
    return composed.replace("\u2019", "'").replace("_", " ")


@functools.cache
def _marks() -> str:
    """Return what is no letter and stands inside words: vowel signs, accents, joiners."""
    joiners = "\u200c\u200d"  # inside Persian and Indic words
    marks = (c for c in map(chr, range(0x300, 0x20000)) if unicodedata.category(c) in ("Mn", "Mc"))
    return joiners + "".join(marks)


@functools.cache
def _word() -> re.Pattern[str]:
    inside = rf"[\w{_marks()}]"
    return re.compile(rf"\w{inside}*(?:'{inside}+)*")


@functools.cache
def _flags() -> bytes:
    """Return the marks as one byte for each character: 1 for a mark."""
    flags = bytearray(0x20000)
    for mark in _marks():
        flags[ord(mark)] = 1
    return bytes(flags)
