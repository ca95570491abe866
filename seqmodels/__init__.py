"""Sequences in, a trained LSTM and its answers out.

    import seqmodels as sm

    run = sm.train("digits")
    print(run.scores)

Importing this package takes well under a second: what needs TensorFlow arrives when it is
first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqmodels.data import Dataset, Encoder, Spec, learned
from seqmodels.errors import InputError
from seqmodels.examples import Examples
from seqmodels.reading import read
from seqmodels.registry import (
    Found,
    RegistryError,
    Task,
    register_dataset,
    register_encoder,
    register_head,
    register_logger,
)
from seqmodels.sequences import Sequences

if TYPE_CHECKING:
    from seqmodels.backbone import Backbone
    from seqmodels.comparison import Comparison, compare
    from seqmodels.heads import Binary, Head, Multiclass, Prediction, Regression
    from seqmodels.inspection import inspect
    from seqmodels.launch import repeat, resume, train
    from seqmodels.loggers import Logger
    from seqmodels.model import SequenceModel
    from seqmodels.run import Run, load
    from seqmodels.tuning import Tuning, tune

__version__ = "0.1.0"

_LATER = {
    "Backbone": "seqmodels.backbone",
    "Binary": "seqmodels.heads",
    "Comparison": "seqmodels.comparison",
    "Head": "seqmodels.heads",
    "Logger": "seqmodels.loggers",
    "Multiclass": "seqmodels.heads",
    "Prediction": "seqmodels.heads",
    "Regression": "seqmodels.heads",
    "Run": "seqmodels.run",
    "SequenceModel": "seqmodels.model",
    "compare": "seqmodels.comparison",
    "inspect": "seqmodels.inspection",
    "load": "seqmodels.run",
    "repeat": "seqmodels.launch",
    "resume": "seqmodels.launch",
    "Tuning": "seqmodels.tuning",
    "train": "seqmodels.launch",
    "tune": "seqmodels.tuning",
}

__all__ = [
    "Backbone",
    "Binary",
    "Comparison",
    "Dataset",
    "Encoder",
    "Examples",
    "Found",
    "Head",
    "InputError",
    "Logger",
    "Multiclass",
    "Prediction",
    "RegistryError",
    "Regression",
    "Run",
    "SequenceModel",
    "Sequences",
    "Spec",
    "Task",
    "Tuning",
    "__version__",
    "compare",
    "inspect",
    "learned",
    "load",
    "read",
    "register_dataset",
    "register_encoder",
    "register_head",
    "register_logger",
    "repeat",
    "resume",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'seqmodels' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
