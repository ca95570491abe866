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
from seqmodels.core.reads import PER_STEP, Reads
from seqmodels.core.registry import LAYERS
from seqmodels.core.renamed import Names, renamed

if TYPE_CHECKING:
    import keras
    import numpy as np

    from seqmodels.nn.network import Network

MANY = 5000  # LSTM layers, more than the arrays of a file can be of
Size = Annotated[int, Ge(1)]
OF_NUMBERS = (  # fields that need an encoder of numbers
    "skip", "subtract_last", "channel_independent", "segment_length", "segment_stride",
    "linear_lags", "input_views", "random_convolutions", "ensemble_size",
)  # fmt: skip
SEGMENTS = ("segment_length", "segment_stride", "max_segments", "segment_scales")
OF_TOKENS = ("word_dropout", "ngrams", "word_vectors")
OF_WHOLE = (  # fields whose layers have one output for a whole sequence
    "skip", "channel_independent", "linear_lags", "ngrams", "random_convolutions", "ensemble_size",
)  # fmt: skip
AHEAD = ("bidirectional", "subtract_last", "input_views")  # read later steps

OLD_NAMES: Names = {
    "memory": "chrono_init",
    "level": ("subtract_last", {"last": True, "absolute": False}),
    "segment": "segment_length",
    "hop": "segment_stride",
    "most": "max_segments",
    "scales": "segment_scales",
    "apart": "channel_independent",
    "linear": "linear_lags",
    "views": "input_views",
    "kernels": "random_convolutions",
    "members": "ensemble_size",
    "blanks": "word_dropout",
    "buckets": "ngram_buckets",
    "vectors": "word_vectors",
}


def unsuitable(reads: Reads) -> tuple[str, ...]:
    """Return the sizes that a head of this kind cannot have: presets leave them out."""
    if reads == "summary":
        return ()
    found = OF_WHOLE + (AHEAD if reads == "next" else ())
    return found + (SEGMENTS if reads in PER_STEP else ())


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


@renamed(OLD_NAMES)
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
        chrono_init: Steps over which the untrained LSTM remembers (chrono initialisation, Tallec
            and Ollivier 2018), from 3; for long dependencies. None: about three.
        skip: Add a linear map of the last step to the outputs, so that a forecast starts from
            the last value and the LSTM learns the change (the autoregressive part of LSTNet, Lai
            et al. 2018). Only for numbers.
        subtract_last: Subtract each row's last step from all its steps, so that a drifting
            series still looks familiar (NLinear, Zeng et al. 2023); `skip` then adds the level
            to the outputs. Only for numbers.
        segment_length: Steps per segment. The LSTM reads each segment as one step, through a
            ReLU projection of width `embed` (SegRNN, Lin et al. 2023). Only for numbers. None:
            no segments.
        segment_stride: Steps from one segment to the next. None: the length of a segment.
        max_segments: Largest number of segments per row; longer rows get a larger stride. None:
            no limit.
        segment_scales: Number of dilated context windows per segment. Each has as many steps
            around the segment's middle as the segment, with twice the dilation of the one before.
        channel_independent: Each forecast channel is read by itself, with shared weights, and
            predicts its own future (PatchTST, Nie et al. 2023). Only for forecasts of numbers.
        linear_lags: Number of last steps that a linear map reads beside the LSTM (LTSF-Linear,
            Zeng et al. 2023), so that the LSTM learns the nonlinear rest. Only for numbers. 0: no
            linear map.
        input_views: Read three views of each channel: unchanged, standardised within its row, and
            the latter's changes from step to step: see `layers.InputViews`. Only for numbers.
        random_convolutions: Number of random convolution kernels, whose features feed a linear
            layer beside the LSTM: see `layers.RandomConvolutions`. Only for numbers. 0: none.
        ensemble_size: Number of networks that differ in their seed, are trained independently,
            and whose answers are averaged (Hansen and Salamon 1990). Only for numbers.
        word_dropout: Share of words that are replaced by the unknown word in training, from 0,
            below 1 (Iyyer et al. 2015), and share of n-grams dropped. Only for tokens.
        ngrams: Largest n-gram order of the linear branch beside the LSTM: see `layers.Ngrams`.
            Only for tokens. 0: no linear branch.
        ngram_buckets: Number of weights that n-grams of two words or more share by hashing.
        word_vectors: Window of the word vectors that embeddings start from: number of words on
            either side whose co-occurrence is counted, in inputs with and without a target: see
            `layers.Embedding`. Only for tokens. 0: embeddings start at random.
    """

    units: Size = 64
    layers: Size = 1
    bidirectional: bool = False
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    embed: Size | None = None
    summary: Summary = "both"
    chrono_init: Annotated[int, Ge(3)] | None = None
    skip: bool = False
    subtract_last: bool = False
    segment_length: Size | None = None
    segment_stride: Size | None = None
    max_segments: Annotated[int, Ge(2)] | None = None
    segment_scales: Annotated[int, Ge(1), Le(12)] = 1
    channel_independent: bool = False
    linear_lags: Annotated[int, Ge(0)] = 0
    input_views: bool = False
    random_convolutions: Annotated[int, Ge(0)] = 0
    ensemble_size: Size = 1
    word_dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    ngrams: Annotated[int, Ge(0), Le(5)] = 0
    ngram_buckets: Size = 250_000
    word_vectors: Annotated[int, Ge(0), Le(50)] = 0

    def check(self, spec: Spec, reads: Reads = "summary") -> None:
        """Raise InputError where these sizes do not suit the encoder, or what the head reads."""
        problems = self._against_steps(reads) if reads != "summary" else []
        other = OF_NUMBERS if spec.vocabulary is not None else OF_TOKENS
        needs = "numbers, got one of tokens" if spec.vocabulary is not None else "tokens"
        problems += [
            f"Backbone({name}=) needs an encoder of {needs}. Leave it out."
            for name in self._used(other)
        ]
        length, stride = self.segment_length, self.segment_stride
        if (self.segment_scales > 1 or self.max_segments) and not length:
            problems.append(
                "Backbone(segment_scales=, max_segments=) needs segment_length=. Give it, or "
                "neither."
            )
        if stride and stride > (length or 1):
            problems.append(
                f"Backbone(segment_stride={stride}) leaves steps out: give segment_length= of at "
                f"least as many."
            )
        if self.channel_independent and not spec.forecast_channels:
            problems.append(
                "Backbone(channel_independent=True) needs a forecast of channels that are read. "
                "Leave it out."
            )
        elif self.channel_independent and spec.vocabulary is None:
            each = len(spec.continues or ()) // len(spec.forecast_channels)
            if spec.continues != tuple(c for c in spec.forecast_channels for _ in range(each)):
                problems.append(
                    f"Backbone(channel_independent=True) needs as many answers for each channel, "
                    f"one channel after the other, got those of channels "
                    f"{some(spec.continues or ())}."
                )
        if self.input_views and self.channel_independent:
            problems.append(
                "Backbone(input_views=) needs all channels together: leave channel_independent out."
            )
        if self.random_convolutions and (self.skip or self.channel_independent):
            problems.append(
                "Backbone(random_convolutions=) reads whole sequences: leave skip and "
                "channel_independent out."
            )
        if problems:
            raise InputError(problems)

    def _used(self, names: tuple[str, ...]) -> list[str]:
        """Return those of some fields that have another value than their default."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        return [name for name in names if getattr(self, name) != defaults[name]]

    def _against_steps(self, reads: Reads) -> list[str]:
        """Return why there can be no outputs for every step."""
        why: dict[str, str] = dict.fromkeys(
            OF_WHOLE, "reads whole sequences; this head needs an output for each step"
        )
        if reads == "next":
            why |= dict.fromkeys(AHEAD, "reads the steps that this head predicts")
        if reads in PER_STEP:
            why["segment_length"] = "reads several steps as one; this head needs an output for each"
        return [f"Backbone({name}=) {why[name]}. Leave it out." for name in self._used(tuple(why))]

    def now(self, encoder: Encoder, head: AnswersInNumbers) -> tuple[np.ndarray, np.ndarray] | None:
        """Return how the outputs that mean "as it is now" follow from the last encoded step.

        Returns:
            A kernel [C, outputs] and a bias [outputs]; None where there is no such thing, or it
            is not asked for.

        Raises:
            InputError: It is needed, and this head does not answer with numbers.
        """
        known = None
        if self.skip or self.channel_independent:
            known = encoder.last_value(log=True) if head.log else encoder.last_value()
        found = head.scaled(*known) if known else None
        if self.channel_independent and found is None:
            raise InputError(
                "Backbone(channel_independent=True) needs a forecast in numbers that are read and "
                "predicted alike, as they are or as logs (scaling='log' of encoder and head): use "
                "head 'regression', or leave channel_independent out."
            )
        return found

    def network(self, spec: Spec, outputs: int, reads: Reads = "summary") -> Network:
        """Return the list of layers.

        Args:
            spec: What the encoder puts out.
            outputs: Numbers that the head reads.
            reads: What the head reads: `seqmodels.core.reads`.
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

    def weights(
        self, spec: Spec, outputs: int, reads: Reads = "summary"
    ) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the shape of each array of weights that `build` would make.

        They are known without a network, so that what a file asks for is seen before it is made.
        """
        sizes = dataclasses.replace(self, layers=min(self.layers, MANY))
        for name, weight in sizes.network(spec, outputs, reads).weights():
            yield name, weight.shape
