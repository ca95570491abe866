"""The page docs/speed.md, written from what `benchmarks/speed.py` measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from goals import held
from medians import OURS, SCALE, Measured, middle, ratio
from speed_figures import draw
from table import cell

PAGE = """# Speed

How fast seqmodels trains and answers on a CPU, beside stock Keras, Keras with XLA, PyTorch's
`nn.LSTM` and ONNX Runtime. Made by `python benchmarks/speed.py`; all measures are in
`benchmarks/results/speed.json`.

{machine}

Each contestant runs in its own process. In every round each of them is measured once, in the same
order. Figures are medians over the rounds. A cell shows *wall · CPU* time, and in brackets the
multiples of our times; CPU time is that of all threads of the process. Imports are not included.
Small differences are noise: the JSON file has the smallest and the largest ratio of single rounds.

## The goals

{goals}

A goal is reached when both ratios reach it. PyTorch runs with its own choice of threads or with one
thread, whichever is faster.

{figures}

## One training step

Milliseconds of one step of the tutorial's network, `Embedding(5000, 15)`, an LSTM and one output:
128 rows of 300 steps without padding, so that skipping padding gains nothing. A step is embedding,
LSTM, loss, gradient and Adam. For Keras that is `train_on_batch`, for PyTorch the usual four lines,
both on a prepared batch. For us it is the loop of `train`, which includes making batches and
keeping metrics.

{step}

Its growth with length and with batch, at 10 units:

{growth}

## The tutorial, end to end

Seconds from the file of reviews to the test scores, for the well-known Keras tutorial as people
write it (padding on the left to 300, no mask), the same in PyTorch, and `--preset tutorial`. Each
seed and each contestant starts in a fresh process. Our time includes the report, its figures and
the saved model. Keras and PyTorch read the file with our reader, which is about as fast as the
reader of Keras.

{tutorial}

## Answers

Keras, PyTorch and ONNX Runtime have the weights of our trained model. Keras is used as people
write it: reviews padded on the left to 300, batches of 32 or 256, whichever is faster. PyTorch
(packed) and ONNX Runtime (`sequence_lens`) get our batches of 256 reviews of similar length. Their
answers agree with our model to {difference}, and so do those of Keras for reviews of 300 steps or
more. "From text" starts from strings, all others from ids.

{predict}

## Strokes and windows

Seconds of one training epoch. All learn the same network, without dropout: for strokes an LSTM
of 64 units in two directions, for windows an LSTM of 32 units. Stock Keras pads to the longest of
all rows; PyTorch pads to the longest row of each batch. If lengths differ, Keras masks and PyTorch
packs. Of MNIST as strokes only the first drawings are used, so that Keras needs less than a minute.

{epochs}

## Memory

Peak resident megabytes of `train`, above those of an idle process that has imported seqmodels and
TensorFlow. A training on 2,000 windows shows the memory that every training needs, whatever its
data.

{memory}
"""


def write_page(found: Mapping[str, Any], docs: Path) -> None:
    """Write the page, and the figures that it shows."""
    rows: Mapping[str, Measured] = found.get("rows", {})
    (docs / "figures").mkdir(parents=True, exist_ok=True)
    names = draw(rows, docs / "figures")
    captions = {
        "speed.png": "Wall time as a multiple of ours",
        "speed-growth.png": "Wall milliseconds of one training step",
    }
    figures = "\n\n".join(f"![{captions[name]}](figures/{name})" for name in names)
    shown = {"step": ("step",), "growth": ("growth",), "epochs": ("strokes", "windows")}
    tables = {
        name: _table([row for row in rows.values() if row["part"] in parts])
        for name, parts in shown.items()
    }
    page = PAGE.format(
        machine=_machine(found),
        goals=_markdown(held(rows)),
        figures=figures,
        predict=_answers([row for row in rows.values() if row["part"] == "predict"]),
        tutorial=_tutorial(rows.get("tutorial")),
        difference=_difference(rows.get("predict/all")),
        memory=_memory([row for row in rows.values() if row["unit"] == "MB"]),
        **tables,
    )
    (docs / "speed.md").write_text(page, encoding="utf-8")


def _machine(found: Mapping[str, Any]) -> str:
    rows = found.get("rows", {}).values()
    notes = [row["found"].get(OURS, {}).get("notes", {}) for row in rows]
    told = [[one[key] for key in ("engine", "instructions") if key in one] for one in notes]
    engines = " and ".join(sorted({", ".join(one) for one in told if one})) or "-"
    loads = [row["load_before"] for row in rows]
    commits = " and ".join(dict.fromkeys(row["commit"] for row in rows if row.get("commit")))
    busy = f"; load average before a row {min(loads)} to {max(loads)}" if loads else ""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return (
        f"On: {found['processor']}, {found['cores']} cores, {found['memory_gb']} GB, "
        f"{' '.join(found['instruction_sets'])}; {found['system']}{busy}. Our engine: {engines}. "
        f"With {versions}." + (f" Measured at commit {commits}." if commits else "")
    )


def _table(rows: list[Measured]) -> str:
    """Return a line for each row and a column for each contestant."""
    whom = list(dict.fromkeys(who for row in rows for who in row["found"]))
    lines = []
    for row in rows:
        line = {"": row["says"], "unit": row["unit"]}
        lines.append(line | {who: _cell(row, who) for who in whom})
    return _markdown(lines)


def _cell(row: Measured, who: str) -> str:
    if who not in row["found"]:
        return "-"
    keys, times = ("wall_s", "cpu_s"), SCALE[row["unit"]]
    text = " · ".join(_digits(times * middle(row, who, key)) for key in keys)
    ratios = [ratio(row, who, key) for key in keys]
    if who == OURS or None in ratios:
        return text
    return f"{text} ({' · '.join(f'{each:.3g}x' for each in ratios)})"


def _answers(rows: list[Measured]) -> str:
    """Return a line for each contestant and a column for each row."""
    whom = dict.fromkeys(who for row in rows for who in row["found"])
    names = [f"{row['says']}, {row['unit']}" for row in rows]
    return _markdown(
        [
            {"": who} | {name: _cell(row, who) for name, row in zip(names, rows, strict=True)}
            for who in whom
        ]
    )


def _digits(value: float) -> str:
    """Return a number to three digits."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _tutorial(row: Measured | None) -> str:
    if row is None:
        return _markdown([])
    lines = []
    for who, entry in row["found"].items():
        measures = entry["measures"]
        line = {"": who, "whole, s": _cell(row, who)}
        line["training alone, s"] = " · ".join(
            cell(middle(row, who, key)) for key in ("training s", "training CPU s")
        )
        for name in ("test accuracy", "test loss"):
            values = [one[name] for one in measures]
            least, most = min(values), max(values)
            line[name] = f"{middle(row, who, name):.4f} ({least:.4f} to {most:.4f})"
        lines.append(line | {"seeds": len(measures)})
    return _markdown(lines)


def _memory(rows: list[Measured]) -> str:
    lines = []
    for row in rows:
        for who, entry in row["found"].items():
            series, above = entry["notes"].get("series_mb"), middle(row, who, "above_idle_mb")
            line: dict[str, Any] = {"work": row["says"], "": who, "above idle, MB": above}
            line |= {"idle process, MB": middle(row, who, "idle_mb"), "the series, MB": series}
            lines.append(line | {"times the series": series and above / series})
    return _markdown(lines)


def _difference(row: Measured | None) -> str:
    """Return how far the answers of others are from ours at most."""
    notes = [entry.get("notes", {}) for entry in row["found"].values()] if row else []
    apart = [value for one in notes for key, value in one.items() if "difference" in key and value]
    return f"{max(apart):.1g}" if apart else "-"


def _markdown(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Not run yet."
    names = list(rows[0])
    lines = [names, ["---" if isinstance(rows[0][name], str) else "---:" for name in names]]
    lines += [[cell(row[name]) for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
