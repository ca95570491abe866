"""The kernel's C++ under the sanitizers of the compiler, without TensorFlow and without Python.

Compiles the tests in `tests/cpp/` with the kernel and runs them twice: once to find reads and
writes out of bounds, leaks and undefined behaviour, once to find data races. Exits with 1 where a
sanitizer or a test finds something. A sanitizer that is not installed, or does not run on this
system, is skipped with the reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNEL = ROOT / "seqmodels" / "nn" / "engines" / "kernel"
TESTS = ROOT / "tests" / "cpp"
SANITIZERS = {
    "address and undefined behaviour": "-fsanitize=address,undefined -fno-sanitize-recover=all",
    "threads": "-fsanitize=thread",
}
BUILD = ["-std=c++17", "-O0", "-g", "-fno-omit-frame-pointer", f"-I{KERNEL}"]
LIBRARIES = ["-pthread", "-ldl"]
SECONDS = 300  # for one compilation or one program, on a machine that does other work


@dataclass(frozen=True)
class Program:
    """A test in C++: its sources, and its arguments under a sanitizer."""

    name: str
    sources: list[Path]
    arguments: dict[str, list[str]]


PROGRAMS = [
    Program(
        "kernels",
        [TESTS / "kernel_test.cpp", KERNEL / "lstm.cpp", KERNEL / "adam.cpp"],
        {},
    ),
    # ThreadSanitizer does not support threads that a child of fork() starts.
    Program("threads", [TESTS / "threads_test.cpp"], {"threads": ["--no-fork"]}),
]


def main() -> int:
    """Print a line for each program under each sanitizer; return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", choices=["address", "threads"], help="one sanitizer; default: both"
    )
    only = parser.parse_args().only
    compiler = shutil.which(os.environ.get("CXX", "g++")) or shutil.which("c++")
    if compiler is None:
        print("skipped: there is no C++ compiler")
        return 0
    chosen = [name for name in SANITIZERS if only is None or name.startswith(only)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for name in chosen:
            reason = missing(compiler, name, Path(folder))
            if reason is not None:
                print(f"{name}: skipped, {reason}")
                continue
            jobs += [pool.submit(check, compiler, name, one, Path(folder)) for one in PROGRAMS]
        return max((job.result() for job in jobs), default=0)


def missing(compiler: str, sanitizer: str, folder: Path) -> str | None:
    """Return why a sanitizer cannot be used here; None when it can."""
    source, program = folder / "nothing.cpp", folder / "nothing"
    source.write_text("int main() { return 0; }\n")
    for command in ([compiler, *SANITIZERS[sanitizer].split(), source, "-o", program], [program]):
        done = run(command)
        if done.returncode != 0:
            return (done.stderr.strip() or "it does not run").splitlines()[-1]
    return None


def check(compiler: str, sanitizer: str, program: Program, folder: Path) -> int:
    """Compile and run a program; return 1 if it fails."""
    start = time.perf_counter()
    path = folder / f"{program.name} {sanitizer}"
    flags = [*BUILD, *SANITIZERS[sanitizer].split()]
    done = run([compiler, *flags, *program.sources, "-o", path, *LIBRARIES])
    if done.returncode == 0:
        done = run([path, *program.arguments.get(sanitizer, [])])
    seconds = time.perf_counter() - start
    result = done.stdout.strip() if done.returncode == 0 else f"failed\n{done.stderr}"
    print(f"{sanitizer}: {result} ({seconds:.0f} s)", flush=True)
    return int(done.returncode != 0)


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command; a command that takes too long has failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        reason = f"no end after {SECONDS} seconds: {command[0]}"
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=reason)


if __name__ == "__main__":
    sys.exit(main())
