"""seqmodels, as it is installed, with whatever engine it chooses."""

from typing import Any

import numpy as np

from contestants import Job, Ready
from contestants.material import tutorial_batch


def about(job: Job) -> Ready:
    """What the others need to know of it."""
    from seqmodels import engines

    return Ready(lambda: None, {"engine": engines.chosen()})


def step(job: Job) -> Ready:
    """The very step that `train` takes, on a batch that is ready."""
    from seqmodels import Backbone, Binary, Sequences, Spec, batches, training
    from seqmodels.plan import Training

    ids, labels = tutorial_batch(job)
    starts = np.arange(len(ids)) * job["length"]
    rows = Sequences(ids.ravel(), starts, np.full(len(ids), job["length"]))
    part = training.Part(rows, labels[:, None])
    backbone = Backbone(
        embed=job["embed"],
        units=job["units"],
        bidirectional=job["directions"] == 2,
        dropout=0.0,
        summary="last",
    )
    network = backbone.build(Spec(vocabulary=job["words"]), 1)
    loop = training._Loop(network, Binary(classes=(0, 1)), part, Training(clip=None))
    arrays: Any = (*batches.padded(rows, np.arange(len(ids))), part.y)

    def run() -> None:
        loss, good = loop.train_step(*arrays)
        if not good or not np.isfinite(float(loss)):
            raise ValueError("the step was not taken")

    return Ready(run)
