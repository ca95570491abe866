"""Contestants take turns: in each round each of them once, in the same order."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import stale
from contestants import Job
from rows import Entry, Row
from worker import Worker


def measured(
    rows: list[Row], contestants: list[str], rounds: int | None
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Yield each row with what was measured; processes live as long as their part.

    Args:
        rows: Of one part after the other.
        contestants: Those that take part.
        rounds: Instead of the row's own.
    """
    made: list[Job] = []
    for part in dict.fromkeys(row.part for row in rows):
        with ExitStack() as stack:
            workers: dict[str, Worker] = {}
            for row in (one for one in rows if one.part == part):
                who = {t: e for t, e in row.entries.items() if e.contestant in contestants}
                if not who:
                    continue
                if row.make is not None and row.make not in made:
                    with Worker("ours") as worker:
                        worker.prepare({"work": "make", "cold": True, **row.make})
                    made.append(row.make)
                if not row.fresh:
                    for title, entry in who.items():
                        if title not in workers:
                            workers[title] = stack.enter_context(Worker(entry.contestant))
                print(f"{row.name} ...", file=sys.stderr)
                told: dict[str, Any] = {"part": part, "says": row.says, "unit": row.unit}
                told["load_before"] = round(os.getloadavg()[0], 2)
                told["commit"] = stale.commit()
                times = rounds or row.rounds
                found = _fresh(who, times) if row.fresh else _kept_alive(who, workers, times)
                jobs = {title: dict(entry.job) for title, entry in who.items()}
                yield row, {**told, "jobs": jobs, "found": found}


def _kept_alive(
    who: Mapping[str, Entry], workers: Mapping[str, Worker], rounds: int
) -> dict[str, Any]:
    found = {title: {**workers[title].prepare(who[title].job), "measures": []} for title in who}
    for _ in range(rounds):
        for title in who:
            found[title]["measures"].append(workers[title].measure())
    return found


def _fresh(who: Mapping[str, Entry], rounds: int) -> dict[str, Any]:
    """Measure in a process that starts for each measure and ends with it."""
    found: dict[str, Any] = {title: {"measures": []} for title in who}
    for number in range(rounds):
        for title, entry in who.items():
            with Worker(entry.contestant) as worker:
                found[title] |= worker.prepare({**entry.job, "round": number})
                found[title]["measures"].append(worker.measure())
    return found
