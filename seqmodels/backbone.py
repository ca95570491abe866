"""The shared LSTM: from padded steps to the numbers that a head reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Le, Lt

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
        apart: Read each channel that is foretold by itself, all with the same weights, from
            which its own future follows (PatchTST, Nie et al. 2023). Only for forecasts, of
            numbers, by `level` "last".
        ngrams: Words of the longest n-gram that speaks for itself beside the LSTM, as each word
            does then: see `ngrams.Ngrams`. Only for tokens. 0: nothing does.
        buckets: Weights that the n-grams of two words and more share.
        blanks: Share of words that are read as unknown ones in training, from 0, below 1 (word
            dropout, Iyyer et al. 2015), and of those left out of `ngrams`. Only for tokens.
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
    apart: bool = False
    blanks: Annotated[float, Ge(0), Lt(1)] = 0.0
    ngrams: Annotated[int, Ge(0), Le(5)] = 0
    buckets: Size = 250_000

    def check(self, spec: Spec) -> None:
        """Raise InputError where these sizes do not suit what the encoder puts out."""
        problems = []
        if spec.vocabulary is not None:
            given = {"skip": self.skip, "level": self.level != "absolute", "apart": self.apart,
                     "segment": self.segment, "hop": self.hop}  # fmt: skip
            problems += [
                f"Backbone({name}=) needs an encoder of numbers, got one of tokens. Leave it out."
                for name, value in given.items()
                if value
            ]
        elif self.blanks or self.ngrams:
            name = "blanks" if self.blanks else "ngrams"
            problems.append(f"Backbone({name}=) needs an encoder of tokens. Leave it out.")
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
        known = None
        if self.skip or self.apart:
            known = encoder.last_value(log=True) if head.log else encoder.last_value()
        found = head.scaled(*known) if known else None
        if self.apart and found is None:
            raise InputError(
                "Backbone(apart=True) needs a forecast in numbers that are read and foretold "
                "alike, as they are or as logs (scaling='log' of encoder and head): use head "
                "'regression', or leave apart out."
            )
        return found

    def build(self, spec: Spec, outputs: int, seed: int = 0) -> keras.Model:
        """Return the network {x, lengths} -> [B, outputs].

        `x` holds ids [B, T] int32 or numbers [B, T, C] float32; `lengths` [B] int32 says how
        many steps of each row are real, from 1 to T. What lies past them is never read.
        """
        import keras

        from seqmodels import layers
        from seqmodels.lstm import LSTM
        from seqmodels.ngrams import Ngrams

        self.check(spec)
        lengths = steps = keras.Input((), dtype="int32", name="lengths")  # [B]
        table = None
        if spec.vocabulary is not None:
            h = x = keras.Input((None,), dtype="int32", name="x")  # [B, T]
            table = self._table(spec.vocabulary, seed)
            if self.blanks:
                h = layers.Blanks(self.blanks, seed=seed + 6, name="blanks")(h)
        else:
            h = x = keras.Input((None, spec.channels), dtype="float32", name="x")  # [B, T, C]
            if self.apart:
                h, steps = layers.Apart(spec.told, name="apart")(h, steps)
            if self.level == "last":
                h = layers.FromLast(name="from_last")(h, steps)
            if self.segment:
                h, steps = layers.Segments(self.segment, self.hop or self.segment)(h, steps)
            if self.embed:
                h = self._dense(self.embed, seed, "projection")(h)
            if self.embed and self.segment:
                h = keras.layers.ReLU(name="positive")(h)
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
                name=f"lstm_{i}",
            )(h, steps)
        if self.dropout:
            h = keras.layers.Dropout(self.dropout, seed=seed + 7, name="drop_outputs")(h)
        last = layers.LastStep(name="last_step")(x, lengths) if self.skip or self.apart else None
        if self.apart:
            h = self._dense(outputs // len(spec.told), seed + 8, "outputs")(h)  # [B * G, H]
            h = layers.Together(outputs, name="together")(h)  # [B, outputs]
            now = keras.layers.Dense(outputs, trainable=False, name="level")(last)
            y = keras.layers.Add(name="told")([h, now])
        else:
            if self.skip:
                h = keras.layers.Concatenate(name="skip")([h, last])
            y = self._dense(outputs, seed + 8, "outputs")(h)  # [B, outputs]
        if self.ngrams and spec.vocabulary is not None:
            bag = Ngrams(spec.vocabulary, outputs, self.ngrams, self.buckets,
                         dropout=self.blanks, seed=seed + 5, name="ngrams")  # fmt: skip
            y = keras.layers.Add(name="both")([y, bag(x, lengths)])
        return keras.Model({"x": x, "lengths": lengths}, y, name="network")

    def weights(self, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the shape of each array of weights that `build` would make.

        They are known without a network, so that what a file asks for is seen before it is made.
        """
        both = 1 + self.bidirectional
        if spec.vocabulary is not None:
            width = self.embed or EMBED
            yield "embedding/embeddings", (spec.vocabulary, width)
        else:
            width: int = 1 if self.apart else spec.channels  # type: ignore[assignment]
            width *= self.segment or 1
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
        if self.ngrams and spec.vocabulary is not None:
            yield "ngrams/table", (spec.vocabulary + self.buckets, outputs)
            yield "ngrams/scale", (spec.vocabulary + self.buckets, outputs)

    def _table(self, vocabulary: int, seed: int) -> keras.Variable:
        """Return the embeddings [V, C]; the first LSTM looks them up."""
        import keras

        start: Any = keras.initializers.RandomUniform(-0.05, 0.05, seed=seed)
        embedding = keras.layers.Embedding(
            vocabulary, self.embed or EMBED, embeddings_initializer=start, name="embedding"
        )
        embedding.build((None, None))
        return embedding.embeddings

    def _dense(self, width: int, seed: int, name: str) -> keras.layers.Layer:
        import keras

        start: Any = keras.initializers.GlorotUniform(seed=seed)
        return keras.layers.Dense(width, kernel_initializer=start, name=name)


def _dense(name: str, width: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}/kernel", (width, outputs)
    yield f"{name}/bias", (outputs,)
