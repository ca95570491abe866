"""Who takes part in `benchmarks/speed.py`: one file each, one function for each kind of work.

A function prepares one piece of work, as the job describes it, and returns what is timed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, NamedTuple

Job = Mapping[str, Any]


class Contestant(NamedTuple):
    """One of those that are compared: its title, its file here, and the packages it needs."""

    title: str
    module: str
    needs: tuple[str, ...] = ()


CONTESTANTS = {
    "ours": Contestant("seqmodels", "ours"),
    "keras": Contestant("stock Keras", "stock"),
    "xla": Contestant("Keras with XLA", "stock"),
    "torch": Contestant("PyTorch", "pytorch", ("torch",)),
    "onnx": Contestant("ONNX Runtime", "onnx_runtime", ("onnx", "onnxruntime")),
}


@dataclass
class Ready:
    """A piece of work that is ready to be timed.

    Args:
        run: Does it once, and waits for the result; may return figures of its own.
        notes: What is to be known beside the times, such as how far answers differ.
    """

    run: Callable[[], dict[str, Any] | None]
    notes: dict[str, Any] = field(default_factory=dict)


def missing(name: str) -> list[str]:
    """Return the packages that a contestant needs and that are not installed."""
    return [package for package in CONTESTANTS[name].needs if find_spec(package) is None]
