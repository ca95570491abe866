"""Arrays and texts that lie on disk when they are large, and read as those in memory do.

What is written goes to files without a name in the folder of temporary files (TMPDIR), which the
system removes when the last of their readers is gone, however the process ends. They are read by
offset and never mapped: a mapped page counts as memory of the process, what was read does not.
"""

from pathlib import Path

from seqmodels.core.storage.arrays import Flat, Stored, Writer
from seqmodels.core.storage.columns import LabelWriter, Texts, TextWriter, texts

LARGE = 2**27  # bytes of a file, an array, or texts, from which they lie on disk


def large(path: Path) -> bool:
    """Return whether what a file holds is to lie on disk."""
    return path.stat().st_size >= LARGE


__all__ = [
    "LARGE",
    "Flat",
    "LabelWriter",
    "Stored",
    "TextWriter",
    "Texts",
    "Writer",
    "large",
    "texts",
]
