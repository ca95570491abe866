"""Data files that are damaged as files are in life; each is read, or refused by name."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from faults import Tried

WORDS = ("late", "parcel", "broken", "screen", "wrong", "size", "very", "happy", "quick", "reply")


def tries(folder: Path, count: int) -> Iterator[Tried]:
    """Damage a good file of each format so many times, and read it."""
    import seqmodels as sm

    rng = np.random.default_rng(0)
    for name, write in FORMATS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        whole = folder / Path(name).parts[0]
        sm.read(whole)  # the good file, or the trial means nothing
        kept = path.read_bytes()
        for what, data in _damaged(kept, rng, count):
            path.write_bytes(data)
            try:
                sm.read(whole)
                says, good = "read", True
            except sm.InputError as error:
                says, good = "refused with a message", bool(error.problems)
            except Exception as error:
                says, good = f"{name}: {type(error).__name__}: {error}"[:200], False
            yield Tried(what, says, good)
        path.write_bytes(kept)


def _damaged(data: bytes, rng: np.random.Generator, count: int) -> Iterator[tuple[str, bytes]]:
    """Return damages that files meet: in transfer, in an editor, in another program."""
    lines = data.split(b"\n")
    for _ in range(count):
        place = int(rng.integers(len(data)))
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(rng.integers(8))
        yield "a bit flipped", bytes(flipped)
        yield "its end cut off", data[:place]
        yield "a piece gone", data[:place] + data[place + int(rng.integers(1, 200)) :]
        yield "a piece twice", data[:place] + data[max(0, place - 50) :]
        yield "zeros in the middle", data[:place] + b"\0" * 64 + data[place + 64 :]
        row = int(rng.integers(len(lines)))
        yield "a line gone", b"\n".join(lines[:row] + lines[row + 1 :])
        yield "a line of something else", b"\n".join([*lines[:row], b"Total;;;", *lines[row:]])
        yield "another file's bytes", rng.bytes(place)
    yield "nothing in it", b""
    yield "UTF-16", data.decode("latin-1").encode("utf-16")
    yield "ends of lines of Windows", data.replace(b"\n", b"\r\n")
    yield "a mark of the byte order first", b"\xef\xbb\xbf" + data


def _reviews(n: int = 120) -> list[tuple[str, str]]:
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(n):
        label = ("bad", "good")[rng.integers(2)]
        words = [*rng.choice(WORDS, rng.integers(4, 16)), {"bad": "poor", "good": "fine"}[label]]
        rows.append((" ".join(rng.permutation(words)), label))
    return rows


def _csv(path: Path) -> None:
    path.write_text("\n".join(["text,label", *(f'"{t}",{label}' for t, label in _reviews())]))


def _tsv(path: Path) -> None:
    path.write_text("\n".join(f"{label}\t{t}" for t, label in _reviews()))


def _json_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps({"text": t, "label": k}) for t, k in _reviews()))


def _series(path: Path) -> None:
    rng = np.random.default_rng(2)
    days = np.arange("2021-01-01", "2022-06-01", dtype="datetime64[D]")
    level = 50 + np.cumsum(rng.normal(size=len(days)))
    rows = [f"{day},{price:.2f}" for day, price in zip(days, level, strict=True)]
    path.write_text("\n".join(["date,price", *rows]))


def _waves(n: int = 40, steps: int = 30) -> list[tuple[int, np.ndarray]]:
    rng = np.random.default_rng(3)
    made = []
    for i in range(n):
        rate = (1, 2)[i % 2]
        made.append((rate, np.sin(rate * np.arange(steps) / 4) + 0.3 * rng.normal(size=steps)))
    return made


def _ucr(path: Path) -> None:
    rows = ["\t".join([str(k), *(f"{v:.4f}" for v in row)]) for k, row in _waves()]
    path.write_text("\n".join(rows))


def _ts(path: Path) -> None:
    head = ["@problemName waves", "@timeStamps false", "@univariate true", "@equalLength true",
            "@seriesLength 30", "@classLabel true 1 2", "@data"]  # fmt: skip
    rows = [",".join(f"{v:.4f}" for v in row) + f":{k}" for k, row in _waves()]
    path.write_text("\n".join([*head, *rows]))


def _arff(path: Path) -> None:
    head = ["@relation waves", *(f"@attribute a{i} numeric" for i in range(30)),
            "@attribute target {1,2}", "@data"]  # fmt: skip
    path.write_text("\n".join([*head, *(",".join([*(f"{v:.4f}" for v in r), str(k)])
                                        for k, r in _waves())]))  # fmt: skip


def _drawings(path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for i in range(60):
        x, y = (np.cumsum(rng.integers(-9, 10, 12)) + 128 for _ in range(2))
        word = ("cat", "axe")[i % 2]
        rows.append({"word": word, "recognized": True, "key_id": str(i), "countrycode": "DE",
                     "timestamp": "2017-01-01 00:00:00 UTC",
                     "drawing": [[x.tolist(), y.tolist()]]})  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows))


def _sounds(path: Path) -> None:
    rng = np.random.default_rng(5)
    for i in range(16):
        tone = np.sin(np.arange(4000) * (0.1, 0.3)[i % 2]) + 0.1 * rng.normal(size=4000)
        name = path.parent.parent / ("low", "high")[i % 2] / f"{i}.wav"
        name.parent.mkdir(exist_ok=True)
        with wave.open(str(path if i == 0 else name), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((8000 * tone).astype("<i2").tobytes())


FORMATS: dict[str, Callable[[Path], None]] = {
    "texts.csv": _csv,
    "texts.tsv": _tsv,
    "texts.jsonl": _json_lines,
    "series.csv": _series,
    "waves.txt": _ucr,
    "waves.ts": _ts,
    "waves.arff": _arff,
    "drawings.ndjson": _drawings,
    "sounds/low/0.wav": _sounds,
}
