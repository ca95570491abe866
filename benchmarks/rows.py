"""What `benchmarks/speed.py` measures: the rows of each part, and who does them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contestants import CONTESTANTS, Job

PARTS = {  # and about how long each takes on two cores
    "step": "one training step, by units and directions: 8 minutes",
    "tutorial": "the Keras tutorial, five epochs, end to end, five seeds: 12 minutes",
    "predict": "25,000 test reviews, and one short one: 4 minutes",
    "strokes": "one epoch of pendigits, and of MNIST as strokes: 4 minutes",
    "windows": "one epoch of ETTh1 in windows of 96 steps: 2 minutes",
    "memory": "peak memory of training on reviews, and on a million windows: 3 minutes",
    "growth": "one training step, by length and by batch: 4 minutes",
}
STEP: Job = {
    "work": "step", "words": 5000, "embed": 15, "length": 300, "batch": 128, "units": 10,
    "directions": 1,
}  # fmt: skip
UNITS, DIRECTIONS = (10, 32, 64, 128, 256), (1, 2)
LENGTHS, BATCHES = (50, 100, 200, 400, 800), (16, 32, 64, 128, 256, 512)
DRAWINGS = 6400  # of MNIST's 60,000: an epoch of all takes Keras minutes
SHORT = 20  # words


class Entry(NamedTuple):
    """Who does a piece of work, and what is told to it."""

    contestant: str
    job: Job


@dataclass(frozen=True)
class Row:
    """One piece of work.

    Args:
        name: Part and sizes, "step/10/1".
        says: The same for people.
        unit: Of times in tables, "ms" or "s"; "MB" where memory is what counts.
        entries: Who does it, by the name in tables; the first is ours.
        rounds: Measures of each.
        make: What must be made of the published files first, for `published.py`.
        fresh: Every measure has a process of its own, with nothing run before it.
    """

    name: str
    says: str
    unit: str
    entries: Mapping[str, Entry]
    rounds: int
    make: Job | None = None
    fresh: bool = False

    @property
    def part(self) -> str:
        return self.name.partition("/")[0]


class Asked(NamedTuple):
    """What rows depend on.

    Attributes:
        data: Folder of the published files.
        folder: Where what is made of them is put.
        sizes: For the part step: units, directions, length, batch; where not the usual ones.
        trial: Do a small fraction of everything.
    """

    data: Path
    folder: Path
    sizes: Mapping[str, Any]
    trial: bool = False

    @property
    def reviews(self) -> str:
        return str(self.data / "imdb" / "imdb.npz")

    @property
    def series(self) -> str:
        return str(self.data / "ett" / "ETTh1.csv")


def rows_of(parts: Sequence[str], asked: Asked) -> list[Row]:
    """Return the rows of these parts, in the order of `PARTS`."""
    makers = {
        "step": steps,
        "tutorial": tutorial,
        "predict": predictions,
        "strokes": strokes,
        "windows": windows,
        "memory": memory,
        "growth": growth,
    }
    return [row for part, of in makers.items() if part in parts for row in of(asked)]


def steps(asked: Asked) -> Iterator[Row]:
    for directions in asked.sizes.get("directions", DIRECTIONS[: 1 if asked.trial else 2]):
        for units in asked.sizes.get("units", UNITS[: 1 if asked.trial else None]):
            job = {**STEP, "units": units, "directions": directions}
            job |= {k: v for k, v in asked.sizes.items() if k in ("length", "batch")}
            says = f"{units} units, {('one direction', 'two directions')[directions - 1]}"
            who = _everyone(job, "ours", "keras", "xla", "torch", "torch1")
            yield Row(f"step/{units}/{directions}", says, "ms", who, 5)


def growth(asked: Asked) -> Iterator[Row]:
    sizes = [("length", "steps", n) for n in LENGTHS[: 1 if asked.trial else None]]
    sizes += [("batch", "rows", n) for n in BATCHES[: 1 if asked.trial else None]]
    for name, unit, n in sizes:
        who = _everyone({**STEP, name: n}, "ours", "keras", "torch")
        yield Row(f"growth/{name}/{n}", f"{name} of {n} {unit}", "ms", who, 3)


def tutorial(asked: Asked) -> Iterator[Row]:
    epochs = 1 if asked.trial else 5
    job = {"work": "tutorial", "reviews": asked.reviews, "epochs": epochs, "cold": True}
    who = _everyone(job, "ours", "bare", "keras", "torch")
    yield Row(
        "tutorial",
        "five epochs, end to end" if epochs == 5 else "one epoch, end to end",
        "s",
        who,
        5,
        fresh=True,
    )


def predictions(asked: Asked) -> Iterator[Row]:
    folder = str(asked.folder)
    limit = 600 if asked.trial else None
    make = _make("reviews", path=asked.reviews, folder=folder, limit=limit)
    job = {"work": "predict", "folder": folder}
    who = _everyone(job, "ours", "keras", "torch", "torch1", "onnx")
    who["seqmodels, from text"] = Entry("ours", {**job, "work": "predict_text"})
    yield Row("predict/all", f"{limit or 25_000:,} reviews", "s", who, 3, make)
    job = {"work": "latency", "folder": folder, "length": SHORT}
    who = _everyone(job, "ours", "torch", "onnx")
    keras = {"Keras predict": "latency", "Keras predict, padded to 300": "latency_padded"}
    keras["Keras model(x)"] = "latency_call"
    who |= {title: Entry("keras", {**job, "work": work}) for title, work in keras.items()}
    who["seqmodels, from text"] = Entry("ours", {**job, "work": "latency_text"})
    yield Row("predict/one", f"one review of {SHORT} words", "ms", who, 5, make)


def strokes(asked: Asked) -> Iterator[Row]:
    for source, title, most, batch in (
        ("pendigits", "pendigits", 7494, 64),
        ("mnist_strokes", "MNIST strokes", DRAWINGS, 128),
    ):
        count = 300 if asked.trial else most
        file = str(asked.folder / f"{source}.npz")
        path = str(asked.data / source)
        make = _make("strokes", path=path, target=file, source=source, limit=count)
        job = {"work": "epoch", "file": file, "units": 64, "directions": 2, "outputs": 10}
        who = _everyone({**job, "batch": batch}, "ours", "keras", "torch", "torch1")
        yield Row(f"strokes/{source}", f"{title}, {count:,} drawings", "s", who, 3, make)


def windows(asked: Asked) -> Iterator[Row]:
    file = str(asked.folder / "ett.npz")
    count = 300 if asked.trial else 8544
    make = _make("windows", path=asked.series, target=file, limit=count)
    job = {"work": "epoch", "file": file, "units": 32, "directions": 1, "outputs": 1, "batch": 64}
    who = _everyone(job, "ours", "keras", "torch", "torch1")
    says = f"ETTh1, {count:,} windows of 96 steps"
    yield Row("windows/ett", says, "s", who, 3, make)


def memory(asked: Asked) -> Iterator[Row]:
    job: Job = {"work": "memory_reviews", "reviews": asked.reviews, "cold": True}
    who = _everyone(job, "ours", "keras")
    yield Row("memory/reviews", "the tutorial, one epoch", "MB", who, 2, fresh=True)
    for count in (2_000,) if asked.trial else (2_000, 1_000_000):
        job = {"work": "memory_windows", "series": asked.series, "windows": count, "cold": True}
        who, says = _everyone(job, "ours"), f"{count:,} windows of 96 steps, one epoch"
        yield Row(f"memory/windows/{count}", says, "MB", who, 2, fresh=True)


def _everyone(job: Job, *contestants: str) -> dict[str, Entry]:
    return {CONTESTANTS[name].title: Entry(name, job) for name in contestants}


def _make(what: str, **arguments: Any) -> Job:
    return {"what": what, "arguments": arguments}
