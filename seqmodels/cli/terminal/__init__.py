"""The terminal: input, messages for mistakes, and the look of results, a file a command."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import typer
from rich.console import Console

from seqmodels.cli.terminal.hints import as_typed
from seqmodels.core.errors import InputError
from seqmodels.core.renamed import RenamedWarning
from seqmodels.core.signals import STATUS

errors = Console(stderr=True, highlight=False)
QUIET = "TF_CPP_MIN_LOG_LEVEL", "3"  # TensorFlow tells of errors alone


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn mistakes of the user into plain messages and exit status 2."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with _old_names_in_a_line():
                command(*args, **kwargs)
        except InputError as error:
            for problem in error.problems:
                text = as_typed(problem)
                errors.print(f"seqmodels: {text}", markup=False, soft_wrap=True, style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stop:
            said = str(stop) or "Stopped. Nothing was written: start it again."
            errors.print(f"\nseqmodels: {said}", markup=False, soft_wrap=True)
            raise typer.Exit(getattr(stop, "status", STATUS["SIGINT"])) from None
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return run


@contextlib.contextmanager
def _old_names_in_a_line() -> Iterator[None]:
    """Show each old name of a setting in one line, once; Python hides such warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("once", RenamedWarning)
        others = warnings.showwarning

        def show(message: Any, category: Any, *where: Any, **more: Any) -> None:
            if not issubclass(category, RenamedWarning):
                return others(message, category, *where, **more)
            errors.print(f"seqmodels: {message}", markup=False, soft_wrap=True, style="yellow")

        warnings.showwarning = show
        yield


def import_modules(modules: list[str] | None) -> None:
    """Import the user's modules, also from the folder the command was started in."""
    if modules:
        sys.path.insert(0, str(Path.cwd()))
        os.environ.setdefault(*QUIET)
    for module in modules or []:
        try:
            with muted():  # it may import Keras
                importlib.import_module(module)
        except Exception as error:
            hint = " Leave .py out." if module.endswith(".py") else ""
            if not hint and isinstance(error, ModuleNotFoundError) and error.name == module:
                hint = " Check the name, or run where the module is (PYTHONPATH)."
            kind = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
            raise InputError(f"--import {module}: {kind}{error}.{hint}") from error


def read_text(file: str) -> str:
    """Return the text of a file or of standard input."""
    who = "Standard input" if file == "-" else repr(file)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"Cannot read {file!r}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{who} is not UTF-8 text ({error.reason}). Convert it.") from None


@functools.cache
def _stderr() -> TextIO:
    """Return standard error on a descriptor of its own.

    It is never closed: what was imported while `muted` may hold it, as loggers do.
    """
    return os.fdopen(os.dup(2), "w", encoding="utf-8", buffering=1)


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Discard what C++ writes to standard error: its start-up lines obey no setting.

    What Python writes there is kept.
    """
    sys.stderr.flush()
    own = sys.stderr
    kept = _stderr() if own is sys.__stderr__ else own
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        sys.stderr = kept
        yield
    finally:
        sys.stderr = own
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def print_json(value: Any) -> None:
    """Print a value as readable JSON on standard output."""
    print(json.dumps(value, indent=1, ensure_ascii=False))
