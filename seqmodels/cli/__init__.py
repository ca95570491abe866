"""The `seqmodels` command. No logic of its own: it reads arguments and shows results."""

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from seqmodels import __version__
from seqmodels.cli import compare, data, runs, train, tune


class _FlagsWithoutType:
    """Shows a flag in `--help` by its name alone, not as `--quiet <bool>`."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)  # type: ignore[misc]
        for one in params:
            if getattr(one, "is_flag", False):
                one.metavar = ""
        return params


class Command(_FlagsWithoutType, TyperCommand):
    """A command."""


class Group(_FlagsWithoutType, TyperGroup):
    """The commands together."""


app = typer.Typer(
    cls=Group,
    name="seqmodels",
    help="Train, check and reuse an LSTM on your own sequences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line. Exit status: 0 success, 2 a mistake in the input, 1 a bug."""
    app()


def _version(show: bool) -> None:
    if show:
        print(f"seqmodels {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Train, check and reuse an LSTM on your own sequences."""
    for stream in (sys.stdout, sys.stderr):  # what their encoding lacks is escaped
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


app.command("list", cls=Command)(data.list_parts)
for command in (
    data.inspect,
    train.train,
    tune.tune,
    runs.report,
    runs.evaluate,
    runs.predict,
    compare.compare,
    data.new,
):
    app.command(cls=Command)(command)
