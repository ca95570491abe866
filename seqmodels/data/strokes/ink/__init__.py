"""Drawings made with a pen, from the files in which people have them."""

from seqmodels.data.strokes.ink.known import FORMATS, Choice, Format, read, survey
from seqmodels.data.strokes.ink.places import Files, files
from seqmodels.data.strokes.ink.record import Drawing

__all__ = ["FORMATS", "Choice", "Drawing", "Files", "Format", "files", "read", "survey"]
