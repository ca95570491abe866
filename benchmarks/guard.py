"""Holds what a run costs beside its training to a limit: CPU time of the preset 'tutorial'.

    python benchmarks/guard.py

It makes as many reviews as IMDB has, of made-up words, and needs no file. Beside training are
reading, encoding, the audit, baselines, intervals, figures and the report; imports are not
counted. Fails above the limit; a busy machine is given some slack.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

LIMIT = 1.2  # CPU seconds beside training, for each CPU second of training
SLACK = 1.25  # times the limit, on a machine that has other work
REVIEWS = 25_000  # of each part, as IMDB has
WORDS = 30_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reviews", type=int, default=REVIEWS, help="of each part")
    parser.add_argument("--epochs", type=int, default=5)
    asked = parser.parse_args()
    sys.exit(guard(asked.reviews, asked.epochs))


def guard(reviews: int = REVIEWS, epochs: int = 5) -> int:
    """Measure one run, print what it took, and return 1 where that is above the limit."""
    from contestants.ours import import_all
    from tutorial import ours

    import_all()
    with tempfile.TemporaryDirectory(prefix="guard-") as folder:
        found = ours(made_up(Path(folder), reviews), 0, epochs)
    part = beside(found)
    most = LIMIT * SLACK
    print(
        f"CPU seconds of the preset 'tutorial': training {found['training CPU s']}, beside it "
        f"{found['whole CPU s'] - found['training CPU s']:.1f}, {part:.2f} times as many. "
        f"The limit is {LIMIT}, with slack {most:.2f}: {'kept' if part <= most else 'BROKEN'}."
    )
    return int(part > most)


def beside(found: dict[str, Any]) -> float:
    """Return the CPU seconds beside training over those of training."""
    return (found["whole CPU s"] - found["training CPU s"]) / found["training CPU s"]


def made_up(folder: Path, reviews: int) -> Path:
    """Write made-up reviews as Keras's imdb.npz has them, and the word list; return the file.

    Words are as frequent as in a language (Zipf's law); a few of them say what the label is.
    """
    rng = np.random.default_rng(0)
    share = np.cumsum(1 / np.arange(1, WORDS + 1))
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        labels = rng.permutation(np.arange(reviews) % 2)
        lengths = np.clip(rng.lognormal(5.2, 0.6, reviews), 10, 1500).astype(int)
        ids = 1 + np.searchsorted(share, share[-1] * rng.random(lengths.sum()))
        telling = rng.random(len(ids)) < 0.03
        ids[telling] = 300 + 2 * rng.integers(0, 100, telling.sum())
        ids[telling] += np.repeat(labels, lengths)[telling]
        rows = np.empty(reviews, object)
        rows[:] = [row.tolist() for row in np.split(ids, np.cumsum(lengths)[:-1])]
        arrays |= {f"x_{part}": rows, f"y_{part}": labels}
    np.savez(folder / "imdb.npz", allow_pickle=True, **arrays)
    index = {_word(number): number for number in range(1, WORDS + 1)}
    (folder / "imdb_word_index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder / "imdb.npz"


def _word(number: int) -> str:
    """Return a word of letters, another one for each number; frequent words are short."""
    letters = ""
    while number:
        number, letter = divmod(number, 20)
        letters += "aeioubcdfghlmnprstvz"[letter] + "e"
    return letters


if __name__ == "__main__":
    main()
