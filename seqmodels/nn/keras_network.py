"""The Keras model of a network: the walk that builds it."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from seqmodels.nn.keras_layer import KerasLayer, changes_lengths
from seqmodels.nn.layers import Embedding, Layer, Lstm, Summary
from seqmodels.nn.lstm import LSTM
from seqmodels.nn.network import Network, Placed


def build(network: Network, seed: int = 0, *, still: bool = False) -> keras.Model:
    """Return the Keras model {x, lengths} -> outputs; see `Backbone.build`.

    Args:
        network: The layers.
        seed: Of the initial weights; same seed, same weights.
        still: Whether training behaves as answering does: no dropout, nothing gathered.
    """
    spec = network.spec
    lengths = keras.Input((), dtype="int32", name="lengths")  # [B]
    if spec.vocabulary is not None:
        x = keras.Input((None,), dtype="int32", name="x")  # [B, T]
    else:
        x = keras.Input((None, spec.channels), dtype="float32", name="x")  # [B, T, C]
    y = network.walk(_Builder(still), x, lengths, seed)
    return keras.Model({"x": x, "lengths": lengths}, y, name="network")


def weights_of(model: keras.Model) -> dict[str, Any]:
    """Return the variables of a Keras model by the names of `Network.weights`."""
    return {
        "/".join(part for part in weight.path.split("/") if part != "lstm_cell"): weight
        for weight in model.weights
    }


def made(layer: Layer, width: int, *, seed: int = 0, name: str = "layer") -> keras.layers.Layer:
    """Return the Keras layer of one layer by itself, not yet built.

    Args:
        layer: What it computes.
        width: Of the steps or features that it reads.
        seed: Of the initial weights.
        name: Of the Keras layer.
    """
    if isinstance(layer, Lstm):
        return LSTM(
            layer.units,
            bidirectional=layer.bidirectional,
            memory=layer.memory,
            states=(),
            dropout=layer.dropout,
            seed=seed,
            name=name,
        )
    return KerasLayer(layer, width, seed=seed, name=name)


class _Words(NamedTuple):
    """Ids whose vectors the LSTM looks up."""

    ids: Any
    table: KerasLayer


class _Summarised(NamedTuple):
    """Summaries over time that the LSTM engine has computed."""

    value: Any


class _Builder:
    """Makes a Keras layer of each layer, and calls it on Keras tensors."""

    def __init__(self, still: bool):
        self.still = still

    def apply(
        self, name: str, placed: Placed, x: Any, lengths: Any, seed: int, following: Layer | None
    ) -> tuple[Any, Any]:
        layer, seed = placed.layer, seed + placed.draw
        if isinstance(x, _Summarised):
            return x.value, lengths
        if isinstance(layer, Lstm):
            return self._lstm(name, layer, x, lengths, seed, following)
        width = 0 if isinstance(x, list) else _width(x)
        made = KerasLayer(layer, width, seed=seed, still=self.still, name=name)
        if isinstance(layer, Embedding) and isinstance(following, Lstm):
            return _Words(x, made), lengths
        if isinstance(layer, Embedding) or layer.place in _READ_STEPS:
            found = made(x, lengths)
        else:
            found = made(x)
        if changes_lengths(layer):
            return found
        return found, lengths

    def _lstm(
        self, name: str, layer: Lstm, x: Any, lengths: Any, seed: int, following: Layer | None
    ) -> tuple[Any, Any]:
        table = None
        if isinstance(x, _Words):
            x, table = x
        states = following.states if isinstance(following, Summary) else ()
        made = LSTM(
            layer.units,
            bidirectional=layer.bidirectional,
            memory=layer.memory,
            states=states,
            dropout=0 if self.still else layer.dropout,
            table=table,
            seed=seed,
            name=name,
        )
        y = made(x, lengths)
        return (_Summarised(y) if states else y), lengths

    def add(self, name: str, y: Any, more: Any) -> Any:
        return keras.layers.Add(name=name)([y, more])

    def join(self, name: str, parts: list[Any]) -> Any:
        return keras.layers.Concatenate(name=name)(parts)


_READ_STEPS = ("steps", "summary", "joined", "beside", "averaged")


def _width(x: Any) -> int:
    return int(x.shape[-1]) if len(x.shape) > 1 and x.shape[-1] is not None else 0
