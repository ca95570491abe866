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
        """Whether the head predicts logs of the values."""
        ...

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a linear forecast, [C, D] and [D], in the units of the outputs, or None."""
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
        layers: Number of stacked LSTM layers.
        bidirectional: Read each sequence in both directions.
        dropout: Share of features dropped, the same at every step, before each LSTM layer
            and before the outputs; from 0, below 1. Channels of the data are never dropped:
            they are few, and a single channel may matter most.
        embed: Width of a token's embedding (None: 64), or of a projection of the channels
            (None: no projection).
        summary: Summary of the LSTM's outputs over time: the "last" state, the "max" or the
            "mean" of each feature, or "both" maximum and mean.
        memory: Steps over which the untrained LSTM remembers (chrono initialisation), from 3;
            for long dependencies. None: about three.
        skip: Add a linear map of the last step to the outputs, so that a forecast starts from
            the last value and the LSTM learns the change (the autoregressive part of LSTNet, Lai
            et al. 2018). Only for numbers.
        level: Level of the numbers that the LSTM reads: "absolute", unchanged; "last", minus the
            last step, so that a drifting series still looks familiar (NLinear, Zeng et al.
            2023); `skip` then adds the level to the outputs.
        segment: Steps per segment. The LSTM reads each segment as one step, through a ReLU
            projection of width `embed` (SegRNN, Lin et al. 2023). Only for numbers. None: no
            segments.
        hop: Stride of the segments. None: the length of a segment.
        most: Largest number of segments per row; longer rows get a larger stride. None: no
            limit.
        scales: Number of dilated context windows per segment. Each has as many steps around the
            segment's middle as the segment, with twice the dilation of the one before.
        apart: Channel-independent forecasts: each forecast channel is read by itself, with
            shared weights, and predicts its own future (PatchTST, Nie et al. 2023). Only for
            forecasts of numbers with `level` "last".
        ngrams: Largest n-gram order of the linear branch beside the LSTM: see `layers.Ngrams`.
            Only for tokens. 0: no linear branch.
        buckets: Number of weights that n-grams of two words or more share by hashing.
        linear: Number of last steps that a linear map reads beside the LSTM (LTSF-Linear, Zeng
            et al. 2023), so that the LSTM learns the nonlinear rest. Only for numbers. 0: no
            linear map.
        views: Read three views of each channel: unchanged, standardised within its row, and the
            latter's changes from step to step: see `layers.InputViews`. Only for numbers.
        kernels: Number of random convolution kernels, whose features feed a linear layer beside
            the LSTM: see `layers.RandomConvolutions`. Only for numbers. 0: none.
        members: Ensemble size: members differ in their seed, are trained independently, and
            their answers are averaged (Hansen and Salamon 1990). Only for numbers.
        blanks: Word dropout: share of words that are replaced by the unknown word in training,
            from 0, below 1 (Iyyer et al. 2015), and share of n-grams dropped. Only for tokens.
        vectors: Window of the word vectors that embeddings start from: number of words on either
            side whose co-occurrence is counted, in inputs with and without a target: see
            `layers.Embedding`. Only for tokens. 0: embeddings start at random.
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
