"""Tables and folders of texts, written for the tests."""

from collections.abc import Sequence
from pathlib import Path

from seqmodels.core.registry import DATASETS, Found
from seqmodels.data.texts import dataset as texts_module  # noqa: F401

SENTENCE = "a film about the sea and those who sail it slowly home again"
WORDS = SENTENCE.split()


def prose(number: int) -> str:
    return " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 7)) + f" {number}"


def write(folder: Path, content: str | bytes, name: str = "reviews") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def csv(header: str, *columns: Sequence[object]) -> str:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header, *rows] if header else rows) + "\n"


N = 40
TEXTS = [prose(i) for i in range(N)]
LABELS = ["pos" if i % 4 else "neg" for i in range(N)]
REVIEWS = csv("review,label", TEXTS, LABELS)


def look(path: Path, **given: object) -> Found | None:
    found = DATASETS.get("texts").look
    assert found is not None
    return found(path, given)


def every(dataset) -> list[tuple[str, object]]:
    """Return all texts with their targets, whatever the part."""
    parts = (dataset.train, dataset.test)
    name = next(iter(dataset.train.targets))
    return sorted(
        pair for part in parts for pair in zip(part.inputs, part.targets[name], strict=True)
    )


def folder(tmp_path: Path, **classes: int) -> Path:
    for name, count in classes.items():
        for i in range(count):
            write(tmp_path, prose(i), f"{name.replace('__', '/')}/{i}.txt")
    return tmp_path
