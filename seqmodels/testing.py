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
from seqmodels.core.encoder import Encoder, Spec
from seqmodels.core.registry import ENCODERS, HEADS, LAYERS, Registry
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head, Prediction, constant
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.nn import numpy_ops
from seqmodels.nn.layers import Layer
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
    _check_round_trip(ENCODERS, fitted)


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
    _check_round_trip(HEADS, fitted)


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


def check_layer(layer: Layer, *, width: int = 4, tolerance: float = 1e-6) -> None:
    """Check a layer of the network: one formula, whatever computes it and however long rows are.

    The layer must give the same result in Keras and in NumPy, ignore padding (NaN included), have
    finite gradients, and survive JSON unchanged.

    Args:
        layer: Registered.
        width: Channels of a step, or features, that it gets to read.
        tolerance: Largest difference of a result, as a share of its largest entry.
    """
    import tensorflow as tf

    from seqmodels.nn.keras_network import made, weights_of

    rng = np.random.default_rng(0)
    lengths = np.array([5, 1, 3, 7], np.int32)
    x = _given(layer, width, rng)
    keras_layer: Any = made(layer, width)
    keras_layer(x, lengths)  # makes the weights
    variables = {name.partition("/")[2]: v for name, v in weights_of(keras_layer).items()}
    shapes = {name: weight.shape for name, weight in layer.weights(width).items()}
    assert {name: tuple(v.shape) for name, v in variables.items()} == shapes, "weights as stated"
    for variable in variables.values():
        drawn = rng.normal(size=variable.shape) / 3
        variable.assign(drawn if variable.trainable else np.abs(drawn) + 0.1)
    weights = {name: np.asarray(v.value.numpy()) for name, v in variables.items()}

    def real_steps(y: Any, counts: Any) -> np.ndarray:
        if layer.place != "steps":
            return np.asarray(y)
        inside = np.arange(np.shape(y)[1]) < np.asarray(counts)[:, None]
        return np.where(inside.reshape(*inside.shape, *[1] * (np.ndim(y) - 2)), y, 0)

    def same(y: np.ndarray, right: np.ndarray, where: str) -> None:
        least = tolerance * max(float(np.abs(right).max()), 1e-3)
        np.testing.assert_allclose(y, right, rtol=0, atol=least, err_msg=where)

    def numpy_result(x: Any, lengths: np.ndarray) -> np.ndarray:
        counts = layer.steps(numpy_ops, lengths)
        return real_steps(layer.forward(numpy_ops, weights, x, lengths), counts)

    def keras_result(x: Any, lengths: np.ndarray) -> np.ndarray:
        y = keras_layer(x, lengths)
        y, counts = y if isinstance(y, tuple) else (y, lengths)
        return real_steps(y, counts)

    right = numpy_result(x, lengths)
    if not (layer.ids and layer.place == "steps" and right.ndim == 2):
        assert right.shape[-1] == layer.width(width), "the result is as wide as `width` says"
    same(keras_result(x, lengths), right, "in Keras as in NumPy")
    if layer.place not in ("features", "outputs", "ensemble"):
        for padded in _padded(layer, x, lengths, rng):
            for result in (numpy_result, keras_result):
                found = result(padded, lengths)
                if found.ndim == right.ndim and layer.place == "steps":
                    found = found[:, : right.shape[1]]
                same(found, right, "padding changes nothing")
    floats = not layer.ids and layer.place != "ensemble"
    given = tf.constant(x) if floats else x
    trained = [v.value for v in variables.values() if v.trainable]
    with tf.GradientTape() as tape:
        tape.watch([given] if floats else [])
        y = keras_layer(given, lengths, training=True)
        value: Any = tf.reduce_sum(
            tf.square(tf.cast(y[0] if isinstance(y, tuple) else y, "float32"))
        )
    asked = [*trained, *([given] if floats else [])]
    for slope in tape.gradient(value, asked) if asked else []:
        assert slope is not None, "each trained weight has a gradient"
        assert np.isfinite(np.asarray(tf.convert_to_tensor(slope))).all(), "gradients are finite"
    _check_round_trip(LAYERS, layer)


def _given(layer: Layer, width: int, rng: np.random.Generator) -> Any:
    """Return a batch of four rows that a layer can read, at most 7 steps long."""
    if layer.ids:
        return rng.integers(0, 10, (4, 7)).astype(np.int32)
    if layer.place == "ensemble":
        return [rng.normal(size=(4, width)).astype(np.float32) for _ in range(3)]
    shape = (4, width) if layer.place in ("features", "outputs") else (4, 7, width)
    return rng.normal(size=shape).astype(np.float32)


def _padded(layer: Layer, x: Any, lengths: np.ndarray, rng: np.random.Generator) -> list[Any]:
    """Return the batch with other padding, and with more of it."""
    noise = rng.integers(0, 10, x.shape).astype(x.dtype) if layer.ids else np.float32(np.nan)
    inside = (np.arange(x.shape[1]) < lengths[:, None]).reshape(*x.shape[:2], *[1] * (x.ndim - 2))
    noisy = np.where(inside, x, noise).astype(x.dtype)
    more = np.full((len(x), 5, *x.shape[2:]), 0 if layer.ids else np.nan, x.dtype)
    return [noisy, np.concatenate([noisy, more], axis=1)]


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

    def outputs(x: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the outputs of each row, [K] or [T', K]."""
        found = network(x, lengths)
        if isinstance(found, list | tuple):
            values, counts = map(np.asarray, found)
            return [row[:count] for row, count in zip(values, counts, strict=True)]
        return [*np.asarray(found)]

    together = outputs(x, lengths)

    def same(found: list[np.ndarray], where: str) -> None:
        for row, right in zip(found, together, strict=True):
            np.testing.assert_allclose(row, right, rtol=0, atol=tolerance, err_msg=where)

    same([outputs(*batches.padded(rows, everyone[[i]]))[0] for i in everyone], "alone")
    rng = np.random.default_rng(0)
    for times in (2, 4):
        wide = np.zeros((len(x), times * x.shape[1], *x.shape[2:]), x.dtype)
        wide[:, : x.shape[1]] = x
        same(outputs(wide, lengths), f"padded to {times} times the length")
        padding = np.arange(wide.shape[1]) >= lengths[:, None]  # [B, T]
        wide[padding] = rng.integers(0, 2, wide[padding].shape)
        same(outputs(wide, lengths), f"noise in the padding, {times} times the length")
    order = rng.permutation(len(x))
    turned = outputs(x[order], lengths[order])
    same([turned[i] for i in np.argsort(order)], "in another order")


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


def _check_round_trip(registry: Registry[Any], part: Any) -> None:
    again = registry.restore(json.loads(json.dumps(registry.dump(part))))
    assert again == part, "a part survives JSON unchanged"
