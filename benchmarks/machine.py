"""What the figures were made on and with."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from seqmodels.core import machine as here


def machine() -> dict[str, Any]:
    """Return the processor, its instruction sets, cores and memory, and versions."""
    return {
        **here.machine(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {**here.versions(), **_others()},
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
