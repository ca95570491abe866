"""From a path, a frame or arrays to a `Dataset`: detection, readers, splits, built-in datasets.

One sub-package a family (texts, series, sequences, strokes, speech), over one reader of tables.
Nothing here imports TensorFlow, and nothing here is saved with a model.
"""
