"""One seed fixes everything: the same run twice is the same, bit for bit, for each head."""

from pathlib import Path

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.core.registry import DATASETS, HEADS

HEADS_OF_DIGITS = sorted(set(HEADS) & set(DATASETS.get("digits").tasks))


def trained(head: str, seed: int, out: Path) -> sm.Run:
    asked = {"backbone.dropout": 0.3, "backbone.units": 8}
    return sm.train(
        "digits", head=head, seed=seed, epochs=2, limit=120, settings=asked, out=out, quiet=True
    )


@pytest.mark.parametrize("head", HEADS_OF_DIGITS)
def test_the_same_seed_gives_the_same_run_and_another_does_not(head, tmp_path):
    first, again, other = (
        trained(head, seed, tmp_path / name)
        for seed, name in ((5, "first"), (5, "again"), (6, "other"))
    )
    assert first.evaluation == again.evaluation
    assert first.record["fingerprint"] == again.record["fingerprint"]
    assert first.record["fingerprint"] != other.record["fingerprint"]  # the split
    rows = [run.history.drop(columns="seconds") for run in (first, again, other)]
    assert rows[0].equals(rows[1])
    assert not rows[0].equals(rows[2])
    weights = [run.model.network.get_weights() for run in (first, again, other)]
    assert all(map(np.array_equal, weights[0], weights[1]))
    assert not any(map(np.array_equal, weights[0], weights[2]))
    files = [(run.path / "predictions.csv").read_bytes() for run in (first, again)]
    assert files[0] == files[1]


def test_the_built_in_heads_are_all_tried():
    assert {"binary", "multiclass", "regression"} <= set(HEADS_OF_DIGITS)
