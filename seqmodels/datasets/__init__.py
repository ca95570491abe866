"""Where examples come from. One source a file; importing this package registers them."""

from seqmodels.datasets.digits import digits
from seqmodels.datasets.handwriting import handwriting
from seqmodels.datasets.imdb import imdb
from seqmodels.datasets.reber import reber
from seqmodels.datasets.series import series
from seqmodels.datasets.simulated import adding, temporal_order

__all__ = ["adding", "digits", "handwriting", "imdb", "reber", "series", "temporal_order"]
