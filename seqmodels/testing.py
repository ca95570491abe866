"""Checks that every plugged-in part must pass, built-in or yours.

from seqmodels.testing import check_head

def test_my_head():
    check_head(MyHead(), targets=["a", "b", "a"])
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core import batches
from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder
from seqmodels.core.registry import ENCODERS, HEADS, Registry
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head, Prediction
from seqmodels.model.sequence_model import SequenceModel


def check_dataset(dataset: Dataset, heads: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Check that a dataset's parts can be encoded, and that each head fits its target.

    Args:
        dataset: Return value of the registered function.
        heads: For each head by name, the target it reads and the head's arguments.
    """
    parts = {"train": dataset.train, "valid": dataset.valid, "test": dataset.test}
    check_encoder(dataset.encoder, dataset.train.take(range(min(8, len(dataset.train)))).inputs)
    encoder = dataset.encoder.fit(dataset.train.inputs)
    for name, (target, arguments) in heads.items():
        part: Any = HEADS.get(name)
        head = part(**arguments).fit(dataset.train.target(target))
        for where, examples in parts.items():
            if examples is None:
                continue
            few = examples.take(range(min(64, len(examples))))
            assert len(head.encode(few.target(target))) == len(few), f"{name} reads {where}"
            encoder.encode(few.inputs)
            for rule, forecasts in few.naive.get(target, {}).items():
                naive = head.naive(forecasts)
                assert naive is None or len(naive) == len(few), f"{rule!r} of {where} fits"


def check_encoder(encoder: Encoder, inputs: Sequence[Any]) -> None:
    """Check that an encoder is pure, survives saving, and encodes each input independently.

    Args:
        encoder: Not fitted.
        inputs: At least two, of unequal lengths if the encoder allows them.
    """
    before = repr(encoder)
    fitted = encoder.fit(inputs)
    assert repr(encoder) == before, "fit must return a copy and leave self alone"
    rows = fitted.encode(inputs)
    assert isinstance(rows, Sequences), "encode returns Sequences"
    assert len(rows) == len(inputs), "one sequence per input"
    if fitted.spec.vocabulary is not None:
        assert rows.values.ndim == 1, "ids are [L]"
        assert rows.values.dtype.kind in "iu", "ids are whole numbers"
        assert 0 <= rows.values.min() <= rows.values.max() < fitted.spec.vocabulary
    else:
        assert rows.values.shape[1:] == (fitted.spec.channels,), "numbers are [L, C]"
        assert rows.values.dtype == np.float32, "numbers are float32"
        assert all(np.isfinite(row).all() for row in rows), "numbers are finite"
    for i, row in enumerate(rows):
        alone = fitted.encode(inputs[i : i + 1])[0]
        np.testing.assert_array_equal(alone, row, "an input encodes alike alone and in a batch")
    _check_vary(fitted, rows)
    assert isinstance(fitted.show(inputs[0]), str), "show returns a line of text"
    _check_round_trip(ENCODERS, fitted)


def check_head(head: Head, targets: Sequence[Any]) -> None:
    """Check that a head is pure, survives saving, and answers in the targets' own values.

    Args:
        head: Not fitted.
        targets: As many as the head needs to learn, at least two.
    """
    before = repr(head)
    fitted = head.fit(targets)
    assert repr(head) == before, "fit must return a copy and leave self alone"
    encoded = fitted.encode(targets)
    assert len(encoded) == len(targets), "one encoded target per target"
    assert fitted.loss() is not fitted.loss(), "loss() returns a fresh object"
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(len(targets), fitted.units)).astype(np.float32)  # [N, units]
    value = np.asarray(fitted.loss()(encoded, outputs))
    assert value.shape == (), "the loss is one number"
    assert np.isfinite(value), "the loss is finite"
    for metric in fitted.metrics():
        metric.update_state(encoded, outputs)
        assert np.isfinite(float(metric.result())), f"metric {metric.name!r} is a number"
    for prediction in (fitted.decode(outputs), fitted.trivial(len(targets))):
        _check_answers(fitted, targets, prediction)
    _check_round_trip(HEADS, fitted)


def assert_padding_invariant(
    model: SequenceModel, inputs: Sequence[Any], tolerance: float = 1e-5
) -> None:
    """Check that padding never changes an answer of a model.

    The outputs for each input must be equal alone, in one mixed batch, in the same batch padded
    to twice and four times its length with zeros and with noise, and in another order.

    Args:
        model: Trained or not.
        inputs: At least two, of unequal lengths if the encoder allows them.
        tolerance: Largest allowed difference of a network output.

    Raises:
        AssertionError: An output differs; the message names the case.
    """
    from seqmodels.nn import tracing

    network = tracing.traced(model.network)
    rows = model.encoder.encode(inputs)
    everyone = np.arange(len(rows))
    x, lengths = batches.padded(rows, everyone)

    def outputs(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return np.asarray(network(x, lengths))

    together = outputs(x, lengths)

    def same(found: np.ndarray, where: str) -> None:
        np.testing.assert_allclose(found, together, rtol=0, atol=tolerance, err_msg=where)

    same(np.concatenate([outputs(*batches.padded(rows, everyone[[i]])) for i in everyone]), "alone")
    rng = np.random.default_rng(0)
    for times in (2, 4):
        wide = np.zeros((len(x), times * x.shape[1], *x.shape[2:]), x.dtype)
        wide[:, : x.shape[1]] = x
        same(outputs(wide, lengths), f"padded to {times} times the length")
        padding = np.arange(wide.shape[1]) >= lengths[:, None]  # [B, T]
        wide[padding] = rng.integers(0, 2, wide[padding].shape)
        same(outputs(wide, lengths), f"noise in the padding, {times} times the length")
    order = rng.permutation(len(x))
    same(outputs(x[order], lengths[order])[np.argsort(order)], "in another order")


def _check_vary(encoder: Encoder, rows: Sequences) -> None:
    everyone = np.arange(len(rows))
    given, most = batches.padded(rows, everyone)
    one, again = (
        encoder.vary(given.copy(), most.copy(), np.random.default_rng(seed)) for seed in (0, 0)
    )
    for value, other in zip(one, again, strict=True):
        np.testing.assert_array_equal(value, other, "vary draws from rng and nothing else")
    x, lengths = one
    assert (x.dtype, x.ndim) == (given.dtype, given.ndim), "a varied batch is a batch"
    assert x.shape[2:] == given.shape[2:], "a varied step is a step"
    assert (lengths.dtype, lengths.shape) == (most.dtype, most.shape), "a length for each row"
    assert len(x) == len(given), "vary keeps the rows"
    assert lengths.min() >= 1, "a varied row has a step"
    assert lengths.max() <= x.shape[1], "a varied row has at least as many steps as its length"
    padding = np.arange(x.shape[1]) >= lengths[:, None]  # [B, T]
    assert not x[padding].any(), "past the end of a varied row are zeros"
    assert np.isfinite(x).all(), "varied numbers are finite"
    if encoder.spec.vocabulary is not None:
        assert 0 <= x.min() <= x.max() < encoder.spec.vocabulary, "varied ids are ids"


def _check_answers(head: Head, targets: Sequence[Any], prediction: Prediction) -> None:
    assert len(prediction) == len(targets), "one answer per example"
    assert len(prediction.rows()) == len(targets), "one row per example"
    json.dumps(prediction.rows())
    if prediction.scores is not None:
        np.testing.assert_allclose(prediction.scores.sum(axis=1), 1, rtol=1e-5)
        assert set(prediction.answers.tolist()) <= set(prediction.columns or ())
    scores = head.score(targets, prediction)
    assert head.headline in scores, f"score computes the headline {head.headline!r}"
    for name, score in scores.items():
        assert isinstance(score, float), f"score {name!r} is a float, for JSON"


def _check_round_trip(registry: Registry[Any], part: Any) -> None:
    again = registry.restore(json.loads(json.dumps(registry.dump(part))))
    assert again == part, "a part survives JSON unchanged"
