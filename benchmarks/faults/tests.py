"""Faults that the tests try one by one: hostile files, broken downloads, inputs that are wrong."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from defusedxml import ElementTree

from faults import Tried

ROOT = Path(__file__).parents[2]


def tries(files: list[str], words: str, says: str) -> Iterator[Tried]:
    """Run tests of these files whose names hold certain words; each is a fault.

    Args:
        files: Names in `tests/`.
        words: As `pytest -k` takes them; empty: all.
        says: What a test that passes has shown, in words.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-m", "not slow", "-k",
                   words, f"--junitxml={report}", *(f"tests/{name}" for name in files)]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
        for case in ElementTree.parse(report).iterfind(".//testcase"):
            if case.find("skipped") is not None:
                continue
            wrong = case.find("failure") is not None or case.find("error") is not None
            name = case.get("name", "")
            what = name.partition("[")[0].removeprefix("test_").replace("_", " ")
            yield Tried(what, f"failed: {name}" if wrong else says, not wrong)
