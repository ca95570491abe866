"""Train, check and reuse an LSTM on your own sequences.

    import seqmodels as sm

    run = sm.train("digits")
    print(run.scores)

Importing this package takes well under a second. Names that need TensorFlow are imported on first
use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import (
    Found,
    RegistryError,
    Task,
    register_dataset,
    register_encoder,
    register_head,
    register_layer,
    register_logger,
)
from seqmodels.core.sequences import Sequences
from seqmodels.data.reading import read

if TYPE_CHECKING:
    from seqmodels.audit.inspection import inspect
    from seqmodels.heads import Binary, Head, Multiclass, Prediction, Regression
    from seqmodels.model.sequence_model import SequenceModel
    from seqmodels.nn.backbone import Backbone
    from seqmodels.nn.layers import Layer, Weight
    from seqmodels.runs.comparison import Comparison, compare
    from seqmodels.runs.launch import repeat, resume, train
    from seqmodels.runs.run import Run, load
    from seqmodels.training.loggers import Logger
    from seqmodels.tuning import Tuning, tune

__version__ = "0.1.0"

_LATER = {
    "Backbone": "seqmodels.nn.backbone",
    "Binary": "seqmodels.heads",
    "Comparison": "seqmodels.runs.comparison",
    "Head": "seqmodels.heads",
    "Layer": "seqmodels.nn.layers",
    "Logger": "seqmodels.training.loggers",
    "Multiclass": "seqmodels.heads",
    "Prediction": "seqmodels.heads",
    "Regression": "seqmodels.heads",
    "Run": "seqmodels.runs.run",
    "SequenceModel": "seqmodels.model.sequence_model",
    "compare": "seqmodels.runs.comparison",
    "inspect": "seqmodels.audit.inspection",
    "load": "seqmodels.runs.run",
    "repeat": "seqmodels.runs.launch",
    "resume": "seqmodels.runs.launch",
    "Tuning": "seqmodels.tuning",
    "train": "seqmodels.runs.launch",
    "tune": "seqmodels.tuning",
    "Weight": "seqmodels.nn.layers",
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
    "Layer",
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
    "Weight",
    "__version__",
    "compare",
    "inspect",
    "learned",
    "load",
    "read",
    "register_dataset",
    "register_encoder",
    "register_head",
    "register_layer",
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
