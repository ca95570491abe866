"""The compiled part of `splitting`: the same results, many times faster."""

from collections.abc import Callable

def count(texts: list[str], clean: Callable[[str], str], marks: bytes, /) -> dict[str, int]:
    """Return the count of each word."""

def ids(
    texts: list[str],
    clean: Callable[[str], str],
    marks: bytes,
    vocabulary: tuple[str, ...],
    length: int,
    from_end: bool,
    /,
) -> tuple[bytes, bytes]:
    """Return the ids of all texts and their number per text, int32; a length of -1 reads all."""
