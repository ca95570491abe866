"""The file formats of sequences, in the order in which they are tried; a new one is one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.data.sequences import arff, lists, steps, tables, ts, ucr
from seqmodels.data.sequences.cases import Cases, Format, Source
from seqmodels.data.sequences.labels import classes


def _headed(form: ModuleType) -> Format:
    """Return a format whose files have a header that tells what they hold."""

    def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
        path, encoding = next(iter(paths.values())), str(given.get("encoding") or "utf-8")
        header, target = form.header(path, encoding), given.get("target")
        if header is None:
            return None
        if target not in (None, header.target):
            raise InputError(f"The target of {path.name} is {header.target!r}, not {target!r}.")

        def head() -> str:
            if header.numeric:
                return "regression"
            return classes(len(header.classes or form.labels(path, encoding)))

        return Source(paths, lambda one: form.read(one, encoding), head, {})

    def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
        encoding = str(arguments.get("encoding") or "utf-8")
        if form.header(path, encoding, bare=True) is None:
            return None
        return form.read(path, encoding, bare=True)

    return Format(find, new, lambda path: form.header(path) is not None)


FORMATS: dict[str, Format] = {
    "ts": _headed(ts),
    "arff": _headed(arff),
    "rows": Format(ucr.find, ucr.new, lambda path: ucr.layout(path) is not None),
    "table": Format(tables.find, tables.new),
    "lists": Format(lists.find, lists.new),
    "steps": Format(lambda paths, given: None, steps.new),  # one sequence a file
}
