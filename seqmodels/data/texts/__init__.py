"""Texts with labels: tables, class folders, lines, and the built-in `imdb`."""
