"""Says which files have changed since the figures of docs/speed.md that depend on them.

    python benchmarks/stale.py

It never fails: figures are measured again on a quiet machine, not at each change.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MEASURES = "benchmarks/results/speed.json"
DEPENDS = (
    "seqmodels", ":!seqmodels/cli", ":!seqmodels/tuning", ":!seqmodels/sklearn",
    "benchmarks/contestants", "benchmarks/rows.py", "benchmarks/tutorial.py",
    "benchmarks/worker.py", "pyproject.toml",
)  # fmt: skip
SHOWN = 5


def main() -> None:
    found = json.loads((ROOT / MEASURES).read_text(encoding="utf-8"))
    for line in lines(commits(found["rows"])):
        print(line)


def commits(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the rows by the commit that they were measured at."""
    found: dict[str, list[str]] = {}
    for name, row in rows.items():
        found.setdefault(row.get("commit") or written(), []).append(name)
    return found


def written() -> str:
    """Return the commit that wrote the measures, for rows that name none; empty: unknown."""
    return git("log", "-1", "--format=%h", "--", MEASURES).strip()


def lines(rows: Mapping[str, list[str]]) -> list[str]:
    """Return a sentence for each commit."""
    told = []
    for commit, names in rows.items():
        rows_are = f"{len(names)} row{'s' * (len(names) > 1)} of docs/speed.md"
        what = f"{rows_are}, measured at {commit or 'an unknown commit'}"
        try:
            changed = git("diff", "--name-only", commit.removesuffix("-dirty"), "--", *DEPENDS)
        except subprocess.CalledProcessError:
            told.append(f"{what}: this checkout lacks that commit.")
            continue
        files = changed.split()
        some = f": {', '.join(files[:SHOWN])}" if files else ""
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        told.append(f"{what}: {len(files)} files have changed since{some}{more}.")
    return told


def commit() -> str | None:
    """Return what is checked out, for a row that is measured; None: this is no checkout."""
    try:
        return git("describe", "--always", "--dirty", "--exclude=*").strip()
    except (subprocess.CalledProcessError, OSError):
        return None


def git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    main()
