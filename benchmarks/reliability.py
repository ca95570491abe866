"""Faults tried on purpose, and survived: kills, full disks, damaged and hostile files, bad inputs.

    python benchmarks/reliability.py                 everything, and docs/reliability.md
    python benchmarks/reliability.py --only disks --count 5

Writes reliability.json and, from all that is in it, the page docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the tests kill runs and forge files by the same means
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from faults import Tried, damage, disks, inputs, kills  # noqa: E402
from faults.tests import tries as tested  # noqa: E402
from reliability_page import write_page  # noqa: E402
from table import save, show  # noqa: E402

from seqmodels.core.machine import machine, versions  # noqa: E402

MODELS = ["test_hostile_models.py", "test_model_files.py"]
READERS = [
    "test_texts.py", "test_texts_broken.py", "test_texts_folders.py", "test_texts_inputs.py",
    "test_tables.py", "test_sequences_ts.py", "test_sequences_rows.py",
    "test_sequences_folders.py", "test_sequences_broken.py", "test_sequences_new.py",
    "test_strokes.py", "test_strokes_inkml.py", "test_strokes_formats.py", "test_strokes_new.py",
    "test_strokes_broken.py", "test_sound_files.py", "test_speech_encoder.py",
    "test_speech_folders.py", "test_series_files.py", "test_series_latest.py",
    "test_handwriting.py", "test_imdb.py", "test_imdb_archive.py", "test_imdb_npz.py",
    "test_reading.py",
]  # fmt: skip
WRONG = "refused or broken or malformed or wrong or damaged or named or mistake or bad or cannot"
WRONG += " or empty or missing or hostile or error"

# Tests of these files in which nothing goes wrong.
SOUND = "known_without or is_the_saved_one or new_process or plain_files or copied_anywhere"
SOUND += " or is_no_path or no_depth"
SMOOTH = "fetched_once or md5_will_do or an_encoding or of_the_environment or argument_of"
SMOOTH += " or asked_instead or plain_lines or second_time or is_needed or users_folder or a_bar"

Tries = Callable[[Path, int], Iterable[Tried]]


def _hostile(folder: Path, count: int) -> Iterator[Tried]:
    return tested(MODELS, f"not ({SOUND})", "refused, named, nothing run, nothing built")


def _downloads(folder: Path, count: int) -> Iterator[Tried]:
    return tested(
        ["test_download.py", "test_download_shared.py"],
        f"not ({SMOOTH})",
        "mended, or told with what to do",
    )


def _wrong(folder: Path, count: int) -> Iterator[Tried]:
    return tested([*READERS, "test_cli.py"], WRONG, "told with what to do, nothing written")


# What is tried, how often, and what it is called on the page.
FAMILIES: dict[str, tuple[Tries, int, str]] = {
    "kills": (kills.tries, 40, "Runs killed with SIGKILL, then gone on with"),
    "disks": (disks.tries, 200, "A full or failing disk, at every write of a run"),
    "damage": (damage.tries, 300, "Damaged files of models, runs and checkpoints"),
    "hostile": (_hostile, 0, "Hostile model files (tests)"),
    "downloads": (_downloads, 0, "Downloads that go wrong (tests)"),
    "inputs": (inputs.tries, 25, "Damaged data files of nine formats"),
    "wrong": (_wrong, 0, "Wrong data and wrong commands (tests)"),
}


def main() -> None:
    """Try, count, save, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=FAMILIES, nargs="+", default=list(FAMILIES))
    parser.add_argument("--count", type=int, help="in place of each family's own number")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = parser.parse_args()
    path = asked.out / "reliability.json"
    found = json.loads(path.read_text()) if path.is_file() else {}
    for name in asked.only:
        tries, count, title = FAMILIES[name]
        started = time.time()
        with tempfile.TemporaryDirectory() as folder:
            rows = _counted(tries(Path(folder), asked.count or count))
        found[name] = {"title": title, "seconds": round(time.time() - started), "faults": rows}
        show(title, rows)
        found["made_with"] = {**machine(), "versions": versions()}
        save(path, found)
    write_page(asked.page, found, asked.out / "mutations.json")


def _counted(tried: Iterable[Tried]) -> list[dict[str, Any]]:
    """Return how often each fault was tried and survived, and what came of it."""
    times, survived, outcomes = Counter(), Counter(), {}
    for one in tried:
        times[one.what] += 1
        survived[one.what] += one.survived
        outcomes.setdefault(one.what, Counter())[one.outcome] += 1
        if not one.survived:
            print(f"NOT SURVIVED: {one.what}: {one.outcome}", file=sys.stderr)
    return [
        {"fault": what, "tried": times[what], "survived": survived[what],
         "outcomes": dict(outcomes[what].most_common())}
        for what in times
    ]  # fmt: skip


if __name__ == "__main__":
    main()
