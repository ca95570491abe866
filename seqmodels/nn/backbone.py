"""Sizes of the shared LSTM, from padded steps to the numbers that a head reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import pydantic
from annotated_types import Ge, Le, Lt

from seqmodels.core.encoder import Encoder, Spec
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import LAYERS

if TYPE_CHECKING:
    import keras
    import numpy as np

    from seqmodels.nn.network import Network, Reads

MANY = 5000  # LSTM layers, more than the arrays of a file can be of
Size = Annotated[int, Ge(1)]


class AnswersInNumbers(Protocol):
    """A head, as far as a forecast needs it that starts from the last value."""

    @property
    def log(self) -> bool:
        """Whether it answers with logs of the values."""
        ...

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Restate a linear forecast [C, D], [D] as one of the outputs; None where there is none."""
        ...


def summary_layer(name: str) -> str:
    """Return the name of a registered summary layer.

    Raises:
        InputError: No such layer is registered.
    """
    if name not in LAYERS or LAYERS.get(name).place != "summary":
        raise InputError(
            f"Backbone(summary=) needs one of 'last', 'max', 'mean', 'both', or a summary layer "
            f"of your own, whose module is imported first (on the command line --import MODULE); "
            f"got {name!r}."
        )
    return name


Known = Literal["last", "max", "mean", "both"]
Summary = Known | Annotated[str, pydantic.AfterValidator(summary_layer)]


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
        ngrams: Words of the longest n-gram that speaks for itself beside the LSTM, as each word
            does then: see `layers.Ngrams`. Only for tokens. 0: nothing does.
        buckets: Weights that the n-grams of two words and more share.
        linear: Steps, up to the last one, that a linear map reads beside the LSTM (LTSF-Linear,
            Zeng et al. 2023), so that the LSTM is left with what is not linear. Only for numbers.
            0: none.
        views: Read each channel in three ways side by side: as it is, standardised within its
            row, and the changes of this from step to step: see `layers.InputViews`. Only for
            numbers.
        kernels: Random convolution kernels, of which a member of its own tells what they find,
            beside the LSTM: see `layers.RandomConvolutions`. Only for numbers. 0: none.
        members: Networks alike, begun differently, whose answers are averaged (Hansen and
            Salamon 1990). Each learns by itself; what kernels find is told beside each. Only
            for numbers.
        blanks: Share of words that are read as unknown ones in training, from 0, below 1 (word
            dropout, Iyyer et al. 2015), and of those left out of `ngrams`. Only for tokens.
        vectors: Steps on either side within which words are counted that stand together, in
            inputs with and without a target; embeddings start from that: see
            `layers.Embedding`. Only for tokens. 0: they start at random.
    """

    units: Size = 64
    layers: Size = 1
    bidirectional: bool = False
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    embed: Size | None = None
    summary: Summary = "both"
    memory: Annotated[int, Ge(3)] | None = None
    skip: bool = False
    level: Literal["absolute", "last"] = "absolute"
    segment: Size | None = None
    hop: Size | None = None
    most: Annotated[int, Ge(2)] | None = None
    scales: Annotated[int, Ge(1), Le(12)] = 1
    apart: bool = False
    linear: Annotated[int, Ge(0)] = 0
    views: bool = False
    kernels: Annotated[int, Ge(0)] = 0
    members: Size = 1
    blanks: Annotated[float, Ge(0), Lt(1)] = 0.0
    ngrams: Annotated[int, Ge(0), Le(5)] = 0
    buckets: Size = 250_000
    vectors: Annotated[int, Ge(0), Le(50)] = 0

    def check(self, spec: Spec, reads: Reads = "summary") -> None:
        """Raise InputError where these sizes do not suit the encoder, or what the head reads."""
        problems = self._against_steps(reads) if reads != "summary" else []
        if spec.vocabulary is not None:
            given = {"skip": self.skip, "level": self.level != "absolute", "apart": self.apart,
                     "segment": self.segment, "hop": self.hop, "linear": self.linear,
                     "views": self.views, "kernels": self.kernels,
                     "members": self.members > 1}  # fmt: skip
            problems += [
                f"Backbone({name}=) needs an encoder of numbers, got one of tokens. Leave it out."
                for name, value in given.items()
                if value
            ]
        else:
            given = {"blanks": self.blanks, "ngrams": self.ngrams, "vectors": self.vectors}
            problems += [
                f"Backbone({name}=) needs an encoder of tokens. Leave it out."
                for name, value in given.items()
                if value
            ]
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
        if self.views and self.apart:
            problems.append("Backbone(views=) needs all channels together: leave apart out.")
        if self.kernels and (self.skip or self.apart):
            problems.append("Backbone(kernels=) tells of whole sequences: leave skip, apart out.")
        if problems:
            raise InputError(problems)

    def _against_steps(self, reads: Reads) -> list[str]:
        """Return why there can be no outputs for every step."""
        whole = {"skip": self.skip, "apart": self.apart, "linear": self.linear,
                 "ngrams": self.ngrams, "kernels": self.kernels,
                 "members": self.members > 1}  # fmt: skip
        problems = [
            f"Backbone({name}=) reads whole sequences; this head needs an output for every step. "
            f"Leave it out."
            for name, value in whole.items()
            if value
        ]
        ahead = {"bidirectional": self.bidirectional, "level": self.level != "absolute",
                 "views": self.views, "segment": self.segment}  # fmt: skip
        problems += [
            f"Backbone({name}=) reads the steps that this head predicts. Leave it out."
            for name, value in ahead.items()
            if value and reads == "next"
        ]
        return problems

    def now(self, encoder: Encoder, head: AnswersInNumbers) -> tuple[np.ndarray, np.ndarray] | None:
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

    def network(self, spec: Spec, outputs: int, reads: Reads = "summary") -> Network:
        """Return the list of layers.

        Args:
            spec: What the encoder puts out.
            outputs: Numbers that the head reads.
            reads: What the head reads: `seqmodels.nn.network.Network`.
        """
        from seqmodels.nn import assembly

        return assembly.network(self, spec, outputs, reads)

    def build(
        self, spec: Spec, outputs: int, seed: int = 0, reads: Reads = "summary"
    ) -> keras.Model:
        """Return the network {x, lengths} -> [B, outputs].

        `x` holds ids [B, T] int32 or numbers [B, T, C] float32; `lengths` [B] int32 says how
        many steps of each row are real, from 1 to T. What lies past them is never read.

        Args:
            spec: What the encoder puts out.
            outputs: Numbers that the head reads.
            seed: Of the initial weights; same seed, same weights.
            reads: "summary", or what needs every step: "steps", "whole" or "next". The network
                then returns [B, T', outputs] and lengths [B]; T' is T, or the number of segments.
        """
        from seqmodels.nn import keras_network

        self.check(spec, reads)
        return keras_network.build(self.network(spec, outputs, reads), seed)

    def weights(self, spec: Spec, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the shape of each array of weights that `build` would make.

        They are known without a network, so that what a file asks for is seen before it is made.
        """
        sizes = dataclasses.replace(self, layers=min(self.layers, MANY))
        for name, weight in sizes.network(spec, outputs).weights():
            yield name, weight.shape
