"""Where examples come from. One source a file; importing this package registers them."""

from seqmodels.datasets.digits import digits
from seqmodels.datasets.handwriting import handwriting
from seqmodels.datasets.imdb import imdb
from seqmodels.datasets.reber import reber
from seqmodels.datasets.sequences import sequences
from seqmodels.datasets.series import series
from seqmodels.datasets.simulated import adding, temporal_order
from seqmodels.datasets.speech import speech
from seqmodels.datasets.strokes import strokes
from seqmodels.datasets.texts import texts

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
