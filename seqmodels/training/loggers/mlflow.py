"""A logger for MLflow, and an example of how little one of your own takes."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.core.registry import register_logger
from seqmodels.training.loggers.base import Logger, Row


@register_logger("mlflow")
class MLflow(Logger):
    """Writes to the store that `$MLFLOW_TRACKING_URI` names, by default a local one."""

    def begin(self, record: Mapping[str, Any], path: Path) -> None:
        try:
            mlflow: Any = import_module("mlflow")
        except ImportError:
            raise InputError("The logger 'mlflow' needs: pip install mlflow-skinny.") from None
        self.mlflow = mlflow
        mlflow.start_run(run_name=path.name, nested=mlflow.active_run() is not None)
        sizes = {**record["backbone"], **record["training"], "seed": record["seed"]}
        mlflow.log_params({"dataset": record["dataset"], "head": record["head"]["name"], **sizes})

    def epoch(self, row: Row) -> None:
        self.mlflow.log_metrics(dict(row), step=int(row["epoch"]))

    def stopped(self, signal: str) -> None:
        self.mlflow.end_run("KILLED")

    def end(self, scores: Row, record: Mapping[str, Any]) -> None:
        self.mlflow.log_metrics({f"test_{name}": value for name, value in scores.items()})
        self.mlflow.end_run()
