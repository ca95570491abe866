"""The shared LSTM: from padded steps to the numbers that a head reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Le, Lt

from seqmodels import kernels
from seqmodels.data import Encoder, Spec
from seqmodels.errors import InputError, some

if TYPE_CHECKING:
    import keras
    import numpy as np

    from seqmodels.heads.base import Head

Size = Annotated[int, Ge(1)]
EMBED = 64


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """Sizes of the network between an encoder and a head.

    Args:
        units: Width of each LSTM layer and each direction.
        layers: LSTM layers, one on the other.
        bidirectional: Read each sequence from both ends.
        dropout: Share of features dropped, the same at every step, before each LSTM layer
            and before the outputs; from 0, below 1. Channels of the data are never dropped:
            they are few, and one may hold all that matters.
        embed: Width of a token's embedding (None: 64), or of a projection of the channels
            (None: no projection).
        summary: What of the LSTM's steps is kept: the "last" state, the "max" or the "mean"
            over time of each feature, or "both" maximum and mean.
        memory: Steps that the LSTM is to remember before it has learned anything, from 3; for
            what depends on steps long past. None: about three.
        skip: Hand the last step's own channels to the outputs too, so that a forecast starts
            from what is now and learns the change (the autoregressive part of LSTNet, Lai et
            al. 2018). Only for numbers.
        level: What the LSTM reads of numbers: "absolute", as they are; "last", their difference
            to the last step, so that a series that drifts away from what was learned looks as
            it did (NLinear, Zeng et al. 2023). Its outputs are then told of the level by `skip`.
        segment: Steps that the LSTM reads at once, as one long step, through a projection of
            width `embed` that lets through what is positive (SegRNN, Lin et al. 2023). Only
            for numbers. None: step by step.
        hop: Steps from one segment to the next. None: as many as a segment has.
        most: Segments of a row, at most; of a longer one they begin further apart. None: all.
        scales: Times that a segment reads as many steps around its middle, each time twice as far
            apart, so that it sees what lies beside it more and more coarsely.
        apart: Read each channel that is foretold by itself, all with the same weights, from
            which its own future follows (PatchTST, Nie et al. 2023). Only for forecasts, of
            numbers, by `level` "last".
        pairs: Weights for pairs of neighbouring words, which say something by themselves, beside
            the LSTM, as each word does: see `layers.Pairs`. Only for tokens. 0: none.
        views: Read each channel in three ways side by side: as it is, standardised within its
            row, and the changes of this from step to step: see `shapes.Views`. Only for numbers.
        kernels: Random convolution kernels, of which a member of its own tells what they find,
            beside the LSTM: see `shapes.Kernels`. Only for numbers. 0: none.
        members: Networks alike, begun differently, whose answers are averaged (Hansen and
            Salamon 1990). Each learns by itself; what kernels find is told beside each.
        blanks: Share of words that are read as unknown ones in training, from 0, below 1 (word
            dropout, Iyyer et al. 2015), and of those left out of `pairs`. Only for tokens.
    """

    units: Size = 64
    layers: Size = 1
    bidirectional: bool = False
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    embed: Size | None = None
    summary: Literal["last", "max", "mean", "both"] = "both"
    memory: Annotated[int, Ge(3)] | None = None
    skip: bool = False
    level: Literal["absolute", "last"] = "absolute"
    segment: Size | None = None
    hop: Size | None = None
    most: Annotated[int, Ge(2)] | None = None
    scales: Annotated[int, Ge(1), Le(12)] = 1
    apart: bool = False
    views: bool = False
    kernels: Annotated[int, Ge(0)] = 0
    members: Size = 1
    blanks: Annotated[float, Ge(0), Lt(1)] = 0.0
    pairs: Annotated[int, Ge(0)] = 0

    def check(self, spec: Spec) -> None:
        """Raise InputError where these sizes do not suit what the encoder puts out."""
        problems = []
        if spec.vocabulary is not None:
            given = {"skip": self.skip, "level": self.level != "absolute", "apart": self.apart,
                     "segment": self.segment, "hop": self.hop, "views": self.views,
                     "kernels": self.kernels}  # fmt: skip
            problems += [
                f"Backbone({name}=) needs an encoder of numbers, got one of tokens. Leave it out."
                for name, value in given.items()
                if value
            ]
        elif self.blanks or self.pairs:
            name = "blanks" if self.blanks else "pairs"
            problems.append(f"Backbone({name}=) needs an encoder of tokens. Leave it out.")
        if (self.scales > 1 or self.most) and not self.segment:
            problems.append("Backbone(scales=, most=) needs segment=. Give it, or neither.")
        if self.hop and self.hop > (self.segment or 1):
            problems.append(
                f"Backbone(hop={self.hop}) leaves steps out: give segment= of at least as many."
            )
        if self.apart and not spec.told:
            problems.append(
                "Backbone(apart=True) needs a forecast of channels that are read. Leave apart out."
            )
        elif self.apart and spec.vocabulary is None:
            each = len(spec.continues or ()) // len(spec.told)
            if spec.continues != tuple(c for c in spec.told for _ in range(each)):
                problems.append(
                    f"Backbone(apart=True) needs as many answers for each channel, one channel "
                    f"after the other, got those of channels {some(spec.continues or ())}."
                )
        if self.kernels and (self.skip or self.apart):
            problems.append("Backbone(kernels=) tells of whole sequences: leave skip, apart out.")
        if problems:
            raise InputError(problems)

    def now(self, encoder: Encoder, head: Head) -> tuple[np.ndarray, np.ndarray] | None:
        """Return how the outputs that mean "as it is now" follow from the last encoded step.

        Returns:
            A kernel [C, outputs] and a bias [outputs]; None where there is no such thing, or it
            is not asked for.

        Raises:
            InputError: It is needed, and this head does not answer with numbers.
        """
        known = encoder.last_value() if self.skip or self.apart else None
        found = head.scaled(*known) if known else None
        if self.apart and found is None:
            raise InputError(
                "Backbone(apart=True) needs a forecast in numbers, of values that are read as they "
                "are (scaling='standard'): use head 'regression', or leave apart out."
            )
        return found

    def build(self, spec: Spec, outputs: int, seed: int = 0) -> keras.Model:
        """Return the network {x, lengths} -> [B, outputs].

        `x` holds ids [B, T] int32 or numbers [B, T, C] float32; `lengths` [B] int32 says how
        many steps of each row are real, from 1 to T. What lies past them is never read.
        """
        import keras

        from seqmodels import shapes

        self.check(spec)
        lengths = keras.Input((), dtype="int32", name="lengths")  # [B]
        if spec.vocabulary is not None:
            x = keras.Input((None,), dtype="int32", name="x")  # [B, T]
        else:
            x = keras.Input((None, spec.channels), dtype="float32", name="x")  # [B, T, C]
        h = shapes.Views(name="views")(x, lengths) if self.views else x
        told = []
        for member in range(self.members):
            told.append(self._member(x, h, lengths, spec, outputs, seed, member))
            if self.kernels:
                find = shapes.Kernels(self._width(spec), outputs, self.kernels,
                                      views=kernels.VIEWS if self.views else 1,
                                      seed=seed + 1000 * member + 9,
                                      name=named("kernels", member))  # fmt: skip
                told.append(find(h, lengths))
        y = shapes.Members(name="members")(told) if len(told) > 1 else told[0]
        return keras.Model({"x": x, "lengths": lengths}, y, name="network")

    def _member(
        self, x: Any, h: Any, lengths: Any, spec: Spec, outputs: int, seed: int, member: int
    ) -> Any:
        """Return what one LSTM tells of the steps h, which are those of x or views of them."""
        import keras

        from seqmodels import layers
        from seqmodels.lstm import LSTM

        seed, steps, table = seed + 1000 * member, lengths, None
        if spec.vocabulary is not None:
            table = self._table(spec.vocabulary, seed, named("embedding", member))
            if self.blanks:
                h = layers.Blanks(self.blanks, seed=seed + 6, name=named("blanks", member))(h)
        else:
            if self.apart:
                h, steps = layers.Apart(spec.told, name=named("apart", member))(h, steps)
            if self.level == "last":
                h = layers.FromLast(name=named("from_last", member))(h, steps)
            if self.segment:
                hop = self.hop or self.segment
                h, steps = layers.Segments(self.segment, hop, self.scales, self.most)(h, steps)
            if self.embed:
                h = self._dense(self.embed, seed, named("projection", member))(h)
            if self.embed and self.segment:
                h = keras.layers.ReLU(name=named("positive", member))(h)
        for i in range(self.layers):
            features = i or table is not None or self.embed
            h = LSTM(
                self.units,
                bidirectional=self.bidirectional,
                memory=self.memory,
                summary=self.summary if i == self.layers - 1 else None,
                dropout=self.dropout if features else 0,
                table=None if i else table,
                seed=seed + 10 * (i + 1),
                name=named(f"lstm_{i}", member),
            )(h, steps)
        if self.dropout:
            h = keras.layers.Dropout(self.dropout, seed=seed + 7)(h)
        last = layers.LastStep(name=named("last_step", member))(x, lengths)
        if self.apart:
            each = outputs // len(spec.told)
            h = self._dense(each, seed + 8, named("outputs", member))(h)  # [B * G, H]
            h = layers.Together(outputs, name=named("together", member))(h)  # [B, outputs]
            now = keras.layers.Dense(outputs, trainable=False, name=named("level", member))(last)
            y = keras.layers.Add(name=named("told", member))([h, now])
        else:
            if self.skip:
                h = keras.layers.Concatenate(name=named("skip", member))([h, last])
            y = self._dense(outputs, seed + 8, named("outputs", member))(h)  # [B, outputs]
        if self.pairs and spec.vocabulary is not None:
            bag = layers.Pairs(spec.vocabulary, outputs, self.pairs, dropout=self.blanks,
                               seed=seed + 5, name=named("pairs", member))  # fmt: skip
            y = keras.layers.Add(name=named("both", member))([y, bag(x, lengths)])
        return y

    def weights(self, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the shape of each array of weights that `build` would make.

        They are known without a network, so that what a file asks for is seen before it is made.
        """
        for member in range(self.members):
            for name, shape in self._member_weights(spec, outputs):
                yield named(name, member), shape
            if self.kernels:
                kept = kernels.kept(self._width(spec), outputs, self.kernels)
                yield from ((f"{named('kernels', member)}/{one}", kept[one]) for one in kept)

    def _member_weights(self, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        both = 1 + self.bidirectional
        if spec.vocabulary is not None:
            width = self.embed or EMBED
            yield "embedding/embeddings", (spec.vocabulary, width)
        else:
            width = 1 if self.apart else self._width(spec)
            width *= (self.segment or 1) * self.scales
            if self.embed:
                yield from _dense("projection", width, self.embed)
                width = self.embed
        for i in range(self.layers):
            for direction in ("forward", "backward")[:both]:
                yield f"lstm_{i}/{direction}/kernel", (width, 4 * self.units)
                yield f"lstm_{i}/{direction}/recurrent_kernel", (self.units, 4 * self.units)
                yield f"lstm_{i}/{direction}/bias", (4 * self.units,)
            width = both * self.units
        width *= 1 + (self.summary == "both")
        if self.apart:
            yield from _dense("outputs", width, outputs // len(spec.told))
            yield from _dense("level", spec.channels or 0, outputs)
            return
        width += spec.channels or 0 if self.skip else 0
        yield from _dense("outputs", width, outputs)
        if self.pairs and spec.vocabulary is not None:
            yield "pairs/table", (spec.vocabulary + self.pairs, outputs)

    def _width(self, spec: Spec) -> int:
        """Return the numbers of a step that are read, all views of them counted."""
        return (spec.channels or 0) * (kernels.VIEWS if self.views else 1)

    def _table(self, vocabulary: int, seed: int, name: str) -> keras.Variable:
        """Return the embeddings [V, C]; the first LSTM looks them up."""
        import keras

        start: Any = keras.initializers.RandomUniform(-0.05, 0.05, seed=seed)
        embedding = keras.layers.Embedding(
            vocabulary, self.embed or EMBED, embeddings_initializer=start, name=name
        )
        embedding.build((None, None))
        return embedding.embeddings

    def _dense(self, width: int, seed: int, name: str) -> keras.layers.Layer:
        import keras

        start: Any = keras.initializers.GlorotUniform(seed=seed)
        return keras.layers.Dense(width, kernel_initializer=start, name=name)


def named(name: str, member: int) -> str:
    """Return the name of a part of a member: of the first, and mostly only one, it is plain."""
    return f"member_{member}_{name}" if member else name


def _dense(name: str, width: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}/kernel", (width, outputs)
    yield f"{name}/bias", (outputs,)
