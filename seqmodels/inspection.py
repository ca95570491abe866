"""What is in a dataset, part by part, before anything is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.audit import Audit, audit
from seqmodels.data import Dataset, Encoder
from seqmodels.errors import InputError
from seqmodels.leaks.material import Material
from seqmodels.registry import DATASETS, HEADS, Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 16_000_000  # numbers of a part that are looked at for ranges and missing values
CLASSES = 1000  # that are counted by name


@dataclass(frozen=True)
class Inspection:
    """What `inspect` found.

    Args:
        record: All of it as JSON types: "dataset", "target", "decided", "parts" (examples and
            lengths of each), "limit", "classes" or "numbers", "words", "channels", "groups",
            "heads", "problems", "audit".
        audit: The findings on leaks.
        figures: By name, for the page.
    """

    record: Mapping[str, Any]
    audit: Audit
    figures: Mapping[str, Figure] = dataclasses.field(repr=False)

    def page(self, path: str | Path) -> Path:
        """Write one HTML page with figures that needs no network, and return its path.

        Raises:
            InputError: There is such a file already, or it cannot be written.
        """
        from seqmodels.pages import embedded, write_page

        path = Path(path)
        if path.exists():
            raise InputError(f"The file {str(path)!r} exists. Choose another, or remove it.")
        drawn = {name: embedded(figure) for name, figure in self.figures.items()}
        try:
            write_page(path, "inspect.html", record=self.record, figures=drawn)
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
    """Describe a dataset and look for leaks in it, in full; trains nothing, saves nothing.

    Args:
        dataset: A registered name, the path of a file or folder, or the dataset itself.
        target: What is to be predicted. None: what `train` would take.
        data: File or folder of the data of a registered name.
        settings: As in `train`; those of the dataset matter: `{"dataset.group_by": "writer"}`.

    Raises:
        InputError: The data cannot be read, or there is no such target.
    """
    made, name, target, tasks = _made(dataset, target, data, dict(settings or {}))
    target = target or next(iter(made.train.targets))
    made.train.target(target)
    material, problems = Material(made, target), []
    lengths = _lengths(material, problems)
    limit = getattr(made.encoder, "length", None)
    found = audit(made, target)
    record = {
        "dataset": name,
        "target": target,
        "decided": list(made.says),
        "unit": "words" if material.texts is not None else "steps",
        "limit": limit,
        "parts": {
            part: {"examples": len(long), **_spread(long), **_cut(long, limit)}
            for part, long in lengths.items()
        },
        **_target(material, target),
        "words": _words(material, problems) if material.texts is not None else None,
        "channels": [] if material.texts is not None else _channels(material),
        "groups": _groups(material),
        "heads": _heads(made, target, tasks),
        "problems": list(dict.fromkeys(problems)),
        "audit": found.record(),
    }
    return Inspection(record, found, _figures(material, lengths, limit))


def _made(
    dataset: Any, target: str | None, data: Any, settings: dict[str, Any]
) -> tuple[Dataset, str, str | None, Mapping[str, Task]]:
    """Return the dataset, its name, the target and what its heads do."""
    from seqmodels.settings import resolve

    if isinstance(dataset, Dataset):
        return dataset, "in memory", target, {}
    silent = isinstance(dataset, str) and dataset in DATASETS and not DATASETS.get(dataset).tasks
    head = next(iter(HEADS)) if silent else None
    plan = resolve(dataset, head=head, target=target, data=data, settings=settings)
    tasks = DATASETS.get(plan.dataset).tasks
    return plan.made(), plan.dataset, plan.target, tasks


def _lengths(material: Material, problems: list[str]) -> dict[str, np.ndarray]:
    """Return the length of each example of each part, before any is cut."""
    if material.texts is None:
        return {name: np.asarray(r.lengths) for name, r in _rows(material)}
    whole = _unlimited(material.data.encoder)
    try:
        fitted = whole.fit(material.data.train.inputs)
        return {
            name: np.asarray(fitted.encode(part.inputs).lengths)
            for name, part in material.parts.items()
        }
    except InputError as error:
        problems += error.problems
    return {
        name: np.array([len(text.split()) for text in part.inputs])
        for name, part in material.parts.items()
    }


def _rows(material: Material) -> Any:
    return zip(material.parts, material.rows, strict=True)


def _unlimited(encoder: Encoder) -> Encoder:
    """Return the encoder without its limit of length, where it has one."""
    if dataclasses.is_dataclass(encoder) and getattr(encoder, "length", None) is not None:
        return dataclasses.replace(encoder, length=None)  # type: ignore[type-var]
    return encoder


def _spread(values: np.ndarray) -> dict[str, Any]:
    low, middle, high, most = np.quantile(values, [0, 0.5, 0.95, 1]).tolist()
    return {"min": low, "median": middle, "p95": high, "max": most}


def _cut(lengths: np.ndarray, limit: int | None) -> dict[str, Any]:
    """Return the shares of examples, and of steps, that a limit of length leaves out."""
    if limit is None:
        return {"cut": 0.0, "cut_steps": 0.0}
    over = np.maximum(lengths - limit, 0)
    return {"cut": float((over > 0).mean()), "cut_steps": float(over.sum() / lengths.sum())}


def _target(material: Material, target: str) -> dict[str, Any]:
    """Return how often each class is in each part, or the range of the numbers."""
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
        numbers[name] = {"missing": int(len(values) - len(there)), **_range(there)}
    return {"classes": None, "numbers": numbers}


def _range(values: np.ndarray) -> dict[str, Any]:
    """Return min, median, mean, max and standard deviation; None of nothing."""
    if not len(values):
        return dict.fromkeys(("min", "median", "mean", "max", "std"))
    measured = (values.min(), np.median(values), values.mean(), values.max(), values.std())
    return dict(zip(("min", "median", "mean", "max", "std"), map(float, measured), strict=True))


def _words(material: Material, problems: list[str]) -> dict[str, Any] | None:
    """Return how much of the test texts the vocabulary of the training texts knows."""
    from seqmodels.encoders import splitting

    encoder = material.data.encoder
    edges = material.edges
    texts = material.texts or []
    counts = splitting.count(texts[: edges[1]])
    in_test = splitting.count(texts[edges[-2] :])
    try:
        fitted: Any = encoder.fit(material.data.train.inputs)
        kept = set(getattr(fitted, "vocabulary", None) or counts)
    except InputError as error:
        problems += error.problems
        kept = set(counts)
    total = max(sum(in_test.values()), 1)
    return {
        "train": len(counts),
        "kept": len(kept),
        "known": sum(n for word, n in in_test.items() if word in kept) / total,
        "seen": sum(n for word, n in in_test.items() if word in counts) / total,
    }


def _channels(material: Material) -> list[dict[str, Any]]:
    """Return range, missing values and constancy of each channel of the training part."""
    values = _values(material, 0)
    if values.ndim == 1 or values.dtype.kind not in "fiub":
        return []
    columns = getattr(material.data.encoder, "columns", None) or range(values.shape[1])
    test, rows = _values(material, len(material.rows) - 1), []
    for c, name in zip(range(values.shape[1]), columns, strict=False):
        there = np.isfinite(values[:, c])
        known = values[there, c].astype(np.float64)
        there_test = np.isfinite(test[:, c])
        late = test[there_test, c]
        low, high = (known.min(), known.max()) if len(known) else (-np.inf, np.inf)
        beyond = float(((late < low) | (late > high)).mean()) if len(late) else 0.0
        missing = int((~there).sum() + (~there_test).sum())
        rows.append({"channel": str(name), "missing": missing, "constant": bool(low == high),
                     **_range(known), "beyond": beyond})  # fmt: skip
    return rows


def _values(material: Material, part: int) -> np.ndarray:
    """Return the steps of one part, [L, C]; of large ones, those of examples drawn at random."""
    rows = material.rows[part]
    if material.windows_share():
        return np.asarray(
            rows.values[int(rows.starts.min()) : int((rows.starts + rows.lengths).max())]
        )
    size = np.asarray(rows.values[:1]).size
    most = max(1, int(MOST / size / max(float(np.mean(rows.lengths)), 1)))
    if most < len(rows):
        rows = rows.take(np.sort(np.random.default_rng(0).permutation(len(rows))[:most]))
    return np.concatenate([np.asarray(row) for row in rows])


def _groups(material: Material) -> dict[str, Any]:
    """Return how many there are of each kind of group, by part, and how many are shared."""
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
    """Return which registered heads fit the target; of the others, why not."""
    found = {}
    for name in HEADS:
        task = tasks.get(name)
        told = dict(task.head) if task and task.target in (None, target) else {}
        part: Any = HEADS.get(name)
        try:
            part(**told).fit(data.train.target(target))
            says = ", ".join(f"{key}={value!r}" for key, value in told.items())
            found[name] = {"fits": True, "says": f"with {says}" if told else ""}
        except InputError as error:
            found[name] = {"fits": False, "says": str(error)}
        except TypeError:
            found[name] = {"fits": False, "says": f"Head {name!r} needs settings of its own."}
    return found


def _figures(
    material: Material, lengths: Mapping[str, np.ndarray], limit: int | None
) -> dict[str, Figure]:
    from seqmodels import plots

    unit = "words" if material.texts is not None else "steps"
    edges = zip(material.parts, material.edges[:-1], material.edges[1:], strict=True)
    shown = {}
    if min(map(np.min, lengths.values())) < max(map(np.max, lengths.values())):
        shown["lengths"] = plots.spread(dict(lengths), f"length in {unit}", "Lengths", limit)
    if material.classes is not None:
        kinds = len(material.names)
        by_part = {n: np.bincount(material.classes[a:b], minlength=kinds) for n, a, b in edges}
        shown["classes"] = plots.balance(by_part, material.names)
    elif material.numbers is not None:
        numbers = {n: material.numbers[a:b] for n, a, b in edges}
        shown["target"] = plots.spread(numbers, "target", "Target")
    if material.texts is None and material.rows[0].values.ndim == 2:
        few = [np.asarray(material.row(i), dtype=np.float64) for i in range(min(5, material.count))]
        shown["examples"] = plots.examples(few)
    return shown
