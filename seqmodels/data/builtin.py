"""Where examples come from. One source a file; importing this package registers them."""

from seqmodels.data.generated.digits import digits
from seqmodels.data.generated.reber import reber
from seqmodels.data.generated.simulated import adding, temporal_order
from seqmodels.data.sequences.dataset import sequences
from seqmodels.data.series.dataset import series
from seqmodels.data.speech.dataset import speech
from seqmodels.data.strokes.dataset import strokes
from seqmodels.data.strokes.handwriting import handwriting
from seqmodels.data.texts.dataset import texts
from seqmodels.data.texts.imdb import imdb

__all__ = [
    "adding",
    "digits",
    "handwriting",
    "imdb",
    "reber",
    "sequences",
    "series",
    "speech",
    "strokes",
    "temporal_order",
    "texts",
]
