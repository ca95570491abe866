"""Film reviews in their archive, tree and npz, written for the tests."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqmodels.core.examples import Examples

REVIEWS = {
    "train/pos/0_9.txt": "A <br /><br />GOOD film, don't miss it.",
    "train/pos/10_7.txt": "Fine: café.",
    "train/pos/2_10.txt": "Superb!",
    "train/neg/0_3.txt": "Bad film.",
    "train/neg/1_1.txt": "Awful.",
    "test/pos/0_8.txt": "good",
    "test/neg/0_4.txt": "bad",
}
OTHERS = {"README": "About.", "train/urls_pos.txt": "an address", "train/unsup/0_0.txt": "?"}
WORDS = ["film", "good", "bad", "br", "don't", "fine"]
Change = Callable[[tarfile.TarInfo], None]


def tar(reviews: dict[str, str] = REVIEWS, change: dict[str, Change] | None = None) -> bytes:
    """Return an archive, unpacked; `change` alters members before they are written."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in (OTHERS | reviews).items():
            data = text.encode()
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(data)
            (change or {}).get(name, lambda _: None)(member)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def write_archive(path: Path, plain: bytes) -> Path:
    path.write_bytes(gzip.compress(plain, mtime=0))
    return path


def lists(*rows: list[int]) -> np.ndarray:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def write_npz(folder: Path, **changed: np.ndarray) -> Path:
    arrays = {
        "x_train": lists([2, 1, 4], [6, 5], [3, 1]),
        "y_train": np.array([1, 1, 0]),
        "x_test": lists([2], [3]),
        "y_test": np.array([1, 0]),
    }
    np.savez_compressed(folder / "imdb.npz", **(arrays | changed))  # type: ignore[arg-type]
    index = {word: number for number, word in enumerate(WORDS, start=1)}
    (folder / "imdb_word_index.json").write_text(json.dumps(index))
    return folder / "imdb.npz"


def rows_of(part: Examples) -> list[tuple[str, ...]]:
    return list(zip(part.inputs, *part.targets.values(), strict=True))
