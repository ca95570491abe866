"""`seqmodels compare`: several runs side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from seqmodels.cli import options, terminal
from seqmodels.core.errors import InputError


@terminal.guarded
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run directories.", metavar="RUN RUN...")],
    to: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Reference run. Default: the best."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a figure, .png or .svg, too.")
    ] = None,
    page: options.Page = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Compare runs by their answers to the same test part, with 95 % intervals.

    Runs that differ only in the seed make one row.

    For example:

    `seqmodels compare runs/imdb-binary-1 runs/imdb-binary-2`

    `seqmodels compare runs/imdb-* --to runs/imdb-binary-1 --page compared.html`
    """
    terminal.import_modules(imports)
    from seqmodels.cli.terminal.compared import show_comparison
    from seqmodels.runs.comparison import compare as compared
    from seqmodels.runs.comparison.render import refuse

    if as_csv and as_json:
        raise InputError("Choose one of --csv and --json.")
    for path, suffixes in ((plot, (".png", ".svg")), (page, (".html",))):
        if path is not None:
            refuse(path, suffixes)
    found = compared(runs, to=to)
    if as_json:
        terminal.print_json(found.record())
    elif as_csv:
        found.table().to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        show_comparison(found.record())
    if plot is not None:
        found.plot(plot)
    if page is not None:
        found.page(page)
