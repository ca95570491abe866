"""`seqmodels list`, `inspect` and `new`: datasets and heads, one dataset, a new part."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.terminal import tables
from seqmodels.cli.terminal.inspected import show_inspection
from seqmodels.core.errors import InputError

Kind = Literal["dataset", "encoder", "head", "layer"]


@terminal.guarded
def list_parts(
    dataset: Annotated[
        str | None, typer.Argument(help="Show every setting of this dataset.")
    ] = None,
    imports: options.Import = None,
    as_json: options.Json = False,
) -> None:
    """Show the datasets, the heads, and what each head predicts of each dataset.

    With the name of a dataset: every setting of `--set`, its type and its default.

    For example:

    `seqmodels list`

    `seqmodels list imdb`
    """
    terminal.import_modules(imports)
    from seqmodels.core.registry import DATASETS, HEADS, broken_plugins

    for broken in broken_plugins():
        terminal.errors.print(f"seqmodels: {broken}", markup=False, soft_wrap=True, style="yellow")
    heads = {name: HEADS.get(name) for name in HEADS}
    if dataset is not None:
        from seqmodels.training.values import settable

        rows = settable(dataset)
        terminal.print_json(rows) if as_json else tables.show_settings(rows)
        return
    datasets = {name: DATASETS.get(name) for name in DATASETS}
    if as_json:
        terminal.print_json(tables.catalogue(datasets, heads))
    else:
        tables.show_catalogue(datasets, heads)


@options.grouped
def inspect(
    source: options.Source,
    page: options.Page = None,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Describe a dataset, and look for leaks between its parts; trains nothing.

    For example:

    `seqmodels inspect reviews.csv --target sentiment`

    `seqmodels inspect recordings --group-by speaker --page recordings.html`
    """
    terminal.import_modules(imports)
    from seqmodels.audit.inspection import inspect as inspected

    if page is not None and page.exists():
        raise InputError(f"The file {str(page)!r} exists. Choose another, or remove it.")
    found = inspected(source.named, target=source.target, data=source.data, settings=source.asked)
    terminal.print_json(found.record) if as_json else show_inspection(found.record)
    if page is not None:
        found.page(page)


@terminal.guarded
def new(
    kind: Annotated[
        Kind, typer.Argument(help="Kind of part.", metavar="dataset|encoder|head|layer")
    ],
    name: Annotated[str, typer.Argument(help="Name of the part.")],
    folder: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
) -> None:
    """Write a new part with its docstring and a test that passes.

    Example: `seqmodels new dataset river-levels`
    """
    from seqmodels.cli.scaffold import write

    part, test = write(kind, name, folder)
    print(f"Wrote {part} and {test}. Next:")
    print(f"  python -m pytest {test}\n  seqmodels list --import {part.stem}")
