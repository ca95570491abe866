"""seqmodels, as it is installed, with whatever engine it chooses."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tutorial import ours as tutorial_preset

from contestants import Job, Ready, published
from contestants.material import Steps, tutorial_batch
from contestants.memory import memory_reviews, memory_windows

__all__ = ["memory_reviews", "memory_windows"]  # kinds of work, as the functions below


def make(job: Job) -> Ready:
    """Make what all contestants work on."""
    makers = {"reviews": published.reviews, "strokes": published.strokes}
    makers["windows"] = published.windows
    makers[job["what"]](**job["arguments"])
    return Ready(lambda: None)


def step(job: Job) -> Ready:
    """Take steps as `train` takes them, batches and metrics included."""
    from seqmodels import Backbone, Binary, Sequences, Spec

    pieces = min(64, max(2, 1024 // job["units"]))  # what an epoch costs once is shared by many
    ids, labels = tutorial_batch({**job, "batch": job["batch"] * pieces})
    starts = np.arange(len(ids)) * job["length"]
    rows = Sequences(ids.ravel(), starts, np.full(len(ids), job["length"]))
    backbone = Backbone(embed=job["embed"], **_sizes(job))
    head = Binary().fit([0, 1])
    network = backbone.build(Spec(vocabulary=job["words"]), head.units)
    run = _epoch(network, head, rows, labels[:, None], job["batch"])
    return Ready(run, _engine(network), pieces)


def epoch(job: Job) -> Ready:
    """Take one pass over the training part as `train` does: batches, steps, metrics."""
    from seqmodels import Backbone, Multiclass, Regression, Sequences, Spec

    steps = Steps.load(job["file"])
    targets = steps.y.tolist()
    head = (Regression() if job["outputs"] == 1 else Multiclass()).fit(targets)
    spec = Spec(channels=steps.values.shape[1])
    network = Backbone(**_sizes(job)).build(spec, head.units)
    rows = Sequences(steps.values, steps.starts, steps.lengths)
    run = _epoch(network, head, rows, head.encode(targets), job["batch"])
    return Ready(run, _engine(network))


def tutorial(job: Job) -> Ready:
    """The preset 'tutorial' from the file to the scores; its imports are done before."""
    import_all()
    path, baselines = Path(job["reviews"]), job.get("baselines", True)
    return Ready(lambda: tutorial_preset(path, job["round"], job["epochs"], baselines))


def predict(job: Job) -> Ready:
    """Answer all reviews, which are ids already."""
    model, texts = _trained(job)
    rows = model.encoder.encode(texts)
    return Ready(lambda: model.answer(rows), _engine(model.network))


def predict_text(job: Job) -> Ready:
    """Answer all reviews, which are texts."""
    model, texts = _trained(job)
    return Ready(lambda: model.predict(texts), _engine(model.network))


def latency(job: Job) -> Ready:
    """Answer one short review that is ids already."""
    model, texts = _trained(job)
    row = model.encoder.encode([_short(texts, job["length"])])
    return Ready(lambda: model.answer(row), _engine(model.network))


def latency_text(job: Job) -> Ready:
    """Answer one short review that is a text."""
    model, texts = _trained(job)
    text = _short(texts, job["length"])
    return Ready(lambda: model.predict([text]), _engine(model.network))


def _trained(job: Job) -> tuple[Any, list[str]]:
    """Return the model that is there, and the reviews."""
    import seqmodels as sm

    folder = Path(job["folder"])
    return sm.load(folder / "model"), json.loads((folder / "texts.json").read_text("utf-8"))


def _short(texts: list[str], words: int) -> str:
    """Return the start of the first review that is long enough."""
    return " ".join(next(each for each in map(str.split, texts) if len(each) >= words)[:words])


def _sizes(job: Job) -> dict[str, Any]:
    both = job["directions"] == 2
    return {"units": job["units"], "bidirectional": both, "dropout": 0.0, "summary": "last"}


def _epoch(network: Any, head: Any, rows: Any, y: np.ndarray, batch: int) -> Callable[[], Any]:
    """Return a function that takes one pass over these rows, and has seen a few of them."""
    from seqmodels.core.signals import Stop
    from seqmodels.training import loop as training
    from seqmodels.training.config import Training
    from seqmodels.training.progress import Reporter

    part = training.Part(rows, y)
    loop = training._Loop(network, head, part, Training(batch_size=batch, clip=None))
    some, watch = np.arange(batch), Reporter(1, quiet=True)

    def run(part: Any = part) -> None:
        loop.history.append(loop.train_epoch(part, watch, Stop()) | {"seconds": 0.0})
        watch.epoch(loop.history[-1])

    run(training.Part(rows.take(some), y[some]))
    return run


def _engine(network: Any) -> dict[str, Any]:
    """Name what runs its LSTM, and how."""
    from seqmodels.nn.engines import native

    name = next(layer.engine for layer in network.layers if hasattr(layer, "engine"))
    if name != "native":
        return {"engine": name}
    return {"engine": name, "instructions": native.instructions(), "threads": native.threads()}


def import_all() -> None:
    """Import what a run imports on its way, since nobody's imports are timed."""
    import seqmodels as sm

    _ = sm.train
    for name in (
        "jinja2", "matplotlib.backends.backend_svg", "scipy.optimize", "scipy.sparse",
        "seqmodels.data.builtin", "sklearn.feature_extraction.text", "sklearn.linear_model",
        "sklearn.metrics", "threadpoolctl",
    ):  # fmt: skip
        importlib.import_module(name)
