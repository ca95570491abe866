"""Heads define what is predicted. One head per file; importing this package registers them."""

from seqmodels.heads.base import Head, Prediction
from seqmodels.heads.binary import Binary
from seqmodels.heads.multiclass import Multiclass
from seqmodels.heads.regression import Regression

__all__ = ["Binary", "Head", "Multiclass", "Prediction", "Regression"]
