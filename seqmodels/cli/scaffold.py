"""The files of a new part: its code with a docstring, and a test that passes."""

from __future__ import annotations

import importlib.util
import keyword
import re
import string
import sys
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS, ENCODERS, HEADS, LAYERS, Registry

Kind = Literal["dataset", "encoder", "head", "layer"]
REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "encoder": ENCODERS,
    "head": HEADS,
    "layer": LAYERS,
}
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
LONGEST = 40  # letters of a name, so that the lines of the files stay short


def write(kind: Kind, name: str, folder: str | Path = ".") -> tuple[Path, Path]:
    """Write a part and its test, which passes unchanged.

    Args:
        kind: Kind of part.
        name: Name of the part, as in `seqmodels train NAME`; dashes are underscores in
            the name of its module.
        folder: Where to write; it must exist.

    Returns:
        The file of the part, and that of its test.

    Raises:
        InputError: The name is invalid or taken; a file exists, or cannot be written. Nothing
            is written then.
    """
    module = name.replace("-", "_")
    part, test = Path(folder, f"{module}.py"), Path(folder, f"test_{module}.py")
    problems = _faults(kind, name)
    if not Path(folder).is_dir():
        problems.append(f"There is no folder {str(folder)!r}. Make it first.")
    problems += [
        f"The file {str(file)!r} exists. Choose another name, or remove it."
        for file in (part, test)
        if file.exists()
    ]
    if problems:
        raise InputError(problems)
    words = {
        "name": name,
        "module": module,
        "function": module,
        "class_name": "".join(word.capitalize() for word in module.split("_")),
    }
    templates = resources.files("seqmodels.cli") / "templates"
    for file, template in ((part, f"{kind}.py.txt"), (test, f"test_{kind}.py.txt")):
        text = string.Template((templates / template).read_text(encoding="utf-8"))
        try:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text.substitute(words))
        except OSError as error:
            raise InputError(f"Cannot write {str(file)!r}: {error.strerror}.") from error
    return part, test


def _faults(kind: str, name: str) -> list[str]:
    """Return the problems of a name, as messages."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        return [
            f"A name consists of small letters, digits and single dashes or underscores, starts "
            f"with a letter and has at most {LONGEST} characters, as in 'river-levels'; got "
            f"{name!r}."
        ]
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or keyword.issoftkeyword(module):
        return [f"The name {name!r} is a Python keyword. Choose another."]
    if name in REGISTRIES[kind]:
        return [f"There is a {kind} {name!r} already. Choose another name."]
    if module in sys.builtin_module_names or importlib.util.find_spec(module) is not None:
        return [
            f"Python finds a module {name!r} already; a file of this name would hide it, or be "
            f"hidden. Choose another name."
        ]
    return []
