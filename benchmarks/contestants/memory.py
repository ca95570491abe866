"""Peak memory of `seqmodels.train`: film reviews, and windows of a long series."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from contestants import Job, Ready
from contestants.peak import Peak
from contestants.published import TARGET, WINDOW, hours

HELD_OUT = 1000  # windows of the validation part, and of the test part


def memory_reviews(job: Job) -> Ready:
    """One epoch of the tutorial's preset."""
    return _trained("imdb", preset="tutorial", data=job["reviews"], epochs=1)


def memory_windows(job: Job) -> Ready:
    """One epoch over windows of 96 steps that begin at every step of ETTh1, repeated."""
    import seqmodels as sm
    from seqmodels.encoders import SeriesEncoder

    @sm.register_dataset("ett-windows")
    def ett_windows() -> sm.Dataset:
        """Windows of the seven columns; the target is OT, one step later."""
        held_out = HELD_OUT + WINDOW
        once = hours(job["series"])
        length = job["windows"] + WINDOW + 2 * held_out
        values = np.resize(once, (length, once.shape[1]))  # the rows again and again
        firsts = (0, length - 2 * held_out, length - held_out)
        counts = (job["windows"], HELD_OUT, HELD_OUT)
        parts = []
        for first, count in zip(firsts, counts, strict=True):
            rows = sm.Sequences(values, np.arange(first, first + count), np.full(count, WINDOW))
            targets = values[first + WINDOW : first + WINDOW + count, TARGET]
            parts.append(sm.Examples(rows, {"value": targets}))
        train, valid, test = parts
        return sm.Dataset(train=train, valid=valid, test=test, encoder=SeriesEncoder(length=WINDOW))

    ready = _trained(
        "ett-windows",
        head="regression",
        epochs=1,
        backbone=sm.Backbone(units=8, dropout=0.0, summary="last"),
    )
    rows = job["windows"] + WINDOW + 2 * (HELD_OUT + WINDOW)
    ready.notes["series_mb"] = rows * 7 * 4 / 1e6
    return ready


def _trained(dataset: str, **asked: Any) -> Ready:
    import seqmodels as sm

    train = sm.train  # imports TensorFlow: the process is idle after that

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            train(dataset, **asked, out=Path(folder) / "run", quiet=True)

    return Ready(Peak(work))
