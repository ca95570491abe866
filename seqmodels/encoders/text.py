"""Texts become the ids of their words."""

import functools
import io
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, repeat
from typing import Annotated, Literal, Self

import numpy as np
from annotated_types import Ge

from seqmodels.data import Encoder, Sequences, Spec, learned
from seqmodels.errors import InputError, some
from seqmodels.registry import register_encoder

UNKNOWN = 0  # the id of every word that is not in the vocabulary
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_SHOWN = 80  # characters of a text in tables


@register_encoder("text")
@dataclass(frozen=True, kw_only=True)
class TextEncoder(Encoder):
    """Lower-cased words, the most frequent first.

    A word is a run of letters, digits and the marks that belong to letters, in any script;
    apostrophes inside a word stay ("don't" is one word). Everything else parts words and is
    dropped. Scripts without spaces between words (Chinese, Japanese, Thai) need texts that
    were cut into words before.

    Ids: 0 is any word that is not in the vocabulary, and is a step like any other; 1 is the
    most frequent word of the training texts.

    Args:
        words: Ids in use at most, the unknown word's included, so that 5000 asks for an
            embedding of 5000 rows.
        length: Words of a text to read at most; None reads it whole.
        keep: Which end of a longer text is read.
        vocabulary: Learned. The i-th word has the id i + 1. Equally frequent words stand in
            alphabetical order.

    Raises:
        InputError: A value is out of its range.
    """

    words: Annotated[int, Ge(2)] = 20_000
    length: Annotated[int, Ge(1)] | None = 400
    keep: Literal["start", "end"] = "end"
    vocabulary: tuple[str, ...] | None = learned()

    def __post_init__(self) -> None:
        problems = []
        if not _whole(self.words, 2):
            problems.append(f"TextEncoder needs words from 2, got {self.words!r}.")
        if self.length is not None and not _whole(self.length, 1):
            problems.append(
                f"TextEncoder needs a length from 1, got {self.length!r}. None reads texts whole."
            )
        if self.keep not in ("start", "end"):
            problems.append(f"TextEncoder can keep 'start' or 'end', got {self.keep!r}.")
        if problems:
            raise InputError(problems)

    def fit(self, inputs: Sequence[str]) -> Self:
        """Return a copy whose vocabulary holds the most frequent words of `inputs`.

        Raises:
            InputError: There are no inputs, or one is not a text.
        """
        counts: Counter[str] = Counter()
        for text in _texts(inputs):
            counts.update(split_words(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return replace(self, vocabulary=tuple(ranked[: self.words - 1]))

    def encode(self, inputs: Sequence[str]) -> Sequences:
        """Return one sequence of ids [L] int32 per text.

        Raises:
            InputError: There are no inputs, or one is not a text or has no word in it.
        """
        ids = {word: i for i, word in enumerate(self._vocabulary(), start=UNKNOWN + 1)}
        texts = _texts(inputs)
        flat, lengths = array("i"), []
        for text in texts:
            words = split_words(text)
            if self.length is not None and len(words) > self.length:
                words = words[-self.length :] if self.keep == "end" else words[: self.length]
            flat.extend(map(ids.get, words, repeat(UNKNOWN)))
            lengths.append(len(words))
        empty = [i for i, length in enumerate(lengths) if length == 0]
        if empty:
            raise InputError(
                f"A text needs at least one word; row {some(empty)} (counted from 0) has none: "
                f"{some([self.show(texts[i]) for i in empty])}. Leave such rows out."
            )
        steps = np.array(lengths, dtype=np.int64)  # [N]
        return Sequences(np.array(flat, dtype=np.int32), np.cumsum(steps) - steps, steps)

    @property
    def spec(self) -> Spec:
        """The ids in use: the vocabulary and the unknown word."""
        return Spec(vocabulary=len(self._vocabulary()) + 1)

    def read(self, text: str) -> list[str]:
        """Return the lines of `text`, each a text of its own; blank ones at the end are not."""
        return [line.strip() for line in io.StringIO(text.rstrip(), newline=None)]

    def show(self, example: str) -> str:
        """Return the text in one line of at most 80 characters."""
        line = " ".join(example.split())
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"

    def _vocabulary(self) -> tuple[str, ...]:
        if self.vocabulary is None:
            raise InputError("TextEncoder has no vocabulary yet. Call fit, or give vocabulary=.")
        return self.vocabulary


def split_words(text: str) -> list[str]:
    """Return the lower-cased words of a text; see `TextEncoder` for what a word is."""
    if text.isascii():  # most English texts; some five times as quick
        return _ASCII_WORD.findall(text.lower())
    composed = unicodedata.normalize("NFC", text.lower())  # "é" in one or two characters alike
    return _word().findall(composed.replace("\u2019", "'").replace("_", " "))


@functools.cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a word; letters alone would cut words at vowel signs and accents."""
    joiners = "\u200c\u200d"  # inside Persian and Indic words
    marks = (c for c in map(chr, range(0x300, 0x20000)) if unicodedata.category(c) in ("Mn", "Mc"))
    inside = rf"[\w{joiners}{''.join(marks)}]"
    return re.compile(rf"\w{inside}*(?:'{inside}+)*")


def _texts(inputs: Sequence[str]) -> list[str]:
    """Return the inputs as a list, once it is sure that each is a text."""
    if isinstance(inputs, str):
        raise InputError(
            f"TextEncoder needs a list of texts, got one text: {inputs[:60]!r}. Put it in a list."
        )
    texts = list(inputs)
    if not texts:
        raise InputError("TextEncoder needs at least one text, got none.")
    wrong = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        got = [f"{type(texts[i]).__name__} {str(texts[i])[:30]}" for i in islice(wrong, 5)]
        raise InputError(
            f"TextEncoder needs texts; row {some(wrong)} (counted from 0) is none: {some(got)}. "
            f"Leave such rows out, or turn them into text."
        )
    return texts


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
