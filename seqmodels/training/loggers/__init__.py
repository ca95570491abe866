"""Loggers of a training. Add a new built-in logger to this list."""

from seqmodels.training.loggers.base import Logger, Loggers, opened
from seqmodels.training.loggers.json_lines import JsonLines
from seqmodels.training.loggers.mlflow import MLflow
from seqmodels.training.loggers.tensorboard import TensorBoard

__all__ = ["JsonLines", "Logger", "Loggers", "MLflow", "TensorBoard", "opened"]
