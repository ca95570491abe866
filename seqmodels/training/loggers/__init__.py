"""Who else is told how a training goes. A new built-in logger is added to this list."""

from seqmodels.training.loggers.base import Logger, Loggers, opened
from seqmodels.training.loggers.json_lines import JsonLines
from seqmodels.training.loggers.mlflow import MLflow
from seqmodels.training.loggers.tensorboard import TensorBoard

__all__ = ["JsonLines", "Logger", "Loggers", "MLflow", "TensorBoard", "opened"]
