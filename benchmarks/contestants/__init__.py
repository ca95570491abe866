"""Who takes part in `benchmarks/speed.py`: one file each, one function for each kind of work.

A function prepares one piece of work, as the job describes it, and returns what is timed. Where
there is a function `about`, it tells what the others should know of the process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, NamedTuple

Job = Mapping[str, Any]


class Contestant(NamedTuple):
    """One of those that are compared: its title, its file here, what it needs and is told."""

    title: str
    module: str
    needs: tuple[str, ...] = ()
    told: Job = {}  # noqa: RUF012 (nobody changes it)


CONTESTANTS = {
    "ours": Contestant("seqmodels", "ours"),
    "bare": Contestant("seqmodels --no-baselines", "ours", told={"baselines": False}),
    "keras": Contestant("stock Keras", "stock"),
    "xla": Contestant("Keras with XLA", "stock", told={"jit": True}),
    "torch": Contestant("PyTorch", "pytorch", ("torch",)),
    "torch1": Contestant("PyTorch, one thread", "pytorch", ("torch",), {"threads": 1}),
    "onnx": Contestant("ONNX Runtime", "onnx_runtime", ("onnx", "onnxruntime")),
}


@dataclass
class Ready:
    """A piece of work that is ready to be timed.

    Args:
        run: Does it once, and waits for the result; a dictionary that it returns is kept.
        notes: What is to be known beside the times, such as how far answers differ.
        pieces: How many times the work is done in one run; times are those of one.
    """

    run: Callable[[], Any]
    notes: dict[str, Any] = field(default_factory=dict)
    pieces: int = 1


def missing(name: str) -> list[str]:
    """Return the packages that a contestant needs and that are not installed."""
    return [package for package in CONTESTANTS[name].needs if find_spec(package) is None]
