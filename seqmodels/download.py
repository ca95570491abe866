"""A URL and a checksum become a path on this disk; what is there already is found first."""

import os
from collections.abc import Sequence
from pathlib import Path

import platformdirs

DATA_VARIABLE = "SEQMODELS_DATA"


def cache_folder() -> Path:
    """Return the folder that keeps downloads; it need not exist."""
    return Path(platformdirs.user_cache_dir("seqmodels"))


def locate(folder: str, names: Sequence[str]) -> Path | None:
    """Return the first of `names` that is on this disk, or None.

    Looked for in `$SEQMODELS_DATA/FOLDER`, in `$SEQMODELS_DATA`, and in the cache.

    Args:
        folder: The dataset's own folder, such as "imdb".
        names: File or folder names, the best first.
    """
    root = os.environ.get(DATA_VARIABLE)
    places = [Path(root) / folder, Path(root)] if root else []
    for place in [*places, cache_folder() / folder]:
        for name in names:
            if (place / name).exists():
                return place / name
    return None
