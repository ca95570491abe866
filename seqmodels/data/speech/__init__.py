"""Folders of sound recordings with labels."""
