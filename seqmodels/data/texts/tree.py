"""The texts of a folder of class folders become examples, in the folder's own parts."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from seqmodels.core import storage
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.data.texts import folders

_WORD = re.compile(r"[^\W_]")


def read_tree(path: Path, encoding: str, missing: str) -> tuple[dict[str, Examples], list[str]]:
    """Return the parts by name, "train" alone where the folder brings none, and what was decided.

    Args:
        path: A folder.
        encoding: Of the files.
        missing: "refuse" or "drop" empty files.

    Raises:
        InputError: It holds no class folders of texts, a file cannot be read or is empty, or a
            class of the test part is not in the training part.
    """
    tree = folders.tree(path)
    if tree is None:
        raise InputError(
            f"{str(path)!r} holds no texts by class: it needs a folder of text files for each "
            f"class, or `train` and `test` with such folders in each."
        )
    known = set(tree.parts.get("train", tree.parts.get("", {})))
    for part, classes in tree.parts.items():
        unknown = sorted(set(classes) - known)
        if unknown:
            raise InputError(
                f"The part {part!r} of {str(path)!r} has classes that the training part has not: "
                f"{some(unknown)}. Add training texts, or leave these folders out."
            )
    left_out: dict[str, list[str]] = {}
    found: dict[str, Examples] = {}
    for part, classes in sorted(tree.parts.items(), key=lambda one: one[0] == "test"):
        labels: list[str] = []
        inputs = storage.texts(_texts(path, classes, encoding, labels, left_out))
        found[part or "train"] = Examples(inputs, {"class": labels})
    if "empty" in left_out and missing != "drop":
        raise InputError(
            f"Empty files in {str(path)!r}: {some(left_out['empty'])}. Remove them, or leave them "
            f"out: --set dataset.missing=drop (missing='drop')."
        )
    rows = sum(map(len, found.values()))
    says = [f"a folder of texts for each class, {len(known)} classes, {rows:,} texts"]
    if len(found) > 1:
        sizes = ", ".join(f"{len(one):,} {part}" for part, one in found.items())
        says[0] += f"; parts are those of the folders: {sizes}"
    if tree.left_out:
        says.append(f"left out, as no class: {', '.join(map(repr, tree.left_out[:5]))}")
    says += [f"left out, {why}: {some(names)}" for why, names in left_out.items()]
    return found, says


def _texts(
    path: Path,
    classes: Mapping[str, Path],
    encoding: str,
    labels: list[str],
    left_out: dict[str, list[str]],
) -> Iterator[str]:
    """Yield the texts of a part, and write down the class of each."""
    for label, folder in classes.items():
        for file in folders.files(folder):
            text = folders.read(file, encoding)
            if _WORD.search(text) is None:
                why = "without a word" if text.strip() else "empty"
                left_out.setdefault(why, []).append(str(file.relative_to(path)))
                continue
            labels.append(label)
            yield text
