"""A process for each contestant, so that none shares its threads: a line of JSON asks, one answers.

{"do": "prepare", "work": "step", ...}   builds, and runs once to warm up
{"do": "measure"}                        runs, and tells wall and CPU seconds of one run
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from types import TracebackType
from typing import Any, Self

from contestants import CONTESTANTS, Job, Ready
from table import Clock

LEAST = 0.4  # seconds that a measure lasts at least, where up to MOST runs reach that
MOST = 50
REST = 0.05  # seconds before a measure: threads of the one before spin for a while


class Worker:
    """The asking side: one contestant in a process that lives until it is closed."""

    def __init__(self, name: str):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self.process = subprocess.Popen(
            [sys.executable, __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def prepare(self, job: Job) -> dict[str, Any]:
        """Return the seconds it took to build and to run first, and notes."""
        return self._ask({"do": "prepare", **job})

    def measure(self) -> dict[str, Any]:
        """Return the wall and CPU seconds of one run, and figures of its own."""
        return self._ask({"do": "measure"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.process.kill()
        self.process.communicate()  # closes its input, at which it ends
        self.errors.close()

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise ValueError("the worker has no pipes")
        line = ""
        if self.process.poll() is None:
            print(json.dumps(what), file=stdin, flush=True)
            line = stdout.readline()
        answer = json.loads(line or "null")
        if answer is None or "error" in answer:
            self.errors.seek(0)
            said = answer["error"] if answer else self.errors.read()
            raise SystemExit(f"{CONTESTANTS[self.name].title} failed at {what}:\n{said}")
        return answer


def serve(name: str) -> None:
    """The answering side: do what the lines of the standard input ask until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    prepared: Prepared | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked.pop("do") == "prepare":
                prepared = None
                gc.collect()
                prepared = Prepared(name, asked)
                found = prepared.told
            elif prepared is not None:
                found = prepared.measure()
            else:
                raise ValueError("nothing is prepared")
        except Exception:
            found = {"error": traceback.format_exc()}
        print(json.dumps(found), file=answers, flush=True)


class Prepared:
    """A piece of work that is built, has run once unless it is to start cold, and is timed."""

    def __init__(self, name: str, job: dict[str, Any]):
        contestant = CONTESTANTS[name]
        module = importlib.import_module(f"contestants.{contestant.module}")
        with Clock() as building:
            self.ready: Ready = getattr(module, job["work"])({**contestant.told, **job})
        self.times = 1
        about = getattr(module, "about", dict)()
        self.told: dict[str, Any] = {"build_s": building.wall, "notes": self.ready.notes | about}
        if job.get("cold"):
            return
        with Clock() as first:
            self.ready.run()
        with Clock() as second:
            self.ready.run()
        self.times = min(MOST, max(1, round(LEAST / second.wall)))
        self.told |= {"first_run_s": first.wall, "runs_a_measure": self.times}

    def measure(self) -> dict[str, Any]:
        time.sleep(REST)
        own: Any = None
        with Clock() as clock:
            for _ in range(self.times):
                own = self.ready.run()
        own = own if isinstance(own, dict) else {}
        pieces = self.times * self.ready.pieces
        return {"wall_s": clock.wall / pieces, "cpu_s": clock.cpu / pieces, **own}


if __name__ == "__main__":
    serve(sys.argv[1])
