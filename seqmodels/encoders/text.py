"""Encodes texts as the ids of their words."""

import functools
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from annotated_types import Ge

from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_encoder
from seqmodels.core.sequences import Sequences
from seqmodels.core.storage import Writer
from seqmodels.encoders.splitting import UNKNOWN, frequent, ids, places

PIECE = 2**22  # characters of texts that are split together
ROWS = 2**16  # and texts, at most
_SHOWN = 80  # characters of a text in tables


@register_encoder("text")
@dataclass(frozen=True, kw_only=True)
class TextEncoder(Encoder):
    """Encodes lower-cased words as ids, ordered by frequency.

    A word is a run of letters, digits and the marks that belong to letters, in any script;
    apostrophes inside a word stay ("don't" is one word). All other characters separate words
    and are dropped. Texts in scripts without spaces between words (Chinese, Japanese, Thai) must
    be split into words before.

    Id 0 stands for every word outside the vocabulary; it is a step like any other. Id 1 is the
    most frequent word of the training texts.

    Args:
        words: Most ids in use, including that of unknown words: 5000 means an embedding of 5000
            rows.
        length: Most words of a text to read; None: all.
        keep: Which end of a longer text is read.
        vocabulary: Learned. The i-th word has the id i + 1. Equally frequent words are in
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
            InputError: There are no inputs, or an input is not a text.
        """
        words = frequent(_pieces(inputs), self.words - 1)
        return replace(self, vocabulary=tuple(words))

    def encode(self, inputs: Sequence[str]) -> Sequences:
        """Return one sequence of ids [L] per text, in two bytes each if the ids fit.

        Raises:
            InputError: There are no inputs, or an input is not a text or has no word.
        """
        small = np.uint16 if len(self._vocabulary()) < 2**16 else np.int32
        values, lengths = Writer(small), []
        empty: list[int] = []
        shown: list[str] = []
        row = 0
        for texts in _pieces(inputs):
            flat, steps = ids(texts, self._index, self.length, self.keep == "end")
            lost = np.flatnonzero(steps == 0).tolist()
            shown += [self.show(texts[i]) for i in lost]
            empty += [row + i for i in lost]
            values.append(flat)
            lengths.append(steps.astype(np.int32))
            row += len(texts)
        if empty:
            raise InputError(
                f"A text needs at least one word; row {some(empty)} (counted from 0) has none: "
                f"{some(shown)}. Leave such rows out."
            )
        steps = np.concatenate(lengths)
        starts = np.cumsum(steps, dtype=np.int64)
        starts -= steps
        return Sequences(values.done(), starts, steps)

    @property
    def spec(self) -> Spec:
        """The ids in use: the vocabulary and the unknown word."""
        return Spec(vocabulary=len(self._vocabulary()) + 1)

    def read(self, text: str) -> list[str]:
        """Return the lines of `text` as one input each, without blank lines at the end.

        Raises:
            InputError: Another line is blank, so that answers and lines would not correspond.
        """
        lines = [line.strip() for line in io.StringIO(text.rstrip(), newline=None)]
        if blank := [number for number, line in enumerate(lines, start=1) if not line]:
            raise InputError(
                f"A text needs at least one word; blank: line {some(blank)}. Give one text per "
                f"line; `grep .` removes blank lines."
            )
        return lines

    def show(self, example: str) -> str:
        """Return the text in one line of at most 80 characters."""
        line = " ".join(example[: 4 * _SHOWN].split())
        if len(line) <= _SHOWN:  # it is short, or has much space between words
            line = " ".join(example.split(None, _SHOWN))  # more words than that cannot be seen
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"

    def draw(
        self, example: str, parts: np.ndarray | None = None, after: Any = None
    ) -> list[tuple[str, float | None]]:
        """Return the whole text in pieces: the words that are read, and the text between them."""
        words = places(example)
        read = Sequences.of([np.zeros((max(len(words), 1), 1))]).cut(self.length, self.keep)
        first = int(read.starts[0])
        words = words[first : first + int(read.lengths[0])]
        if parts is None or len(parts) != len(words):
            return [(example, None)]
        largest = float(np.abs(parts).max()) or 1.0
        pieces: list[tuple[str, float | None]] = []
        end = 0
        for (start, stop), part in zip(words, parts.tolist(), strict=True):
            pieces += [(example[end:start], None), (example[start:stop], part / largest)]
            end = stop
        return [piece for piece in [*pieces, (example[end:], None)] if piece[0]]

    @functools.cached_property
    def _index(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self._vocabulary(), start=UNKNOWN + 1)}

    def _vocabulary(self) -> tuple[str, ...]:
        if self.vocabulary is None:
            raise InputError("TextEncoder has no vocabulary yet. Call fit, or give vocabulary=.")
        return self.vocabulary


def _pieces(inputs: Iterable[str]) -> Iterator[list[str]]:
    """Yield the inputs in lists, after a check that each input is a text."""
    if isinstance(inputs, str):
        raise InputError(
            f"TextEncoder needs a list of texts, got one text: {inputs[:60]!r}. Put it in a list."
        )
    piece: list[str] = []
    wrong: list[tuple[int, str]] = []
    size, row = 0, -1
    for row, text in enumerate(inputs):
        if not isinstance(text, str):
            wrong.append((row, f"{type(text).__name__} {str(text)[:30]}"))
            continue
        piece.append(text)
        size += len(text)
        if (size >= PIECE or len(piece) >= ROWS) and not wrong:
            yield piece
            piece, size = [], 0
    if row < 0:
        raise InputError("TextEncoder needs at least one text, got none.")
    if wrong:
        rows, got = zip(*wrong, strict=True)
        raise InputError(
            f"TextEncoder needs texts; row {some(rows)} (counted from 0) is not a text: "
            f"{some(got[:5])}. Leave such rows out, or turn them into text."
        )
    if piece:
        yield piece


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
