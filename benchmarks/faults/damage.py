"""Files of a run and of a model that are changed: a byte flipped, an end cut off, a file gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from survival import train

from faults import Tried

INPUTS = [[[0, 0, 5, 13, 9, 1, 0, 0]] * 8, [[0, 0, 13, 15, 10, 15, 5, 0]] * 3]


def tries(folder: Path, count: int) -> Iterator[Tried]:
    """Damage each file so many times; the model may not answer, and nothing may crash."""
    import seqmodels as sm
    from seqmodels.training.checkpoints import Checkpoints

    rng = np.random.default_rng(0)
    train("digits", folder / "run", 1000)
    model = folder / "run" / "model"
    answers = sm.load(model).predict(INPUTS).rows()
    for path in sorted(model.iterdir()):
        yield from _each(
            path, rng, count, "model", lambda: sm.load(model).predict(INPUTS).rows() == answers
        )
    for path in sorted(
        one for one in (folder / "run").iterdir() if one.suffix in (".json", ".csv")
    ):
        kind = f"{path.name} of a run"
        yield from _each(
            path, rng, count, kind, lambda: len(sm.Run(folder / "run").predictions) > 0, True
        )
    states = Checkpoints(folder)
    for step in (1, 2):
        states.save(0, step, {"now": np.arange(1000.0) * step})
    newest = max(folder.glob("*.npz"))
    for what, data in _damaged(newest.read_bytes(), rng, count):
        kept = newest.read_bytes()
        newest.write_bytes(data)
        told: list[str] = []
        found = states.newest(told.append)
        good = found is not None and found["now"][1] == 1 and newest.name in told[0]
        newest.write_bytes(kept)
        says = "named, and the one before it taken"
        yield Tried(f"checkpoint: {what}", says if good else f"taken: {told}", good)


def _each(
    path: Path,
    rng: np.random.Generator,
    count: int,
    kind: str,
    opens: Callable[[], bool],
    may_open: bool = False,
) -> Iterator[Tried]:
    from seqmodels.core.errors import InputError

    kept = path.read_bytes()
    for what, data in [*_damaged(kept, rng, count), ("gone", None)]:
        path.unlink() if data is None else path.write_bytes(data)
        try:
            opens()
            good, says = may_open, "opened" if may_open else "opened without a word"
        except InputError as error:
            named = path.name in str(error)
            good = named or may_open
            says = "refused, the file named" if named else "refused, what is wrong named"
        except Exception as error:
            good, says = False, f"{type(error).__name__}: {error}"
        path.write_bytes(kept)
        yield Tried(f"{kind}: {what}", says, good)


def _damaged(data: bytes, rng: np.random.Generator, count: int) -> Iterator[tuple[str, bytes]]:
    for place in rng.integers(0, len(data), count).tolist():
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(rng.integers(8))
        yield "a bit flipped", bytes(flipped)
    for end in rng.integers(0, len(data), count // 4).tolist():
        yield "its end cut off", data[:end]
    for end in rng.integers(1, 4096, count // 4).tolist():
        yield "bytes added", data + rng.bytes(end)
    yield "emptied", b""
