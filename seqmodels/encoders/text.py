"""Texts become the ids of their words."""

import functools
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Literal, Self

import numpy as np
from annotated_types import Ge

from seqmodels.data import Encoder, Sequences, Spec, learned
from seqmodels.encoders import splitting
from seqmodels.errors import InputError, some
from seqmodels.registry import register_encoder

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
        if self.vocabulary is not None and len(set(self.vocabulary)) < len(self.vocabulary):
            twice = [word for word, n in Counter(self.vocabulary).items() if n > 1]
            problems.append(f"TextEncoder needs each word once in vocabulary; twice: {some(twice)}")
        if problems:
            raise InputError(problems)

    def fit(self, inputs: Sequence[str]) -> Self:
        """Return a copy whose vocabulary holds the most frequent words of `inputs`.

        Raises:
            InputError: There are no inputs, or one is not a text.
        """
        counts = splitting.count(_texts(inputs))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return replace(self, vocabulary=tuple(ranked[: self.words - 1]))

    def encode(self, inputs: Sequence[str]) -> Sequences:
        """Return one sequence of ids [L] per text, in two bytes each where the ids fit.

        Raises:
            InputError: There are no inputs, or one is not a text or has no word in it.
        """
        texts = _texts(inputs)
        flat, steps = splitting.ids(texts, self._index, self.length, self.keep == "end")
        empty = np.flatnonzero(steps == 0).tolist()
        if empty:
            raise InputError(
                f"A text needs at least one word; row {some(empty)} (counted from 0) has none: "
                f"{some([self.show(texts[i]) for i in empty])}. Leave such rows out."
            )
        small = np.uint16 if len(self._vocabulary()) < 2**16 else np.int32
        return Sequences(flat.astype(small), np.cumsum(steps) - steps, steps)

    @property
    def spec(self) -> Spec:
        """The ids in use: the vocabulary and the unknown word."""
        return Spec(vocabulary=len(self._vocabulary()) + 1)

    def read(self, text: str) -> list[str]:
        """Return the lines of `text`, each a text of its own; blank ones at the end are not."""
        return [line.strip() for line in io.StringIO(text.rstrip(), newline=None)]

    def show(self, example: str) -> str:
        """Return the text in one line of at most 80 characters."""
        line = " ".join(example.split(None, _SHOWN))  # more words than that cannot be seen
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"

    @functools.cached_property
    def _index(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self._vocabulary(), start=splitting.UNKNOWN + 1)}

    def _vocabulary(self) -> tuple[str, ...]:
        if self.vocabulary is None:
            raise InputError("TextEncoder has no vocabulary yet. Call fit, or give vocabulary=.")
        return self.vocabulary


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
