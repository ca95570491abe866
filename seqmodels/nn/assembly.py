"""Which layers the sizes of a `Backbone` ask for, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqmodels.core.encoder import Spec
from seqmodels.core.reads import Reads
from seqmodels.core.registry import LAYERS
from seqmodels.nn import layers as kinds
from seqmodels.nn.layers.input_views import VIEWS
from seqmodels.nn.network import Network, Placed

if TYPE_CHECKING:
    from seqmodels.nn.backbone import Backbone

EMBED = 64  # width of an embedding where none is given


def network(sizes: Backbone, spec: Spec, outputs: int, reads: Reads) -> Network:
    """Return the list of layers; see `Backbone.network`."""
    shared, layers = _steps_of(sizes, spec, outputs)
    layers += _features_of(sizes, spec, outputs, reads)
    return Network(
        spec=spec,
        shared=tuple(shared),
        layers=tuple(layers),
        members=sizes.ensemble_size,
        reads=reads,
    )


def _steps_of(sizes: Backbone, spec: Spec, outputs: int) -> tuple[list[Placed], list[Placed]]:
    """Return the layers that all members share, and those of each up to the first LSTM."""
    if spec.vocabulary is not None:
        words = spec.vocabulary
        found = []
        if sizes.ngrams:
            bag = kinds.Ngrams(
                vocabulary=words, outputs=outputs, longest=sizes.ngrams,
                buckets=sizes.ngram_buckets, dropout=sizes.word_dropout,
            )  # fmt: skip
            found.append(Placed("ngrams", bag, 5))
        if sizes.word_dropout:
            found.append(Placed("blanks", kinds.WordDropout(rate=sizes.word_dropout), 6))
        width = sizes.embed or EMBED
        table = kinds.Embedding(vocabulary=words, units=width, window=sizes.word_vectors)
        return [], [*found, Placed("embedding", table)]
    shared, found = [], []
    if sizes.skip and not sizes.channel_independent:
        shared.append(Placed("last_step", kinds.Skip()))
    if sizes.input_views:
        shared.append(Placed("views", kinds.InputViews()))
    if sizes.random_convolutions:
        views = VIEWS if sizes.input_views else 1
        count = sizes.random_convolutions
        kernels = kinds.RandomConvolutions(count=count, outputs=outputs, views=views)
        found.append(Placed("kernels", kernels, 9))
    each = outputs
    if sizes.channel_independent:
        each = outputs // len(spec.forecast_channels)
        found.append(Placed("level", kinds.Level(outputs=outputs)))
        found.append(Placed("apart", kinds.ChannelIndependent(channels=spec.forecast_channels)))
    if sizes.subtract_last:
        found.append(Placed("from_last", kinds.SubtractLast()))
    if sizes.linear_lags:
        found.append(Placed("linear", kinds.LinearLags(lags=sizes.linear_lags, outputs=each)))
    if sizes.segment_length:
        cut = kinds.Segments(
            length=sizes.segment_length, stride=sizes.segment_stride,
            max_segments=sizes.max_segments, scales=sizes.segment_scales,
        )  # fmt: skip
        found.append(Placed("segments", cut))
    if sizes.embed:
        projection = kinds.Projection(units=sizes.embed, positive=bool(sizes.segment_length))
        found.append(Placed("projection", projection))
    return shared, found


def _features_of(sizes: Backbone, spec: Spec, outputs: int, reads: Reads) -> list[Placed]:
    """Return the layers of each member from the first LSTM on."""
    found = []
    for i in range(sizes.layers):
        features = i or spec.vocabulary is not None or sizes.embed
        lstm = kinds.Lstm(
            units=sizes.units,
            bidirectional=sizes.bidirectional,
            memory=sizes.chrono_init,
            dropout=sizes.dropout if features else 0,
        )
        found.append(Placed(f"lstm_{i}", lstm, 10 * (i + 1)))
    if reads == "summary":
        two_ways = {"bidirectional": sizes.bidirectional} if sizes.summary == "last" else {}
        summary: Any = LAYERS.get(sizes.summary)
        found.append(Placed("summary", summary(**two_ways), 4))
    if sizes.dropout:
        found.append(Placed("dropout", kinds.Dropout(rate=sizes.dropout), 7))
    groups = len(spec.forecast_channels) if sizes.channel_independent else 1
    found.append(Placed("outputs", kinds.Dense(units=outputs // groups), 8))
    if sizes.channel_independent:
        found.append(Placed("together", kinds.ChannelsTogether(channels=groups)))
    return found
