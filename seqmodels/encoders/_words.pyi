"""The compiled part of `splitting`: the same words, many times as quick."""

from collections.abc import Callable

def count(texts: list[str], clean: Callable[[str], str], marks: bytes, /) -> dict[str, int]:
    """Return how often each word occurs."""

def ids(
    texts: list[str],
    clean: Callable[[str], str],
    marks: bytes,
    vocabulary: tuple[str, ...],
    length: int,
    from_end: bool,
    /,
) -> tuple[bytes, bytes]:
    """Return the ids of all texts and the number of each text's, int32; a length of -1 is all."""
