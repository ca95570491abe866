"""The network between an encoder and a head: layers, as many and as wide as a `Backbone` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import keras

from seqmodels.core.encoder import Spec
from seqmodels.nn import kernels, layers, shapes
from seqmodels.nn.lstm import LSTM
from seqmodels.nn.ngrams import Ngrams
from seqmodels.nn.vectors import Vectors

if TYPE_CHECKING:
    from seqmodels.nn.backbone import Backbone

EMBED = 64  # width of an embedding, where nobody has said it
APART = 1000  # from the seeds of one member to those of the next


def build(sizes: Backbone, spec: Spec, outputs: int, seed: int) -> keras.Model:
    """Return the network {x, lengths} -> [B, outputs]; see `Backbone.build`."""
    lengths = keras.Input((), dtype="int32", name="lengths")  # [B]
    if spec.vocabulary is not None:
        x = keras.Input((None,), dtype="int32", name="x")  # [B, T]
    else:
        x = keras.Input((None, spec.channels), dtype="float32", name="x")  # [B, T, C]
    h = shapes.Views(name="views")(x, lengths) if sizes.views else x
    told = []
    for member in range(sizes.members):
        made = _Member(sizes, spec, outputs, seed + APART * member, member)
        told.append(made.told(x, h, lengths))
        if sizes.kernels:
            told.append(made.found(h, lengths))
    y = shapes.Members(name="members")(told) if len(told) > 1 else told[0]
    return keras.Model({"x": x, "lengths": lengths}, y, name="network")


def weights(sizes: Backbone, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the name and the shape of each array of weights that `build` would make."""
    for member in range(sizes.members):
        for name, shape in _of_member(sizes, spec, outputs):
            yield named(name, member), shape
        if sizes.kernels:
            kept = kernels.kept(_width(sizes, spec), outputs, sizes.kernels)
            yield from ((f"{named('kernels', member)}/{one}", kept[one]) for one in kept)


def named(name: str, member: int) -> str:
    """Return the name of a part of a member: of the first, and mostly only one, it is plain."""
    return f"member_{member}_{name}" if member else name


class _Member:
    """The layers of one LSTM and its outputs; of most networks there is one."""

    def __init__(self, sizes: Backbone, spec: Spec, outputs: int, seed: int, member: int):
        self.sizes, self.spec, self.outputs = sizes, spec, outputs
        self.seed, self.member = seed, member

    def told(self, x: Any, h: Any, lengths: Any) -> Any:
        """Return what the LSTM tells of the steps h, which are those of x or views of them."""
        sizes, spec, outputs = self.sizes, self.spec, self.outputs
        steps = lengths
        if spec.vocabulary is None:
            h, steps = self._turned(h, steps)
        read = self._read(h, steps)
        if sizes.dropout:
            read = keras.layers.Dropout(sizes.dropout, seed=self.seed + 7)(read)
        last = layers.LastStep(name=self._named("last_step"))(x, lengths)
        if sizes.apart:
            y = self._dense(outputs // len(spec.told), 8, "outputs")(read)  # [B * G, D / G]
            y = layers.Together(outputs, name=self._named("together"))(self._linear(y, h, steps))
            level = keras.layers.Dense(outputs, trainable=False, name=self._named("level"))
            return keras.layers.Add(name=self._named("told"))([y, level(last)])
        if sizes.skip:
            read = keras.layers.Concatenate(name=self._named("skip"))([read, last])
        y = self._linear(self._dense(outputs, 8, "outputs")(read), h, steps)  # [B, outputs]
        if sizes.ngrams and spec.vocabulary is not None:
            bag = Ngrams(
                spec.vocabulary, outputs, sizes.ngrams, sizes.buckets,
                dropout=sizes.blanks, seed=self.seed + 5, name=self._named("ngrams"),
            )  # fmt: skip
            y = keras.layers.Add(name=self._named("both"))([y, bag(x, lengths)])
        return y

    def found(self, h: Any, lengths: Any) -> Any:
        """Return what random kernels tell beside the LSTM."""
        return shapes.Kernels(
            _width(self.sizes, self.spec),
            self.outputs,
            self.sizes.kernels,
            views=kernels.VIEWS if self.sizes.views else 1,
            seed=self.seed + 9,
            name=self._named("kernels"),
        )(h, lengths)

    def _turned(self, h: Any, steps: Any) -> tuple[Any, Any]:
        """Return the numbers as they are read: a channel a row, or from the last step's level."""
        if self.sizes.apart:
            h, steps = layers.Apart(self.spec.told, name=self._named("apart"))(h, steps)
        if self.sizes.level == "last":
            h = layers.FromLast(name=self._named("from_last"))(h, steps)
        return h, steps

    def _linear(self, y: Any, h: Any, steps: Any) -> Any:
        """Return y with what the last steps of h say by themselves, which at first is nothing."""
        if not self.sizes.linear:
            return y
        recent = layers.Recent(self.sizes.linear, name=self._named("recent"))(h, steps)
        says = keras.layers.Dense(
            y.shape[-1], use_bias=False, kernel_initializer="zeros", name=self._named("linear")
        )
        return keras.layers.Add(name=self._named("with_linear"))([y, says(recent)])

    def _read(self, h: Any, steps: Any) -> Any:
        """Return what is kept of the steps that the LSTM has read."""
        sizes, table = self.sizes, None
        if self.spec.vocabulary is not None:
            table = self._table(self.spec.vocabulary)
            if sizes.blanks:
                blanks = layers.Blanks(sizes.blanks, self.seed + 6, name=self._named("blanks"))
                h = blanks(h)
        else:
            h, steps = self._cut(h, steps)
        for i in range(sizes.layers):
            features = i or table is not None or sizes.embed
            h = LSTM(
                sizes.units,
                bidirectional=sizes.bidirectional,
                memory=sizes.memory,
                summary=sizes.summary if i == sizes.layers - 1 else None,
                dropout=sizes.dropout if features else 0,
                table=None if i else table,
                seed=self.seed + 10 * (i + 1),
                name=self._named(f"lstm_{i}"),
            )(h, steps)
        return h

    def _cut(self, h: Any, steps: Any) -> tuple[Any, Any]:
        """Return the steps of numbers that the LSTM reads, and how many of them each row has."""
        sizes = self.sizes
        if sizes.segment:
            hop = sizes.hop or sizes.segment
            h, steps = layers.Segments(sizes.segment, hop, sizes.scales, sizes.most)(h, steps)
        if sizes.embed:
            h = self._dense(sizes.embed, 0, "projection")(h)
        if sizes.embed and sizes.segment:
            h = keras.layers.ReLU(name=self._named("positive"))(h)
        return h, steps

    def _table(self, vocabulary: int) -> keras.layers.Embedding:
        """Return the embeddings [V, C]; the first LSTM looks them up."""
        width, name = self.sizes.embed or EMBED, self._named("embedding")
        if self.sizes.vectors:
            table = Vectors(vocabulary, width, self.sizes.vectors, seed=self.seed, name=name)
        else:
            start: Any = keras.initializers.RandomUniform(-0.05, 0.05, seed=self.seed)
            table = keras.layers.Embedding(
                vocabulary, width, embeddings_initializer=start, name=name
            )
        table.build((None, None))
        return table

    def _dense(self, width: int, draw: int, name: str) -> keras.layers.Layer:
        start: Any = keras.initializers.GlorotUniform(seed=self.seed + draw)
        return keras.layers.Dense(width, kernel_initializer=start, name=self._named(name))

    def _named(self, name: str) -> str:
        return named(name, self.member)


def _of_member(sizes: Backbone, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    if spec.vocabulary is not None:
        width = sizes.embed or EMBED
        yield "embedding/embeddings", (spec.vocabulary, width)
    else:
        width = 1 if sizes.apart else _width(sizes, spec)
        width *= (sizes.segment or 1) * sizes.scales
        if sizes.embed:
            yield from _dense("projection", width, sizes.embed)
            width = sizes.embed
    both = 1 + sizes.bidirectional
    for i in range(sizes.layers):
        for direction in ("forward", "backward")[:both]:
            yield f"lstm_{i}/{direction}/kernel", (width, 4 * sizes.units)
            yield f"lstm_{i}/{direction}/recurrent_kernel", (sizes.units, 4 * sizes.units)
            yield f"lstm_{i}/{direction}/bias", (4 * sizes.units,)
        width = both * sizes.units
    width *= 1 + (sizes.summary == "both")
    channels, each = spec.channels or 0, outputs
    if sizes.apart:
        each = outputs // len(spec.told)
        yield from _dense("level", channels, outputs)
    yield from _dense("outputs", width + channels * (sizes.skip and not sizes.apart), each)
    if sizes.linear:
        steps = sizes.linear * (1 if sizes.apart else _width(sizes, spec))
        yield "linear/kernel", (steps, each)
    if sizes.ngrams and spec.vocabulary is not None:
        table = (spec.vocabulary + sizes.buckets, outputs)
        yield from (("ngrams/table", table), ("ngrams/scale", table))


def _width(sizes: Backbone, spec: Spec) -> int:
    """Return the numbers of a step that are read, all views of them counted."""
    return (spec.channels or 0) * (kernels.VIEWS if sizes.views else 1)


def _dense(name: str, width: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}/kernel", (width, outputs)
    yield f"{name}/bias", (outputs,)
