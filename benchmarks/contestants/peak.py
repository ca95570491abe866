"""How much memory a piece of work takes at most, above what its process held before."""

import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MB = 1e6  # bytes


class Peak:
    """Runs a piece of work and returns resident megabytes: before it, and at its peak.

    Linux forgets an earlier peak when it is asked to; elsewhere the peak is that of the process,
    imports included.
    """

    def __init__(self, work: Callable[[], Any]):
        self.work = work

    def __call__(self) -> dict[str, float]:
        if CLEAR.exists():
            CLEAR.write_text("5")  # the peak becomes what is resident now
        idle = _resident("VmRSS")
        self.work()
        peak = _resident("VmHWM")
        return {"idle_mb": idle, "peak_mb": peak, "above_idle_mb": peak - idle}


def _resident(name: str) -> float:
    if STATUS.exists():
        found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
        return int(found[1]) * 1024 / MB if found else float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / MB
