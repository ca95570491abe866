"""The `seqmodels` command. No logic of its own: it reads arguments and shows results."""

from typing import Annotated

import typer

from seqmodels import __version__
from seqmodels.cli import compare, data, runs, train, tune

app = typer.Typer(
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


app.command("list")(data.list_parts)
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
    app.command()(command)
