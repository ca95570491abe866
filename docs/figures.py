"""The figures of these pages, drawn from runs made for them.

Run `python docs/figures.py` for what needs no download (a minute on two cores), or with
`--data FOLDER` for imdb, pendigits, weather and sales in that folder too (five minutes).
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import seqmodels as sm
from seqmodels.core.registry import DATASETS
from seqmodels.plots import charts
from seqmodels.report.answers import Answers
from seqmodels.report.figures import reliability

FOLDER = Path(__file__).parent / "figures"
OFFLINE = [
    ("digits", {"head": "multiclass"}, {"confusion": "digits-confusion"}),
    ("digits", {"head": "regression"}, {"predicted against actual": "digits-against"}),
]
WITH_DATA = [
    ("imdb", {"preset": "tutorial"}, {"roc": "imdb-roc", "reliability": "imdb-reliability"}),
    ("handwriting", {}, {"confusion": "handwriting-confusion"}),
    (
        "series",
        {"preset": "delhi-climate"},
        {"in order": "delhi-in-order", "predicted against actual": "delhi-against"},
    ),
    ("series", {"preset": "sales-quartile"}, {"confusion": "sales-confusion"}),
]
ANSI = [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255)]
ANSI += [(188, 140, 255), (57, 197, 207), (214, 222, 230)]
THEME = TerminalTheme((13, 17, 23), (214, 222, 230), ANSI)


def main(data: Annotated[Path | None, typer.Option(help="Folder of public data.")] = None) -> None:
    """Draw every figure."""
    FOLDER.mkdir(exist_ok=True)
    if data is not None:
        os.environ["SEQMODELS_DATA"] = str(data.resolve())
    with tempfile.TemporaryDirectory() as folder:
        draw_terminal(["seqmodels train digits"], "terminal", Path(folder))
        for number, (dataset, asked, names) in enumerate(OFFLINE + (WITH_DATA if data else [])):
            draw(dataset, asked, names, Path(folder) / str(number))


def draw(dataset: str, asked: dict[str, Any], names: dict[str, str], out: Path) -> None:
    """Train, and save those of the head's figures that have a name here."""
    run = sm.train(dataset, **asked, out=out, quiet=True)
    print(dataset, asked, run.scores, run.baselines)
    given = {name: value for name, value in run.record["arguments"].items() if value is not None}
    test = DATASETS.get(dataset).make(**given).test
    truth = test.target(run.record["target"])
    prediction = run.predict(test.inputs)
    figures = run.model.head.figures(truth, prediction)
    answers = Answers.of(run.model.head, truth, prediction)
    if answers is not None and answers.probabilities is not None:
        rows, _, of = answers.calibration()
        figures["reliability"] = reliability(rows, of)
    for name, figure in figures.items():
        if name in names:
            charts.save(figure, FOLDER / f"{names[name]}.png")


def draw_terminal(commands: list[str], name: str, folder: Path) -> None:
    """Save what commands print as a picture of a terminal; long trainings are shortened."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": here, "COLUMNS": "108"}
    screen = Console(record=True, width=108, file=(folder / "unused").open("w"))
    for command in commands:
        found = subprocess.run(
            command, shell=True, cwd=folder, env=environment, text=True, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        screen.print(f"[bold green]$[/] [bold]{command}[/]")
        for line in shortened(found.stdout.splitlines()):
            screen.print(Text(line, style="bold cyan" if line.startswith("model ") else ""))
    picture = screen.export_svg(title="seqmodels", theme=THEME)
    # Fonts are those of the reader: a page must not ask another server for one.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


def shortened(lines: list[str]) -> list[str]:
    """Leave out the middle epochs."""
    epochs = [i for i, line in enumerate(lines) if line.startswith("epoch")]
    hidden = set(epochs[2:-2])
    return [
        "..." if i in hidden else line
        for i, line in enumerate(lines)
        if i not in hidden or i == min(hidden)
    ]


if __name__ == "__main__":
    typer.run(main)
