"""`seqmodels tune`: from arguments to the best settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.options import Task
from seqmodels.cli.terminal.scores import show_scores
from seqmodels.core.numbers import number

if TYPE_CHECKING:
    from seqmodels.tuning import Tuning


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fixed(Task):
    """Options that choose the data and the prediction, with settings that are not searched."""

    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--fix",
            "--set",
            metavar="NAME=VALUE",
            help="Give a setting of `list DATASET` a fixed value; it is not searched.",
        ),
    ] = None


@options.grouped
def tune(
    task: Fixed,
    trials: Annotated[
        int | None, typer.Option(help="Trials to finish. Default: 50, or as recorded.")
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RANGE",
            help="Setting to search: `backbone.units=16:128:log`, `dataset.words=5000,20000`.",
        ),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory of the search; an existing one is continued.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Continue a search, or join a running one.")
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Then train with the best settings, and score it.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Search for good settings by many short trainings. The test part is not read.

    Searches learning rate, units, layers, dropout, and the settings that the dataset declares,
    unless they are fixed. Needs Optuna: `pip install optuna`.

    For example:

    `seqmodels tune digits --trials 30`

    `seqmodels tune imdb --search dataset.words=5000,10000 --fix training.batch_size=32`

    `seqmodels tune --resume tune/imdb-binary-1 --trials 100`
    """
    terminal.import_modules(imports)
    from seqmodels import tuning

    how: dict[str, Any] = {"minutes": minutes, "quiet": quiet}
    if resume is not None:
        who = f"--resume continues {resume} with its own settings"
        options.refuse_more(who, task, search=search, out=out)
        options.tensorflow("tuning.objective")  # hides its start-up lines
        found = tuning.resume(resume, trials=trials, **how)
    else:
        from seqmodels.tuning.search import planned

        dataset, asked, ranges = task.named, task.arguments, ranges_of(search)
        count = 50 if trials is None else trials
        planned({"dataset": dataset, **asked}, ranges, count, minutes)  # before TensorFlow
        options.tensorflow("tuning.objective")
        found = tuning.tune(dataset, trials=count, search=ranges, out=out, **asked, **how)
    if not as_json:
        _show(found)
    run = found.train(quiet=quiet) if train else None
    if as_json:
        scored = {"run": str(run.path), "scores": run.scores} if run else {}
        terminal.print_json(_as_json(found) | scored)
    elif run:
        show_scores(run.evaluation, run.model.head.headline)
        print(f"\n{run.path}")


def ranges_of(given: list[str] | None) -> dict[str, str]:
    """Return `--search NAME=RANGE` by name; NAME alone searches all values of the setting."""
    pairs = [entry.partition("=") for entry in given or []]
    return {name.strip(): text for name, _, text in pairs}


def _show(found: Tuning) -> None:
    """Show the best settings and the command that trains with them."""
    from seqmodels.core.arguments import text_of

    if not found.best:
        print(f"No trial is complete. Continue with: seqmodels tune --resume {found.path}")
        return
    score = f"{found.headline.replace('_', ' ')} {number(found.score)}"
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
