"""What the figures were made on and with."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from table import versions

SETS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile")
SETS += ("asimd", "sve")


def machine() -> dict[str, Any]:
    """Return the processor, its instruction sets, cores and memory, and versions."""
    processor, flags = platform.processor() or platform.machine(), ""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        text = told.read_text()
        if name := re.search(r"model name\s*: (.*)", text):
            processor = name[1]
        if line := re.search(r"(?:flags|Features)\s*: (.*)", text):
            flags = line[1]
    here = getattr(os, "sched_getaffinity", None)
    return {
        "processor": processor,
        "instruction_sets": [name for name in SETS if name in flags.split()],
        "cores": len(here(0)) if here else os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {**versions(), **_others()},
    }


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _others() -> dict[str, str]:
    """Return the versions of those packages that a benchmark can do without."""
    found = {}
    for name in ("torch", "onnxruntime", "onnx"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
