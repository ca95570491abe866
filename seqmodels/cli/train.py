"""`seqmodels train`: from arguments to a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.terminal import tables
from seqmodels.core.errors import InputError
from seqmodels.training.allowance import Budget, process_began

if TYPE_CHECKING:
    from seqmodels.runs.run import Run


@terminal.guarded
def train(
    dataset: Annotated[
        str | None, typer.Argument(help="A registered name (see `list`), or a file or folder.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="What is predicted: see `list`.")] = None,
    target: Annotated[str | None, typer.Option(help="What is predicted: a column.")] = None,
    group: options.Group = None,
    group_by: options.GroupBy = None,
    preset: Annotated[str | None, typer.Option(help="Named settings of the dataset.")] = None,
    data: options.Data = None,
    units: Annotated[int | None, typer.Option(help="Width of each LSTM layer.")] = None,
    layers: Annotated[int | None, typer.Option(help="LSTM layers.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data, at most.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Examples per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam.")] = None,
    settings: options.Settings = None,
    seed: Annotated[
        int | None, typer.Option(help="Of everything that is random.", show_default="0")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Examples of each part, at most.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory to make.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a stopped or killed run.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Train once more what RUN was asked for."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look for mistakes and train nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress; doubts are told.")] = False,
    allow_leak: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Train although the audit says FAIL; see `inspect`."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time the run may take, as 10m: what fits is trained."),
    ] = None,
    no_baselines: Annotated[
        bool, typer.Option("--no-baselines", help="Fit no simple models to compare with.")
    ] = False,
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Tell a logger, too: json, tensorboard, mlflow."),
    ] = None,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Print a JSON object for each event, and no table.")
    ] = False,
    as_json: options.Json = False,
    imports: options.Import = None,
) -> None:
    """Train, score on the test part, and leave a run directory.

    For example:

    `seqmodels train digits`

    `seqmodels train imdb --head binary --set dataset.words=10000 --epochs 5`

    `seqmodels train reviews.csv --target sentiment`

    `seqmodels train series --data sales.csv --set dataset.target=price --check`

    `seqmodels train --resume runs/imdb-binary-1`

    `seqmodels train --like runs/imdb-binary-1`
    """
    if as_json and log_json:
        raise InputError("--json and --log-json both write to standard output: give one of them.")
    terminal.import_modules(imports)
    from seqmodels.training.plan import check as check_plan
    from seqmodels.training.settings import resolve as resolved

    if resume is not None or like is not None:
        given = {
            "DATASET": dataset, "--head": head, "--target": target, "--preset": preset,
            "--group": group, "--group-by": group_by, "--units": units, "--layers": layers,
            "--epochs": epochs, "--batch-size": batch_size, "--learning-rate": learning_rate,
            "--set": settings, "--limit": limit, "--check": check or None,
            "--allow-leak": allow_leak, "--budget": budget,
            "--no-baselines": no_baselines or None,
        }  # fmt: skip
        _again(resume, like, data, seed, out, quiet, given, as_json, _loggers(log, log_json))
        return
    time_to_run = Budget(budget, process_began()) if budget else None
    if dataset is None:
        raise InputError("Name a dataset: `seqmodels list` shows those there are.")
    asked = options.settings_of(settings)
    short = {
        "dataset.group": ",".join(group) if group else None,
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
        "seed": seed or 0, "limit": limit,
    }  # fmt: skip
    problems, record, says = _taken(out), {}, ()
    try:
        plan = resolved(dataset, **what)
        record = plan.record()
        if check:
            says = check_plan(plan)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    if check:
        terminal.print_json(record) if as_json else print(_asked(record, says))
        return
    loggers = _loggers(log, log_json)
    asked_of_run = {"out": out, "quiet": quiet, "allow_leak": allow_leak, "log": loggers}
    asked_of_run |= {"budget": time_to_run, "baselines": not no_baselines}
    run = options.tensorflow("runs.launch").train(dataset, **what, **asked_of_run)
    _finish(run, as_json, quiet, told=log_json)


def _again(
    resume: Path | None,
    like: Path | None,
    data: Path | None,
    seed: int | None,
    out: Path | None,
    quiet: bool,
    given: dict[str, Any],
    as_json: bool,
    log: list[Any],
) -> None:
    """Go on with a run, or repeat one."""
    if resume is not None:
        given |= {"--like": like, "--seed": seed, "--out": out}
    extra = [name for name, value in given.items() if value is not None]
    if extra:
        option, does = ("--resume", "goes on with") if resume is not None else ("--like", "repeats")
        raise InputError(
            f"{option} {does} what was asked of {resume or like} and takes no {', '.join(extra)}."
        )
    launch = options.tensorflow("runs.launch")
    told = any(not isinstance(one, str) for one in log)
    if resume is not None:
        _finish(launch.resume(resume, data=data, quiet=quiet, log=log), as_json, quiet, told)
        return
    run = launch.repeat(like, data=data, seed=seed, out=out, quiet=quiet, log=log)
    _finish(run, as_json, quiet, told)
    if not quiet:
        terminal.errors.print(launch.compared(like, run), markup=False, soft_wrap=True)


def _loggers(names: list[str] | None, log_json: bool) -> list[Any]:
    from seqmodels.training.loggers import JsonLines

    return [*(names or ()), *([JsonLines(sys.stdout)] if log_json else ())]


def _finish(run: Run, as_json: bool, quiet: bool, told: bool) -> None:
    """Show what a finished run found; `told`: its last line of JSON has said so.

    Where a quiet training has not told its doubts, they are told here.
    """
    doubts = run.record["doubts"]
    for line in doubts if quiet else ():
        terminal.errors.print(f"Doubt: {line}", markup=False, soft_wrap=True)
    if told:
        return
    if as_json:
        record = {"run": str(run.path), **run.evaluation.record(), "doubts": doubts}
        terminal.print_json(record)
        return
    tables.show_scores(run.evaluation, run.model.head.headline)
    print(f"\n{run.path}")


def _asked(record: Mapping[str, Any], says: Sequence[str]) -> str:
    """Return what a plan in which nothing is wrong would do, and that it is so."""
    given = ", ".join(f"{name}={value!r}" for name, value in record["arguments"].items())
    what = f"Dataset {record['dataset']!r}{given and f', {given}'}"
    told = [f"{what}; head {record['head']['name']!r}.", *says, "Nothing wrong was found."]
    return "\n".join(told)


def _taken(out: Path | None) -> list[str]:
    if out is None or not out.exists():
        return []
    return [f"Run directory {str(out)!r} exists. Choose another, or remove it."]
