"""Drawings made with a pen, from the files in which people have them."""

from seqmodels.formats.ink.known import FORMATS, Choice, Format, read, survey
from seqmodels.formats.ink.places import Files, files
from seqmodels.formats.ink.record import Drawing

__all__ = ["FORMATS", "Choice", "Drawing", "Files", "Format", "files", "read", "survey"]
