"""Checks of data before training: leaks between parts, and `inspect`. Nothing here trains."""
