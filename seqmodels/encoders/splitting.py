"""Splits texts into words, and counts or looks them up; uses compiled code if it was built."""

import contextlib
import functools
import heapq
import itertools
import operator
import re
import tempfile
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable
from itertools import repeat

import numpy as np

try:  # the same words without it
    import seqmodels.encoders._words as _words
except ImportError:
    _words = None

UNKNOWN = 0  # the id of every word that is not in the vocabulary
FEW = 64  # texts for which the compiled look-up is not worth its table of the vocabulary
LONG = 2**16  # characters of few texts for which it is
WORDS = 2**20  # different words that are counted in memory, some 100 MB
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def split(text: str) -> list[str]:
    """Return the lower-cased words of a text; `TextEncoder` defines a word."""
    if text.isascii():  # most English texts; some five times as quick
        return _ASCII_WORD.findall(text.lower())
    return _word().findall(_clean(text))


def places(text: str) -> list[tuple[int, int]]:
    """Return start and end of each word of `split` in the text; [] if unknown.

    Composing accents changes the length of some texts; their positions are then unknown.
    """
    clean = text.lower() if text.isascii() else _clean(text)
    if len(clean) != len(text):
        return []
    pattern = _ASCII_WORD if text.isascii() else _word()
    return [match.span() for match in pattern.finditer(clean)]


def frequent(pieces: Iterable[list[str]], most: int) -> list[str]:
    """Return the `most` frequent words, equally frequent ones in alphabetical order.

    Args:
        pieces: Lists of texts, so that not all texts are in memory at once. From `WORDS`
            different words on, sorted counts are stored on disk.
        most: Largest number of words to return.
    """
    counts: dict[str, int] = {}
    waiting: list[Iterable[str]] = []
    with contextlib.ExitStack() as stack:
        for texts in pieces:
            new = count(texts)
            if not counts:
                counts = new
            else:
                for word, times in new.items():
                    counts[word] = counts.get(word, 0) + times
            if len(counts) > WORDS:
                waiting.append(_written(counts, stack))
                counts = {}
        if not waiting:
            return _most_frequent(counts, most)
        waiting.append(_written(counts, stack))
        lines = heapq.merge(*(map(_parted, lines) for lines in waiting))
        words = itertools.groupby(lines, key=operator.itemgetter(0))
        totals = ((-sum(times for _, times in same), word) for word, same in words)
        return [word for _, word in heapq.nsmallest(most, totals)]


def _most_frequent(counts: dict[str, int], most: int) -> list[str]:
    """Return the `most` frequent words; only those that may be among them are sorted."""
    if most < len(counts):
        times = np.fromiter(counts.values(), np.int64, len(counts))
        least = np.partition(times, len(times) - most)[len(times) - most]
        counts = {word: count for word, count in counts.items() if count >= least}
    return sorted(counts, key=lambda word: (-counts[word], word))[:most]


def count(texts: list[str]) -> dict[str, int]:
    """Return the count of each word."""
    if _words is not None:
        return _words.count(texts, _clean, _flags())
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split(text))
    return counts


def ids(
    texts: list[str], index: dict[str, int], length: int | None, from_end: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids of all texts laid end to end [L], and the number of ids of each text [N].

    Args:
        texts: Texts to split.
        index: Id of each word of the vocabulary, counted from 1 in the order of the dict.
        length: Most words of a text; None: all.
        from_end: Keep the last words of a longer text instead of the first.
    """
    if _words is not None and (len(texts) >= FEW or sum(map(len, texts)) >= LONG):
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


def _written(counts: dict[str, int], stack: contextlib.ExitStack) -> Iterable[str]:
    """Write the counted words to a temporary file in alphabetical order, one line per word."""
    file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="\n")  # noqa: SIM115
    stack.enter_context(file)
    file.writelines(f"{word} {counts[word]}\n" for word in sorted(counts))
    file.seek(0)
    return file


def _parted(line: str) -> tuple[str, int]:
    word, _, times = line.rstrip("\n").partition(" ")  # no word has a space in it
    return word, int(times)


def _clean(text: str) -> str:
    composed = unicodedata.normalize("NFC", text.lower())  # "é" in one or two characters alike
    return composed.replace("\u2019", "'").replace("_", " ")


@functools.cache
def _marks() -> str:
    """Return the characters other than letters that belong to words: vowel signs, accents."""
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
