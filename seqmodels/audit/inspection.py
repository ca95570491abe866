"""`inspect`: description of a dataset by part, with an audit for leaks; trains nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.audit import inputs
from seqmodels.audit.checks import Audit, audit
from seqmodels.audit.material import Material
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS, HEADS, Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Inspection:
    """Result of `inspect`.

    Args:
        record: The result as JSON types: "dataset", "target", "decided", "parts" (examples and
            lengths of each), "limit", "classes" or "numbers", "words", "channels", "groups",
            "heads", "problems", "audit".
        audit: The findings on leaks.
        figures: Figures of the page by name.
    """

    record: Mapping[str, Any]
    audit: Audit
    figures: Mapping[str, Figure] = dataclasses.field(repr=False)

    def page(self, path: str | Path) -> Path:
        """Write one HTML page with figures that needs no network, and return its path.

        Raises:
            InputError: The file exists, or cannot be written.
        """
        from seqmodels.report.pages import drawn, write_page

        path = Path(path)
        if path.exists():
            raise InputError(f"The file {str(path)!r} exists. Choose another, or remove it.")
        figures = [drawn(figure, name) for name, figure in self.figures.items()]
        try:
            write_page(path, "inspect.html", record=self.record, figures=figures)
        except OSError as error:
            raise InputError(f"Cannot write {str(path)!r}: {error.strerror or error}.") from None
        return path

    def __str__(self) -> str:
        counts = ", ".join(f"{part['examples']:,} {name}" for name, part in self._parts())
        lines = [f"{self.record['dataset']}: {self.record['target']}; {counts}"]
        return "\n".join([*lines, *self.audit.lines(), f"Leaks: {self.audit.verdict}"])

    def _parts(self) -> Any:
        return self.record["parts"].items()


def inspect(
    dataset: str | Path | Dataset,
    *,
    target: str | None = None,
    data: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> Inspection:
    """Describe a dataset and search all of it for leaks. Trains nothing and saves nothing.

    Args:
        dataset: A registered name, the path of a file or folder, or a dataset.
        target: Name of the target. None: the target that `train` would predict.
        data: File or folder of the data of a registered name.
        settings: As in `train`; only dataset settings matter: `{"dataset.group_by": "writer"}`.

    Raises:
        InputError: The data cannot be read, or there is no such target.
    """
    made, name, target, aims = _made(dataset, target, data, dict(settings or {}))
    target = target or next(iter(made.train.targets), None)
    if target is None:
        raise InputError(f"Dataset {name!r} has no target: give its examples one, or target=.")
    made.train.target(target)
    material, problems = Material(made, target), []
    lengths = inputs.lengths(material, problems)
    limit = getattr(made.encoder, "length", None)
    found = audit(made, target)
    record = {
        "dataset": name,
        "target": target,
        "decided": list(made.notes),
        "unit": "words" if material.texts is not None else "steps",
        "limit": limit,
        "parts": {
            part: {"examples": len(long), **inputs.spread(long), **inputs.cut(long, limit)}
            for part, long in lengths.items()
        },
        **_target(material, target),
        "words": inputs.words(material, problems) if material.texts is not None else None,
        "channels": [] if material.texts is not None else inputs.channels(material),
        "groups": _groups(material),
        "heads": _heads(made, target, aims),
        "problems": list(dict.fromkeys(problems)),
        "audit": found.record(),
    }
    return Inspection(record, found, _figures(material, target, lengths, limit))


def _made(
    dataset: Any, target: str | None, data: Any, settings: dict[str, Any]
) -> tuple[Dataset, str, str | None, Mapping[str, Task]]:
    """Return the dataset, its name, its target, and the tasks of its heads."""
    from seqmodels.training.settings import resolve

    if isinstance(dataset, Dataset):
        return dataset, "in memory", target, {}
    silent = isinstance(dataset, str) and dataset in DATASETS and not DATASETS.get(dataset).tasks
    head = next(iter(HEADS)) if silent else None
    config = resolve(dataset, head=head, target=target, data=data, settings=settings)
    tasks = dict(DATASETS.get(config.dataset).tasks)
    asked = target or settings.get("target")
    if asked is not None and config.target == asked:  # a target of a task, not a column
        tasks = {name: task for name, task in tasks.items() if task.target in (None, asked)}
    return config.made(), config.dataset, config.target, tasks


def _target(material: Material, target: str) -> dict[str, Any]:
    """Return the counts of each class by part, or the ranges of the numbers."""
    parts = material.parts
    by_part = zip(parts, material.edges[:-1], material.edges[1:], strict=True)
    if material.classes is not None:
        codes, k = material.classes, len(material.names)
        counts = {name: np.bincount(codes[a:b], minlength=k).tolist() for name, a, b in by_part}
        rows = [
            {"class": one, **{name: counts[name][i] for name in parts}}
            for i, one in enumerate(material.names)
        ]
        return {"classes": rows, "numbers": None}
    if material.numbers is None:
        return {"classes": None, "numbers": None}
    numbers = {}
    for name, a, b in by_part:
        values = material.numbers[a:b]
        there = values[np.isfinite(values)]
        numbers[name] = {"missing": int(len(values) - len(there)), **inputs.extent(there)}
    return {"classes": None, "numbers": numbers}


def _groups(material: Material) -> dict[str, Any]:
    """Return the number of groups by part, and the number that test and training share."""
    found = {}
    for name in material.data.train.groups:
        kinds = {
            part: set(np.unique(np.asarray(examples.groups[name]).astype(str)).tolist())
            for part, examples in material.parts.items()
            if name in examples.groups
        }
        seen = set().union(*(kinds[part] for part in kinds if part != "test"))
        shared = len(seen & kinds.get("test", set()))
        found[name] = {**{part: len(one) for part, one in kinds.items()}, "shared": shared}
    return found


def _heads(data: Dataset, target: str, tasks: Mapping[str, Task]) -> dict[str, Any]:
    """Return whether each registered head fits its target, and why not."""
    found = {}
    for name in HEADS:
        task = tasks.get(name) or Task(target, "")
        aim = task.target or target
        needs = [f"{key}={value!r}" for key, value in task.head.items()]
        needs += [f"target {aim!r}"] if aim != target else []
        part: Any = HEADS.get(name)
        if part.reads == "next":
            found[name] = {"fits": True, "says": "the next step of each input; reads no target"}
            continue
        try:
            part(**task.head).fit(data.train.target(aim))
            found[name] = {"fits": True, "says": f"with {', '.join(needs)}" if needs else ""}
        except InputError as error:
            found[name] = {"fits": False, "says": str(error)}
        except TypeError:
            found[name] = {"fits": False, "says": f"Head {name!r} needs settings of its own."}
        except Exception as error:  # of a user's own head
            found[name] = {"fits": False, "says": f"{type(error).__name__}: {error}"}
    return found


def _figures(
    material: Material, target: str, lengths: Mapping[str, np.ndarray], limit: int | None
) -> dict[str, Figure]:
    from seqmodels.plots import charts

    unit = "words" if material.texts is not None else "steps"
    edges = zip(material.parts, material.edges[:-1], material.edges[1:], strict=True)
    shown = {}
    if min(map(np.min, lengths.values())) < max(map(np.max, lengths.values())):
        shown["lengths"] = charts.spread(dict(lengths), f"length in {unit}", "Lengths", limit)
    if material.classes is not None:
        kinds = len(material.names)
        by_part = {n: np.bincount(material.classes[a:b], minlength=kinds) for n, a, b in edges}
        shown["classes"] = charts.balance(by_part, material.names)
    elif material.numbers is not None:
        numbers = {n: material.numbers[a:b] for n, a, b in edges}
        shown["target"] = charts.spread(numbers, target, "Target")
    if material.texts is None and material.rows[0].values.ndim == 2:
        few = [np.asarray(material.row(i), dtype=np.float64) for i in range(min(5, material.count))]
        columns = getattr(material.data.encoder, "columns", None)
        named = columns if columns and len(columns) == few[0].shape[1] else None
        shown["examples"] = charts.examples(few, named)
    return shown
