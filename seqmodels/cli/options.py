"""Options that several commands share, each defined once.

A command takes a group of options as a parameter whose type is a dataclass of this module:

    @grouped
    def train(task: Task, sizes: Sizes, ...): ...
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import os
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from seqmodels.cli import terminal
from seqmodels.core.errors import InputError
from seqmodels.core.signals import Stop

Data = Annotated[
    Path | None,
    typer.Option(
        help="File or folder of the data. Default: $SEQMODELS_DATA, then the cache.",
        metavar="PATH",
    ),
]
Import = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import this module first; it registers parts."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON on standard output.")]
Page = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Write a page with figures, too.")
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Options that choose the data."""

    dataset: Annotated[
        str | None, typer.Argument(help="A registered name (see `list`), or a file or folder.")
    ] = None
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,...", help="Columns that separate several series; may be repeated."
        ),
    ] = None
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Grouping column: no writer, speaker, ... is in two parts."
        ),
    ] = None
    data: Data = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting that `list DATASET` shows, as in `dataset.words=20000`.",
        ),
    ] = None

    @property
    def asked(self) -> dict[str, Any]:
        """Settings by dotted name: those of `--set`, `--group` and `--group-by`.

        Raises:
            InputError: A `--set` has no value.
        """
        pairs = [setting.partition("=") for setting in self.settings or []]
        wrong = [name for name, equals, _ in pairs if not equals]
        if wrong:
            raise InputError([f"--set needs NAME=VALUE, got {name!r}." for name in wrong])
        short = {
            "dataset.group": ",".join(self.group) if self.group else None,
            "dataset.group_by": self.group_by,
        }
        return {name.strip(): value for name, _, value in pairs} | _known(short)

    @property
    def named(self) -> str:
        """The dataset.

        Raises:
            InputError: No dataset was named.
        """
        if self.dataset is None:
            raise InputError("Name a dataset: `seqmodels list` shows the available ones.")
        return self.dataset


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task(Source):
    """Options that choose the data and the prediction."""

    head: Annotated[str | None, typer.Option(help="Kind of prediction: see `list`.")] = None
    preset: Annotated[str | None, typer.Option(help="Named settings of the dataset.")] = None
    seed: Annotated[int | None, typer.Option(help="Seed of everything random. Default: 0.")] = None
    limit: Annotated[int | None, typer.Option(help="Examples of each part, at most.")] = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `seqmodels.train` and `seqmodels.tune`, the dataset aside."""
        return {
            "head": self.head, "target": self.target, "preset": self.preset, "data": self.data,
            "settings": self.asked, "seed": self.seed or 0, "limit": self.limit,
        }  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """Short options for frequent settings."""

    units: Annotated[int | None, typer.Option(help="Units of each LSTM layer.")] = None
    layers: Annotated[int | None, typer.Option(help="Number of LSTM layers.")] = None
    epochs: Annotated[int | None, typer.Option(help="Passes over the data, at most.")] = None
    batch_size: Annotated[int | None, typer.Option(help="Examples per step.")] = None
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate of Adam.")] = None

    @property
    def asked(self) -> dict[str, Any]:
        """Settings by dotted name."""
        groups = {"units": "backbone", "layers": "backbone"}
        return {
            f"{groups.get(name, 'training')}.{name}": value
            for name, value in _known(dataclasses.asdict(self)).items()
        }


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of each parameter whose type is a dataclass.

    Errors of the user become messages, as with `terminal.guarded`.
    """
    hints = typing.get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {n: one for n, one in hints.items() if dataclasses.is_dataclass(one)}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            types = typing.get_type_hints(groups[name], include_extras=True)
            named = [(f.name, f.default, types[f.name]) for f in dataclasses.fields(groups[name])]
        else:
            named = [(name, parameter.default, hints[name])]
        parameters += [
            inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
            for one, default, hint in named
        ]

    def run(**values: Any) -> None:
        for name, group in groups.items():
            own = {field.name: values.pop(field.name) for field in dataclasses.fields(group)}
            values[name] = group(**own)
        command(**values)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return terminal.guarded(run)


def refuse_more(who: str, *groups: Any, but: tuple[str, ...] = (), **more: Any) -> None:
    """Raise InputError when the user gave options that a command does not take together.

    Args:
        who: The option that excludes the others and what it does, for the message.
        groups: Groups of options.
        but: Options of these groups that are allowed.
        more: Further options, and their values.
    """
    for group in groups:
        fields = dataclasses.fields(group)
        more |= {f.name: getattr(group, f.name) for f in fields if f.name not in but}
    short = {"dataset": "DATASET", "settings": "--set"}
    extra = [
        short.get(name, f"--{name.replace('_', '-')}")
        for name, value in more.items()
        if value is not None and value is not False
    ]
    if extra:
        raise InputError(f"{who} and takes no {', '.join(extra)}.")


def tensorflow(module: str) -> Any:
    """Return a module of this package, and hide the start-up lines of TensorFlow."""
    os.environ.setdefault(*terminal.QUIET)
    with Stop(), terminal.muted():
        return importlib.import_module(f"seqmodels.{module}")


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
