"""Drawings made with a pen, from the files in which people have them."""

from seqmodels.data.strokes.ink.files import Files, files
from seqmodels.data.strokes.ink.formats import FORMATS, read, survey
from seqmodels.data.strokes.ink.record import Choice, Drawing, Format

__all__ = ["FORMATS", "Choice", "Drawing", "Files", "Format", "files", "read", "survey"]
