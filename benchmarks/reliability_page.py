"""The page docs/reliability.md, written from what `benchmarks/reliability.py` counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = """# Reliability

Faults caused on purpose, and their outcomes. Made by `python benchmarks/reliability.py`; all counts
are in `benchmarks/results/reliability.json`. [The page of runs](runs.md) states the promises.

{summary}

"Survived" means:

- A killed run that was resumed ended with the weights, history, scores and answers of an
  undisturbed run, to the bit.
- The message about a failing disk named the file. Nothing was left half-written, and no saved state
  was lost.
- A damaged or changed model was refused, and the message named the file.
- Wrong data were read, or refused with a message and no traceback.

Made on {machine}.

{families}
{mutations}"""

MUTATIONS = """## Mutations

`python benchmarks/mutations.py` makes one small change to the code at a time; a test should fail.
`benchmarks/mutations_explained.toml` explains each change that no test notices and that changes no
answer. Constants and defaults outside functions, f-strings, and an `if` without an operator are not
changed.
"""


def write_page(path: Path, found: Mapping[str, Any], mutations: Path) -> None:
    """Write the page.

    Args:
        path: The file to write.
        found: What `reliability.json` holds.
        mutations: The JSON of `mutations.py`, if it is there.
    """
    families = {name: part for name, part in found.items() if name != "made_with"}
    lines = ["| | tried | survived |", "|---|---:|---:|"]
    total = Counter()
    for part in families.values():
        tried, survived = (sum(row[key] for row in part["faults"]) for key in ("tried", "survived"))
        total.update(tried=tried, survived=survived)
        lines.append(f"| {part['title']} | {tried:,} | {survived:,} |")
    lines.append(f"| **all** | **{total['tried']:,}** | **{total['survived']:,}** |")
    made = found["made_with"]
    text = PAGE.format(
        summary="\n".join(lines),
        machine=f"{made['processor']}, {_cores(made['cores'])}, {made['system']}, "
        f"TensorFlow {made['versions']['tensorflow']}, Keras {made['versions']['keras']}",
        families="\n".join(_family(part) for part in families.values()),
        mutations=_mutations(mutations),
    )
    path.write_text(text.rstrip() + "\n", encoding="utf-8")


def _cores(count: int) -> str:
    return f"{count} core" if count == 1 else f"{count} cores"


def _family(part: Mapping[str, Any]) -> str:
    lines = [f"## {part['title']}", "", "| fault | tried | survived | what came of it |",
             "|---|---:|---:|---|"]  # fmt: skip
    for row in part["faults"]:
        outcomes = row["outcomes"]
        told = next(iter(outcomes)) if len(outcomes) == 1 else ", ".join(
            f"{says}: {count:,}" for says, count in outcomes.items()
        )  # fmt: skip
        lines.append(f"| {row['fault']} | {row['tried']:,} | {row['survived']:,} | {told} |")
    return "\n".join([*lines, ""])


def _mutations(path: Path) -> str:
    if not path.is_file():
        return ""
    from mutations import rows as table_rows

    rows = table_rows(json.loads(path.read_text()))
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|---|" + "---:|" * (len(names) - 1)]
    for row in rows:
        file, *counts = row.values()
        lines.append(" | ".join([f"| {file}", *(f"{count:,}" for count in counts)]) + " |")
    return "\n".join([MUTATIONS, *lines, ""])
