"""What several commands share: their options, and how TensorFlow is reached."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from seqmodels.cli import terminal
from seqmodels.core.errors import InputError
from seqmodels.core.signals import Stop

Data = Annotated[
    Path | None,
    typer.Option(
        help="File or folder of the data. Else: $SEQMODELS_DATA, then the cache.", metavar="PATH"
    ),
]
Group = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN,...", help="Tell several series apart; may be given often."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Keep each writer, speaker, ... on one side of the split."),
]
Import = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import this module first: it registers parts."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON on standard output.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any setting that `list DATASET` shows, as in `dataset.words=20000`.",
    ),
]


def settings_of(given: list[str] | None) -> dict[str, Any]:
    """Return `--set NAME=VALUE` by name."""
    pairs = [setting.partition("=") for setting in given or []]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        raise InputError([f"--set needs NAME=VALUE, got {name!r}." for name in wrong])
    return {name.strip(): value for name, _, value in pairs}


def tensorflow(room: str) -> Any:
    """Return a module of ours, with TensorFlow imported and its start-up lines unsaid."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with Stop(), terminal.muted():
        return importlib.import_module(f"seqmodels.{room}")
