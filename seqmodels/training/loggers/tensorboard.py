"""Events for TensorBoard in the run directory; writing them takes no package but TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.registry import register_logger
from seqmodels.training.loggers.base import Logger, Row

VALID = "valid_"


@register_logger("tensorboard")
class TensorBoard(Logger):
    """Writes `RUN/tensorboard`: curves of training and validation in one plot, test scores."""

    def __init__(self) -> None:
        self.folder, self.epochs = Path(), 0

    def begin(self, record: Mapping[str, Any], path: Path) -> None:
        """Write the configuration as a text."""
        self.folder = path / "tensorboard"
        asked = json.dumps(record, indent=1, ensure_ascii=False, default=str)
        text = "\n".join(f"    {line}" for line in asked.splitlines())  # Markdown: as it is
        self._write("train", {"run": text}, 0)

    def epoch(self, row: Row) -> None:
        """Write each measure of training and validation under the same name."""
        self.epochs = int(row["epoch"])
        valid = {name[len(VALID) :]: row[name] for name in row if name.startswith(VALID)}
        train = {name: row[name] for name in row if not name.startswith(VALID) and name != "epoch"}
        self._write("train", train, self.epochs)
        self._write("valid", valid, self.epochs)

    def end(self, scores: Row, record: Mapping[str, Any]) -> None:
        """Write the scores of the test part, at the last epoch."""
        self._write("test", {f"test/{name}": value for name, value in scores.items()}, self.epochs)

    def _write(self, part: str, values: Mapping[str, float | str], step: int) -> None:
        # A file each time, closed at once, so that no event waits in memory when a run is killed;
        # and not tf.summary.scalar, which needs the package tensorboard to be there.
        import tensorflow as tf

        kinds: Any = tf.compat.v1.SummaryMetadata
        writer = tf.summary.create_file_writer(str(self.folder / part), filename_suffix=f".{step}")
        with writer.as_default():
            for tag, value in values.items():
                text = isinstance(value, str)
                plugin = kinds.PluginData(plugin_name="text" if text else "scalars")
                kind = kinds(plugin_data=plugin, data_class=2 if text else 1)  # tensor, scalar
                tensor = tf.constant([value] if text else value, tf.string if text else tf.float32)
                tf.summary.write(tag, tensor, step=step, metadata=kind)
        writer.close()
