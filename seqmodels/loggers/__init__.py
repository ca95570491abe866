"""Who else is told how a training goes. A new built-in logger is added to this list."""

from seqmodels.loggers.base import Logger, Loggers, opened
from seqmodels.loggers.json_lines import JsonLines
from seqmodels.loggers.mlflow import MLflow
from seqmodels.loggers.tensorboard import TensorBoard

__all__ = ["JsonLines", "Logger", "Loggers", "MLflow", "TensorBoard", "opened"]
