"""The machine of a run: processor, versions of packages, and peak memory."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

SETS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile")
SETS += ("asimd", "sve")


def machine() -> dict[str, Any]:
    """Return the system, the processor, its instruction sets, and the usable cores."""
    processor, flags = platform.processor() or platform.machine(), ""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        text = told.read_text(encoding="utf-8", errors="replace")
        if name := re.search(r"model name\s*: (.*)", text):
            processor = name[1]
        if line := re.search(r"(?:flags|Features)\s*: (.*)", text):
            flags = line[1]
    return {
        "system": platform.system(),
        "processor": processor,
        "instruction_sets": [name for name in SETS if name in flags.split()],
        "cores": cores(),
    }


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Return the versions of the packages that results depend on."""
    names = ("seqmodels", "tensorflow", "keras", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def peak_memory() -> int | None:
    """Return the peak memory of this process in bytes; None: unknown on this system."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
