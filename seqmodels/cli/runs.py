"""`seqmodels report`, `evaluate` and `predict`: uses of a finished run."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.terminal import tables
from seqmodels.cli.terminal.scores import show_scores
from seqmodels.core.errors import InputError


@terminal.guarded
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    data: options.Data = None,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Score a run again on the test part of its dataset.

    Example: `seqmodels evaluate runs/imdb-binary-1`
    """
    terminal.import_modules(imports)
    from seqmodels.runs.records import finished

    finished(run)
    opened, found, same = options.tensorflow("runs.run").rescore(run, data=data)
    if not same:
        terminal.errors.print("seqmodels: The data are not those of the run; its split may differ.")
    if as_json:
        terminal.print_json(found.record() | {"same_data": same})
        return
    show_scores(found, opened.model.head.headline)


@terminal.guarded
def predict(
    run: Annotated[Path, typer.Argument(help="A run directory, or a model directory.")],
    file: Annotated[str, typer.Argument(help="A file of inputs, or - for standard input.")] = "-",
    form: Annotated[
        tables.Format | None,
        typer.Option("--format", help="Default: a table on a terminal, else CSV."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; must not exist.")] = None,
    imports: options.Import = None,
) -> None:
    """Predict for raw inputs.

    A file or folder in the format of the training data is read like the training data, with or
    without a target; for a series, the prediction follows its last row. In any other file, each
    line is one input: a text, or a JSON list of steps.

    For example:

    `echo "a quiet, wonderful film" | seqmodels predict runs/imdb-binary-1 -`

    `seqmodels predict runs/imdb-binary-1 reviews.txt --format jsonl --out answers.jsonl`
    """
    terminal.import_modules(imports)
    if out is not None and out.exists():
        raise InputError(f"The file {str(out)!r} exists. Choose another, or remove it.")
    if file != "-" and not Path(file).exists():
        raise InputError(f"Cannot read {file!r}: there is no such file.")
    from seqmodels.runs.records import model_in

    model_in(run)
    trained = options.tensorflow("runs.run")
    model = trained.load(run)
    inputs = None
    if file != "-":
        inputs = trained.inputs_in(run, file)
        inputs = model.encoder.open(Path(file)) if inputs is None else inputs
    if inputs is None:
        inputs = trained.inputs_of(model, terminal.read_text(file))
    if not len(inputs):
        raise InputError(f"There is no input in {'standard input' if file == '-' else repr(file)}.")
    rows = model.predict(inputs).rows()
    shown = [
        {"input": model.encoder.show(one), **row} for one, row in zip(inputs, rows, strict=True)
    ]
    form = form or (
        tables.Format.table if out is None and sys.stdout.isatty() else tables.Format.csv
    )
    if out is None:
        tables.write_answers(shown, form, sys.stdout)
    else:
        from seqmodels.core.files import writing

        with writing(out) as stream:
            tables.write_answers(shown, form, stream)


@terminal.guarded
def report(
    run: Annotated[Path, typer.Argument(help="A finished run directory.")],
    page: Annotated[
        Path | None,
        typer.Option(help="Write the report as a page to this file, too; must not exist."),
    ] = None,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Show the report of a run: scores beside baselines, classes, worst mistakes.

    Only the run directory is read. `report.html` in it has the figures, too.

    Example: `seqmodels report runs/imdb-binary-1`
    """
    terminal.import_modules(imports)
    from seqmodels.cli.terminal.reported import show_report
    from seqmodels.runs.rendered import PAGE, Opened

    opened = Opened.of(run)
    story, worst = opened.story()
    if page is not None and not opened.page(page):
        terminal.errors.print(
            f"seqmodels: {PAGE} is missing; {page} is made from other files, without inputs.",
            markup=False,
            soft_wrap=True,
        )
    if as_json:
        terminal.print_json({**dataclasses.asdict(story), "worst": worst})
        return
    show_report(dataclasses.asdict(story), worst)
    if page is None and not (run / PAGE).is_file():
        terminal.errors.print(
            f"seqmodels: {PAGE} is missing; --page FILE makes it anew.",
            markup=False,
        )
