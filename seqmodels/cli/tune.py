"""`seqmodels tune`: from arguments to the best settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.terminal import tables
from seqmodels.core.errors import InputError

if TYPE_CHECKING:
    from seqmodels.tuning import Tuning


@terminal.guarded
def tune(
    dataset: Annotated[
        str | None, typer.Argument(help="A registered name (see `list`), or a file or folder.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials to finish; 50, or what a resumed one was asked.")
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RANGE",
            help="What to search: `backbone.units=16:128:log`, `dataset.words=5000,20000`.",
        ),
    ] = None,
    head: Annotated[str | None, typer.Option(help="What is predicted: see `list`.")] = None,
    target: Annotated[str | None, typer.Option(help="What is predicted: a column.")] = None,
    preset: Annotated[str | None, typer.Option(help="Named settings of the dataset.")] = None,
    data: options.Data = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--fix",
            "--set",
            metavar="NAME=VALUE",
            help="Any setting that `list DATASET` shows; it is not searched then.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Examples of each part, at most.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory; one of the same search is gone on with.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with a tuning, or join in.")
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Then train with the best, and score on the test part.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing while working.")] = False,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Search for good settings by many short trainings. The test part is not read.

    Learning rate, units, layers, dropout, and what the dataset declares are searched, unless
    they are fixed. Needs Optuna: `pip install optuna`.

    For example:

    `seqmodels tune digits --trials 30`

    `seqmodels tune imdb --search dataset.words=5000,10000 --fix training.batch_size=32`

    `seqmodels tune --resume tune/imdb-binary-1 --trials 100`
    """
    terminal.import_modules(imports)
    from seqmodels import tuning

    if resume is not None:
        given = {
            "DATASET": dataset, "--search": search, "--head": head, "--target": target,
            "--preset": preset, "--data": data, "--fix": settings, "--seed": seed or None,
            "--limit": limit, "--out": out,
        }  # fmt: skip
        extra = [name for name, value in given.items() if value is not None]
        if extra:
            raise InputError(
                f"--resume goes on with what was asked of {resume} and takes no {', '.join(extra)}."
            )
        options.tensorflow("tuning.objective")  # quietly
        found = tuning.resume(resume, trials=trials, minutes=minutes, quiet=quiet)
    else:
        if dataset is None:
            raise InputError("Name a dataset: `seqmodels list` shows those there are.")
        asked: dict[str, Any] = {
            "head": head, "target": target, "preset": preset, "data": data,
            "settings": options.settings_of(settings), "seed": seed, "limit": limit,
        }  # fmt: skip
        ranges, count = ranges_of(search), 50 if trials is None else trials
        from seqmodels.tuning.search import planned

        planned({"dataset": dataset, **asked}, ranges, count, minutes)  # before TensorFlow
        options.tensorflow("tuning.objective")
        found = tuning.tune(
            dataset, trials=count, search=ranges, minutes=minutes, out=out, quiet=quiet, **asked
        )
    if not as_json:
        _show(found)
    run = found.train(quiet=quiet) if train else None
    if as_json:
        scored = {"run": str(run.path), "scores": run.scores} if run else {}
        terminal.print_json(_as_json(found) | scored)
    elif run:
        tables.show_scores(run.evaluation, run.model.head.headline)
        print(f"\n{run.path}")


def ranges_of(given: list[str] | None) -> dict[str, str]:
    """Return `--search NAME=RANGE` by name; NAME alone is all that the setting can be."""
    pairs = [entry.partition("=") for entry in given or []]
    return {name.strip(): text for name, _, text in pairs}


def _show(found: Tuning) -> None:
    """Show the best settings and the command that trains with them."""
    from seqmodels.tuning.space import text_of

    if not found.best:
        print(f"No trial is complete. Go on with: seqmodels tune --resume {found.path}")
        return
    score = f"{found.headline.replace('_', ' ')} {found.score:.4g}"
    print(f"\nBest: validation loss {found.value:.5g}, {score}")
    for name, value in found.best.items():
        print(f"  {name} = {text_of(value)}")
    if found.command:
        print(f"\nTrain with them, and score on the test part:\n{found.command}")
    print(f"\n{found.path}")


def _as_json(found: Tuning) -> dict[str, Any]:
    return {
        "tuning": str(found.path),
        "valid_loss": found.value,
        f"valid_{found.headline}": found.score,
        "settings": found.best,
        "command": found.command,
    }
