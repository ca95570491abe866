"""Who else is told of a training: JSON lines, TensorBoard, MLflow, and loggers of one's own."""

import io
import json
import os
import signal
import sys
import types

import pytest

import seqmodels as sm
from seqmodels.core import registry
from seqmodels.core.errors import InputError
from seqmodels.core.signals import Stopped
from seqmodels.training.eta import Forecast
from seqmodels.training.loggers import JsonLines, Logger, Loggers, TensorBoard, opened

RECORD = {
    "dataset": "digits",
    "head": {"name": "multiclass"},
    "backbone": {"units": 8},
    "training": {"epochs": 2},
    "seed": 3,
}
ROWS = [
    {"epoch": 1, "loss": 0.9, "accuracy": 0.4, "valid_loss": 0.8, "valid_accuracy": 0.5},
    {"epoch": 2, "loss": 0.6, "accuracy": 0.6, "valid_loss": 0.7, "valid_accuracy": 0.55},
]
SCORES = {"accuracy": 0.53}


def train(logger, path):
    """Tell a logger what a training of two epochs tells it."""
    logger.begin(RECORD, path)
    logger.epoch(ROWS[0])
    logger.forecast(Forecast(30.0, 60.0, True, 10**9))
    logger.epoch(ROWS[1])
    logger.end(SCORES, {**RECORD, "seconds": 71.5})


def test_a_run_that_is_stopped_tells_its_loggers(tmp_path, monkeypatch):
    stream = io.StringIO()

    class Stopping(Logger):
        def epoch(self, row):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped):
        sm.train(
            "reber", epochs=3, limit=40, out=tmp_path / "r", quiet=True, baselines=False,
            log=[JsonLines(stream), Stopping()],
        )  # fmt: skip
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [one["event"] for one in told] == ["begin", "epoch", "stopped"]
    assert (told[-1]["signal"], told[-1]["run"]) == ("SIGTERM", str(tmp_path / "r"))


def test_json_lines_tell_of_each_event_in_order(tmp_path):
    stream = io.StringIO()
    train(JsonLines(stream), tmp_path)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [e["event"] for e in events] == ["begin", "epoch", "forecast", "epoch", "end"]
    assert all(e["time"].endswith("+00:00") for e in events)
    assert events[0]["record"] == RECORD
    assert events[1]["epoch"] == 1
    assert events[1]["measures"]["valid_loss"] == 0.8
    assert events[2]["forecast"]["left"] == 60.0
    assert events[4] | {"time": ""} == {
        "event": "end", "time": "", "run": str(tmp_path), "scores": SCORES, "seconds": 71.5,
    }  # fmt: skip


def test_json_lines_of_a_run_that_is_gone_on_with_are_added_to_its_file(tmp_path):
    train(JsonLines(), tmp_path)
    train(JsonLines(), tmp_path)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines].count("begin") == 2
    assert len(lines) == 10


def test_json_has_no_word_for_what_is_not_finite(tmp_path):
    stream = io.StringIO()
    logger = JsonLines(stream)
    logger.epoch({"epoch": 1, "loss": float("nan")})
    assert json.loads(stream.getvalue())["measures"] == {"loss": None}


def events(folder):
    """Return (tag, step, value) of each event that TensorFlow reads in a folder."""
    tf = pytest.importorskip("tensorflow")
    from tensorflow.core.util import event_pb2

    found = []
    for file in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(file)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                number = tf.make_ndarray(value.tensor)
                kind = value.metadata.plugin_data.plugin_name
                found.append((value.tag, event.step, number, kind))
    return found


def test_tensorboard_gets_curves_scores_and_what_was_asked(tmp_path):
    train(TensorBoard(), tmp_path)
    folder = tmp_path / "tensorboard"
    told = {
        part: {(tag, step): float(value) for tag, step, value, kind in events(folder / part)
               if kind == "scalars"}
        for part in ("train", "valid", "test")
    }  # fmt: skip
    assert told["train"][("loss", 1)] == pytest.approx(0.9)
    assert told["train"][("accuracy", 2)] == pytest.approx(0.6)
    assert told["valid"] == pytest.approx(
        {("loss", 1): 0.8, ("accuracy", 1): 0.5, ("loss", 2): 0.7, ("accuracy", 2): 0.55}
    )
    assert told["test"] == pytest.approx({("test/accuracy", 2): 0.53})
    texts = [value for tag, _, value, kind in events(folder / "train") if kind == "text"]
    assert b'"dataset": "digits"' in texts[0][0]


class Stand_in(types.ModuleType):  # noqa: N801
    """What the logger uses of MLflow."""

    def __init__(self):
        super().__init__("mlflow")
        self.runs, self.params, self.metrics, self.ended = [], {}, [], 0

    def active_run(self):
        return None

    def start_run(self, run_name, nested):
        self.runs.append((run_name, nested))

    def log_params(self, params):
        self.params |= params

    def log_metrics(self, metrics, step=None):
        self.metrics.append((step, metrics))

    def end_run(self):
        self.ended += 1


def test_mlflow_gets_settings_measures_and_scores(tmp_path, monkeypatch):
    mlflow = Stand_in()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    train(opened(["mlflow"])[0], tmp_path / "digits-multiclass-1")
    assert mlflow.runs == [("digits-multiclass-1", False)]
    asked = {"dataset": "digits", "head": "multiclass", "units": 8, "epochs": 2, "seed": 3}
    assert mlflow.params == asked
    assert mlflow.metrics == [(1, ROWS[0]), (2, ROWS[1]), (None, {"test_accuracy": 0.53})]
    assert mlflow.ended == 1


def test_mlflow_that_is_not_there_is_told_before_the_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(InputError, match="pip install mlflow-skinny"):
        Loggers(opened("mlflow"), print).begin(RECORD, tmp_path)


class Server(Logger):
    """A logger whose server goes down."""

    def __init__(self, down=("epoch",)):
        self.down, self.calls = down, []

    def _ask(self, what):
        self.calls.append(what)
        if what in self.down:
            raise ConnectionError("no route to host\nand a long trace")

    def begin(self, record, path):
        self._ask("begin")

    def epoch(self, row):
        self._ask("epoch")

    def end(self, scores, record):
        self._ask("end")


def test_a_logger_that_fails_is_told_once_and_left_out(tmp_path):
    said, server, stream = [], Server(), io.StringIO()
    train(Loggers([server, JsonLines(stream)], said.append), tmp_path)
    assert server.calls == ["begin", "epoch"]
    assert said == ["The logger Server failed and is left out: ConnectionError: no route to host."]
    assert len(stream.getvalue().splitlines()) == 5, "the other goes on"


def test_a_logger_that_cannot_begin_is_a_mistake_to_be_mended(tmp_path):
    with pytest.raises(InputError, match="Server cannot begin: ConnectionError: no route"):
        Loggers([Server(["begin"])], print).begin(RECORD, tmp_path)


def test_a_logger_of_ones_own_is_opened_by_its_name(monkeypatch):
    monkeypatch.setattr(registry.LOGGERS, "_parts", dict(registry.LOGGERS._parts))
    registry.register_logger("server")(Server)
    assert isinstance(opened(["server"])[0], Server)


def test_every_unknown_logger_is_named():
    with pytest.raises(InputError) as told:
        opened(["tensorbord", "json", 3, "jsn"])
    assert len(told.value.problems) == 3
    assert "Did you mean 'tensorboard'?" in told.value.problems[0]
    assert "got int" in told.value.problems[1]


def test_a_logger_that_is_one_already_is_taken_as_it_is():
    logger = Server()
    assert opened([logger]) == [logger]
    assert opened(logger) == [logger]
