"""The files that drawings of digits come in, checked as they are read."""

from pathlib import Path

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences

PUBLISHERS = {
    "pendigits": "UCI publishes them at https://archive.ics.uci.edu/dataset/81",
    "mnist-strokes": (
        "Edwin de Jong publishes the strokes as text at "
        "https://github.com/edwin-de-jong/mnist-digits-stroke-sequence-data; save them as "
        "arrays 'points' [L, 4], 'offsets' [N + 1] and 'labels' [N]"
    ),
}


def pendigits(path: Path) -> Examples:
    """Read lines of 8 points and a digit: 17 whole numbers with commas between them."""
    rows: list[list[int]] = []
    problems = []
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = [int(field) for field in line.split(",")]
        except ValueError:
            row = []
        if len(row) == 17 and min(row) >= 0 and max(row[:16]) <= 100 and row[16] <= 9:
            rows.append(row)
        else:
            problems.append(f"line {number} is {line[:60]!r}")
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise InputError(
            f"{path}: a line needs 16 whole numbers from 0 to 100 and a digit from 0 to 9, with "
            f"commas between them; {'; '.join(problems[:5])}{more}. Fetch the file again: "
            f"{PUBLISHERS['pendigits']}."
        )
    if not rows:
        raise InputError(f"{path} is empty. Fetch the file again: {PUBLISHERS['pendigits']}.")
    table = np.array(rows)  # [N, 17]
    points = table[:, :16].astype(np.float32).reshape(-1, 2)  # [N * 8, 2]
    starts = np.arange(len(table)) * 8
    drawings = Sequences(points, starts, np.full(len(table), 8))
    return Examples(drawings, {"digit": _names(table[:, 16])})


def mnist_strokes(path: Path) -> Examples:
    """Read the arrays of one part; an offset is the index of a drawing's first point."""
    arrays = _arrays(path, {"points": 2, "offsets": 1, "labels": 1})
    points, labels = arrays["points"], arrays["labels"]
    offsets = arrays["offsets"].astype(np.int64)
    n, steps = len(labels), len(points)
    problems = []
    if points.shape[1] != 4:
        problems.append(f"'points' needs the shape [L, 4], got {list(points.shape)}")
    elif not np.isin(points[:, 2:], (0, 1)).all():
        problems.append("the last two columns of 'points' (end of stroke, of digit) need 0 or 1")
    if n == 0:
        problems.append("there are no drawings")
    if len(offsets) != n + 1:
        problems.append(f"'offsets' needs {n + 1} numbers for {n} labels, got {len(offsets)}")
    elif offsets[0] != 0 or offsets[-1] != steps or (np.diff(offsets) < 1).any():
        problems.append(f"'offsets' must rise from 0 to {steps}, at least one point a drawing")
    elif not problems and not np.array_equal(np.flatnonzero(points[:, 3]), offsets[1:] - 1):
        problems.append("the end of digit (column 3 of 'points') is not where 'offsets' say")
    odd = sorted(set(labels.tolist()) - set(range(10)))
    if odd:
        problems.append(f"'labels' need digits from 0 to 9, got {some(odd)}")
    _refuse(path, problems)
    drawings = Sequences(np.ascontiguousarray(points[:, :3]), offsets[:-1], np.diff(offsets))
    return Examples(drawings, {"digit": _names(labels)})


def _arrays(path: Path, dimensions: dict[str, int]) -> dict[str, np.ndarray]:
    """Return arrays of whole numbers by name; nothing that is pickled is loaded."""
    arrays: dict[str, np.ndarray] = {}
    problems = []
    try:
        with path.open("rb") as file:  # NumPy leaves a file of its own open when it fails
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("one array, not an archive of several")
            arrays = {name: archive[name] for name in dimensions if name in archive}
    except Exception as error:  # a broken archive fails in more ways than NumPy documents
        problems.append(f"it is not a whole NumPy archive ({error})")
    else:
        for name, ndim in dimensions.items():
            array = arrays.get(name)
            if array is None:
                problems.append(f"there is no array {name!r}")
            elif array.dtype.kind not in "iu" or array.ndim != ndim:
                problems.append(
                    f"{name!r} needs whole numbers in {ndim} dimensions, got {array.dtype} "
                    f"in {array.ndim}"
                )
    _refuse(path, problems)
    return arrays


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        source = PUBLISHERS["mnist-strokes"]
        raise InputError(f"{path}: {'; '.join(problems)}. Fetch the file again: {source}.")


def _names(digits: np.ndarray) -> list[str]:
    return [str(digit) for digit in digits.tolist()]
