"""The `seqmodels` command. No logic of its own: it reads arguments and shows results."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqmodels import __version__, terminal
from seqmodels.errors import InputError

if TYPE_CHECKING:
    from seqmodels.run import Run

app = typer.Typer(
    name="seqmodels",
    help="Sequences in, a trained LSTM and its answers out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Import = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import this module first: it registers parts."
    ),
]
Kind = Literal["dataset", "encoder", "head"]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON on standard output.")]
Data = Annotated[
    Path | None,
    typer.Option(
        help="File or folder of the data. Else: $SEQMODELS_DATA, then the cache.", metavar="PATH"
    ),
]


def main() -> None:
    """Run the command line: exit status 0 done, 2 the user's input, 1 a fault of ours."""
    app()


def _version(show: bool) -> None:
    if show:
        print(f"seqmodels {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Sequences in, a trained LSTM and its answers out."""


@app.command("list")
@terminal.guarded
def list_parts(
    dataset: Annotated[
        str | None, typer.Argument(help="Show every setting of this dataset.")
    ] = None,
    imports: Import = None,
    as_json: Json = False,
) -> None:
    """Show the datasets, the heads, and what each head predicts of each dataset.

    With the name of a dataset: every setting that `--set` reaches, its type and its default.

    For example:

    `seqmodels list`

    `seqmodels list imdb`
    """
    terminal.import_modules(imports)
    from seqmodels.registry import DATASETS, HEADS, broken_plugins

    for broken in broken_plugins():
        terminal.errors.print(f"seqmodels: {broken}", markup=False, soft_wrap=True, style="yellow")
    heads = {name: HEADS.get(name) for name in HEADS}
    if dataset is not None:
        from seqmodels.settings import settable

        rows = settable(dataset)
        terminal.print_json(rows) if as_json else terminal.show_settings(rows)
        return
    datasets = {name: DATASETS.get(name) for name in DATASETS}
    if as_json:
        terminal.print_json(terminal.catalogue(datasets, heads))
    else:
        terminal.show_catalogue(datasets, heads)


@app.command()
@terminal.guarded
def train(
    dataset: Annotated[
        str | None, typer.Argument(help="A registered name (see `list`), or a file or folder.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="What is predicted: see `list`.")] = None,
    target: Annotated[str | None, typer.Option(help="What is predicted: a column.")] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN,...", help="Tell several series apart.")
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Keep each writer, speaker, ... on one side of the split."
        ),
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Named settings of the dataset.")] = None,
    data: Data = None,
    units: Annotated[int | None, typer.Option(help="Width of each LSTM layer.")] = None,
    layers: Annotated[int | None, typer.Option(help="LSTM layers.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data, at most.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Examples per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting that `list DATASET` shows, as in `dataset.words=20000`.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Examples of each part, at most.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory to make.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a stopped run.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look for mistakes and train nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing while training.")] = False,
    allow_leak: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Train although the audit says FAIL; see `inspect`."),
    ] = None,
    as_json: Json = False,
    imports: Import = None,
) -> None:
    """Train, score on the test part, and leave a run directory.

    For example:

    `seqmodels train digits`

    `seqmodels train imdb --head binary --set dataset.words=10000 --epochs 5`

    `seqmodels train reviews.csv --target sentiment`

    `seqmodels train series --data sales.csv --set dataset.target=price --check`

    `seqmodels train --resume runs/imdb-binary-1`
    """
    terminal.import_modules(imports)
    from seqmodels.plan import check as check_plan
    from seqmodels.settings import resolve as resolved

    if resume is not None:
        given = {
            "DATASET": dataset, "--head": head, "--target": target, "--preset": preset,
            "--group": group, "--group-by": group_by, "--data": data, "--units": units,
            "--layers": layers, "--epochs": epochs, "--batch-size": batch_size,
            "--learning-rate": learning_rate, "--set": settings, "--limit": limit, "--out": out,
            "--check": check or None, "--allow-leak": allow_leak,
        }  # fmt: skip
        extra = [name for name, value in given.items() if value is not None]
        if extra:
            raise InputError(
                f"--resume goes on with what was asked of {resume} and takes no {', '.join(extra)}."
            )
        _finish(_tensorflow().resume(resume, quiet=quiet), as_json)
        return
    if dataset is None:
        raise InputError("Name a dataset: `seqmodels list` shows those there are.")
    asked = _settings(settings)
    short = {
        "dataset.group": group,
        "dataset.group_by": group_by,
        "backbone.units": units,
        "backbone.layers": layers,
        "training.epochs": epochs,
        "training.batch_size": batch_size,
        "training.learning_rate": learning_rate,
    }
    asked |= {name: value for name, value in short.items() if value is not None}
    what: dict[str, Any] = {
        "head": head, "target": target, "preset": preset, "data": data, "settings": asked,
        "seed": seed, "limit": limit,
    }  # fmt: skip
    problems, record = _taken(out), {}
    try:
        plan = resolved(dataset, **what)
        record = plan.record()
        if check:
            check_plan(plan)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    if check:
        terminal.print_json(record) if as_json else print("Nothing wrong was found.")
        return
    asked_of_run = {"out": out, "quiet": quiet, "allow_leak": allow_leak}
    _finish(_tensorflow().train(dataset, **what, **asked_of_run), as_json)


@app.command()
@terminal.guarded
def inspect(
    dataset: Annotated[str, typer.Argument(help="A registered name, or a file or folder.")],
    target: Annotated[str | None, typer.Option(help="What is to be predicted.")] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN,...", help="Tell several series apart.")
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is to be on one side of the split only."),
    ] = None,
    data: Data = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the dataset; see `list`."),
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with figures, too.")
    ] = None,
    as_json: Json = False,
    imports: Import = None,
) -> None:
    """Describe a dataset, and look for leaks between its parts; trains nothing.

    For example:

    `seqmodels inspect reviews.csv --target sentiment`

    `seqmodels inspect recordings --group-by speaker --page recordings.html`
    """
    terminal.import_modules(imports)
    from seqmodels.inspection import inspect as inspected

    if page is not None and page.exists():
        raise InputError(f"The file {str(page)!r} exists. Choose another, or remove it.")
    short = {"dataset.group": group, "dataset.group_by": group_by}
    asked = _settings(settings) | {k: value for k, value in short.items() if value is not None}
    found = inspected(dataset, target=target, data=data, settings=asked)
    terminal.print_json(found.record) if as_json else terminal.show_inspection(found.record)
    if page is not None:
        found.page(page)


@app.command()
@terminal.guarded
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    data: Data = None,
    as_json: Json = False,
    imports: Import = None,
) -> None:
    """Score a run again on the test part of its dataset.

    Example: `seqmodels evaluate runs/imdb-binary-1`
    """
    terminal.import_modules(imports)
    opened, found, same = _tensorflow().rescore(run, data=data)
    if not same:
        terminal.errors.print("seqmodels: The data are not those of the run; its split may differ.")
    if as_json:
        terminal.print_json(
            {"scores": found.scores, "baselines": found.baselines, "same_data": same}
        )
        return
    terminal.show_scores(found, opened.model.head.headline)


@app.command()
@terminal.guarded
def predict(
    run: Annotated[Path, typer.Argument(help="A run directory, or a model directory.")],
    file: Annotated[str, typer.Argument(help="A file of inputs, or - for standard input.")] = "-",
    form: Annotated[
        terminal.Format | None,
        typer.Option("--format", help="Default: a table on a terminal, else CSV."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; must not exist.")] = None,
    imports: Import = None,
) -> None:
    """Answer for raw inputs: one a line.

    A line is a text, or a JSON list of steps, as the run's encoder reads them. For a series
    give a CSV file with the columns that the run was trained on; the answer follows its last row.
    For speech give a sound file or a folder of them.

    For example:

    `echo "a quiet, wonderful film" | seqmodels predict runs/imdb-binary-1 -`

    `seqmodels predict runs/imdb-binary-1 reviews.txt --format jsonl --out answers.jsonl`
    """
    terminal.import_modules(imports)
    if out is not None and out.exists():
        raise InputError(f"The file {str(out)!r} exists. Choose another, or remove it.")
    if file != "-" and not Path(file).exists():
        raise InputError(f"Cannot read {file!r}: there is no such file.")
    model = _tensorflow().load(run)
    inputs = None if file == "-" else model.encoder.open(Path(file))
    if inputs is None:
        inputs = model.encoder.read(terminal.read_text(file))
    if not inputs:
        raise InputError(f"There is no input in {'standard input' if file == '-' else file!r}.")
    rows = model.predict(inputs).rows()
    shown = [
        {"input": model.encoder.show(one), **row} for one, row in zip(inputs, rows, strict=True)
    ]
    form = form or (
        terminal.Format.table if out is None and sys.stdout.isatty() else terminal.Format.csv
    )
    if out is None:
        terminal.write_answers(shown, form, sys.stdout)
    else:
        from seqmodels.files import writing

        with writing(out) as stream:
            terminal.write_answers(shown, form, stream)


@app.command()
@terminal.guarded
def new(
    kind: Annotated[Kind, typer.Argument(help="What it is.", metavar="dataset|encoder|head")],
    name: Annotated[str, typer.Argument(help="What it will be called.")],
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path(),
) -> None:
    """Write a part of your own, with its docstring and a test that passes at once.

    Example: `seqmodels new dataset river-levels`
    """
    from seqmodels.scaffold import write

    part, test = write(kind, name, folder)
    print(f"Wrote {part} and {test}. Next:")
    print(f"  pytest {test}\n  seqmodels list --import {part.stem}")


def _finish(run: Run, as_json: bool) -> None:
    """Show what a finished run found."""
    if as_json:
        terminal.print_json(
            {"run": str(run.path), "scores": run.scores, "baselines": run.baselines}
        )
        return
    from seqmodels.evaluation import Evaluation

    terminal.show_scores(Evaluation(run.scores, run.baselines), run.model.head.headline)
    print(f"\n{run.path}")


def _settings(given: list[str] | None) -> dict[str, Any]:
    """Return `--set NAME=VALUE` by name."""
    pairs = [setting.partition("=") for setting in given or []]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        raise InputError([f"--set needs NAME=VALUE, got {name!r}." for name in wrong])
    return {name.strip(): value for name, _, value in pairs}


def _taken(out: Path | None) -> list[str]:
    if out is None or not out.exists():
        return []
    return [f"Run directory {str(out)!r} exists. Choose another, or remove it."]


def _tensorflow() -> Any:
    """Return `seqmodels.run`, with TensorFlow imported and its start-up lines unsaid."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with terminal.muted():
        return importlib.import_module("seqmodels.run")
