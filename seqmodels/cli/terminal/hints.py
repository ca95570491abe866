"""Hints of the library, whose arguments are Python's, in the spelling of the command line."""

from __future__ import annotations

import re

OPTIONS = ("target", "group", "group_by", "data", "head", "preset", "seed", "limit", "epochs")
_BOTH = re.compile(r"\w+=(?:\([^()]*\)|'[^']*')? \((--[^()]+)\)")  # target= (--target price)
_LIST = re.compile(r"\w+=, (?=--)")  # limit=, --limit
_SAME = re.compile(r"(--[\w-]+) \(\w+=\)")  # --data (data=)
_SIZE = re.compile(r"\bBackbone\((\w+)=([^(),]*)\)")  # Backbone(layers=2)
_NAME = re.compile(r"(?<![\w.\-])([a-z]\w*)=('[^']*'|(?![\w\"'\[({=]))")  # group= or layout='rows'


def as_typed(text: str) -> str:
    """Return a message with the arguments that it names as one types them.

    `group=` becomes `--group`, `test=` of a dataset `--set dataset.test=...`, and
    `Backbone(skip=)` the setting `backbone.skip`.
    """
    text = _BOTH.sub(r"\1", _SAME.sub(r"\1", _LIST.sub("", text)))
    text = _SIZE.sub(lambda m: f"backbone.{m[1]}{m[2] and '='}{m[2]}", text)
    return _NAME.sub(_typed, text)


def _typed(found: re.Match[str]) -> str:
    name, value = found[1], found[2].strip("'")
    if name in OPTIONS:
        return f"--{name.replace('_', '-')}{value and ' '}{value}"
    from seqmodels.core.arguments import signature
    from seqmodels.core.registry import DATASETS

    known = {argument for one in DATASETS for argument in signature(DATASETS.get(one).make)}
    return f"--set dataset.{name}={value or '...'}" if name in known else found[0]
