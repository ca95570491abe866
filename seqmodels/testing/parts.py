"""Checks of datasets, encoders and heads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core import batches
from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder, Spec
from seqmodels.core.registry import ENCODERS, HEADS, Registry
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head, Prediction, constant
from seqmodels.training.alignment import Alignment, scored


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
    check_round_trip(ENCODERS, fitted)


def check_head(head: Head, targets: Any) -> None:
    """Check that a head is pure, survives saving, and answers in the targets' own values.

    Args:
        head: Not fitted.
        targets: As many as the head needs to learn, at least two; encoded `Sequences` for a head
            that predicts the next step.
    """
    before = repr(head)
    fitted = head.fit(_spec_of(targets) if head.reads == "next" else targets)
    assert repr(head) == before, "fit must return a copy and leave self alone"
    encoded = targets.shifted() if head.reads == "next" else fitted.encode(targets)
    assert len(encoded) == len(targets), "one encoded target per target"
    assert fitted.loss() is not fitted.loss(), "loss() returns a fresh object"
    outputs, lengths = _outputs(fitted, encoded)
    alignment = Alignment(fitted.reads, fitted.units)
    for arrays in alignment.chunks(encoded, outputs, 2**20):
        y, given = alignment.joined(arrays)
        value = np.asarray(fitted.loss()(y, given))
        assert value.shape == (), "the loss is one number"
        assert np.isfinite(value), "the loss is finite"
        for metric in fitted.metrics():
            metric.update_state(y, given)
            assert np.isfinite(float(metric.result())), f"metric {metric.name!r} is a number"
        if fitted.reads == "whole":
            wide = [np.pad(one, [(0, 0), (0, 5), *[(0, 0)] * (one.ndim - 2)], constant_values=1)
                    if one.ndim > 1 else one for one in arrays]  # fmt: skip
            again = np.asarray(fitted.loss()(*alignment.joined(tuple(wide))))
            np.testing.assert_allclose(again, value, rtol=1e-5, err_msg="padding changes nothing")
    truth = encoded if head.reads == "next" else targets
    if isinstance(outputs, Sequences):
        fitted.check_lengths(encoded, lengths)
    answers = fitted.decode(scored(fitted.reads, outputs))
    for prediction in (answers, constant(fitted, lengths - (fitted.reads == "next"))):
        _check_answers(fitted, truth, prediction)
    check_round_trip(HEADS, fitted)


def _spec_of(steps: Sequences) -> Spec:
    """Return the form of encoded steps."""
    if steps.values.dtype.kind in "iu":
        return Spec(vocabulary=int(steps.packed().max()) + 1)
    return Spec(channels=steps.values.shape[1])


def _outputs(head: Head, encoded: Any) -> tuple[Any, np.ndarray]:
    """Return outputs as a network would give them, and the number of outputs of each example."""
    rng = np.random.default_rng(0)
    if head.reads == "summary":
        found = rng.normal(size=(len(encoded), head.units)).astype(np.float32)  # [N, units]
        return found, np.ones(len(encoded), np.int64)
    more = {"whole": 2 * encoded.lengths + 1, "next": encoded.lengths + 1}
    lengths = more.get(head.reads, encoded.lengths).astype(np.int64)
    values = rng.normal(size=(int(lengths.sum()), head.units)).astype(np.float32)
    return Sequences(values, np.cumsum(lengths) - lengths, lengths), lengths


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
    known, answers = prediction.scores, prediction.answers
    if isinstance(known, Sequences):
        known, answers = known.packed(), answers.packed()
    if known is not None:
        np.testing.assert_allclose(known.sum(axis=1), 1, rtol=1e-5)
        assert set(answers.tolist()) <= set(prediction.columns or ())
    scores = head.score(targets, prediction)
    assert head.headline in scores, f"score computes the headline {head.headline!r}"
    for name, score in scores.items():
        assert isinstance(score, float), f"score {name!r} is a float, for JSON"


def check_round_trip(registry: Registry[Any], part: Any) -> None:
    """Check that a part is the same after it was saved as JSON and restored."""
    again = registry.restore(json.loads(json.dumps(registry.dump(part))))
    assert again == part, "a part survives JSON unchanged"
