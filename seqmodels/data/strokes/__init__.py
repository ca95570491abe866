"""Pen strokes: InkML and other ink formats, and the built-in `handwriting`."""
