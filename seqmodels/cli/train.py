"""`seqmodels train`: from arguments to a run."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqmodels.cli import options, terminal
from seqmodels.cli.options import Sizes, Task
from seqmodels.cli.terminal.scores import show_scores
from seqmodels.core.errors import InputError
from seqmodels.core.signals import Stop
from seqmodels.training.max_time import Budget, process_began

if TYPE_CHECKING:
    from seqmodels.runs.run import Run


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """Options of a new run that are not part of its plan."""

    check: Annotated[bool, typer.Option("--check", help="Look for mistakes and train nothing.")] = (
        False
    )
    allow_leak: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Train although the audit failed; see `inspect`."),
    ] = None
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time the run may take, as 10m: training stops in time."),
    ] = None
    no_baselines: Annotated[
        bool, typer.Option("--no-baselines", help="Fit no simple models to compare with.")
    ] = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Output:
    """Options of the output during training and at its end."""

    quiet: Annotated[
        bool, typer.Option("--quiet", help="Show no progress; warnings are shown.")
    ] = False
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Add a logger: json, tensorboard, mlflow."),
    ] = None
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Print a JSON object per event instead of a table.")
    ] = False
    as_json: options.Json = False

    @property
    def loggers(self) -> list[Any]:
        """The loggers, by name or as objects."""
        from seqmodels.training.loggers import JsonLines

        return [*(self.log or ()), *([JsonLines(sys.stdout)] if self.log_json else ())]


@options.grouped
def train(
    task: Task,
    sizes: Sizes,
    limits: Limits,
    output: Output,
    out: Annotated[Path | None, typer.Option(help="Run directory to make.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Continue a run that was stopped or killed.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Train again with the settings of RUN."),
    ] = None,
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
    if output.as_json and output.log_json:
        raise InputError("--json and --log-json both write to standard output: give one of them.")
    terminal.import_modules(imports)
    if resume is not None:
        options.refuse_more(
            f"--resume continues {resume} with its own settings", task, sizes, limits,
            but=("data",), like=like, out=out,
        )  # fmt: skip
        launch = options.tensorflow("runs.launch")
        how: dict[str, Any] = {"quiet": output.quiet, "log": output.loggers}
        _show(launch.resume(resume, data=task.data, **how), output)
    elif like is not None:
        options.refuse_more(
            f"--like repeats {like} with its own settings", task, sizes, limits,
            but=("data", "seed"),
        )  # fmt: skip
        launch = options.tensorflow("runs.launch")
        how = {"seed": task.seed, "out": out, "quiet": output.quiet, "log": output.loggers}
        run = launch.repeat(like, data=task.data, **how)
        _show(run, output)
        if not output.quiet:
            terminal.errors.print(launch.compared(like, run), markup=False, soft_wrap=True)
    else:
        _train(task, sizes, limits, output, out)


def _train(task: Task, sizes: Sizes, limits: Limits, output: Output, out: Path | None) -> None:
    """Train a new run, or check the arguments of it."""
    from seqmodels.runs.options import Options
    from seqmodels.training.check import check
    from seqmodels.training.loggers import opened
    from seqmodels.training.prepare import prepare
    from seqmodels.training.settings import merged, resolve

    dataset, what = task.named, task.arguments
    problems, budget, record, notes = _taken(out), None, {}, ()
    with _collected(problems):
        budget = Budget.of(limits.budget, process_began()) if limits.budget else None
    with _collected(problems):
        opened(output.loggers)
    with _collected(problems):
        how = Options(
            quiet=output.quiet, allow_leak=limits.allow_leak, budget=budget, log=output.loggers,
            baselines=not limits.no_baselines,
        )  # fmt: skip
    with _collected(problems):
        what["settings"] = merged(what["settings"], sizes.asked)
        config = resolve(dataset, **what)
        record = config.record()
        notes = check(config) if limits.check else ()
    if problems:
        raise InputError(problems)
    if limits.check:
        terminal.print_json(record) if output.as_json else print(_checked(record, notes))
        return
    with Stop():  # mistakes in the data show before TensorFlow is imported
        began = time.time()
        held = [prepare(config.made(), config)]
    reading = time.time() - began
    launch = options.tensorflow("runs.launch")
    with Stop():
        run = launch.begin(config, how, out, ready=held.pop, reading=reading)
    _show(run, output)


@contextlib.contextmanager
def _collected(problems: list[str]) -> Iterator[None]:
    """Add the problems of an InputError to a list, so that all are reported together."""
    try:
        yield
    except InputError as error:
        problems += error.problems


def _show(run: Run, output: Output) -> None:
    """Show the scores of a finished run. A quiet training has not shown its warnings before."""
    warnings = run.record["doubts"]
    for line in warnings if output.quiet else ():
        terminal.errors.print(f"Warning: {line}", markup=False, soft_wrap=True)
    if output.as_json:
        record = {"run": str(run.path), **run.evaluation.record(), "doubts": warnings}
        terminal.print_json(record)
    elif not output.log_json:  # its last line holds the scores
        show_scores(run.evaluation, run.model.head.headline)
        print(f"\n{run.path}")


def _checked(record: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Return the text for a plan without mistakes."""
    given = ", ".join(f"{name}={value!r}" for name, value in record["arguments"].items())
    what = f"Dataset {record['dataset']!r}{given and f', {given}'}"
    return "\n".join(
        [f"{what}; head {record['head']['name']!r}.", *notes, "Nothing wrong was found."]
    )


def _taken(out: Path | None) -> list[str]:
    if out is None or not out.exists():
        return []
    return [f"Run directory {str(out)!r} exists. Choose another, or remove it."]
