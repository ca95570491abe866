"""Encoders turn inputs into steps. One encoder per file."""

from seqmodels.encoders.series import SeriesEncoder
from seqmodels.encoders.speech import SpeechEncoder
from seqmodels.encoders.strokes import StrokeEncoder
from seqmodels.encoders.text import TextEncoder

__all__ = ["SeriesEncoder", "SpeechEncoder", "StrokeEncoder", "TextEncoder"]
