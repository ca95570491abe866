"""Values and contracts that every room shares.

Registries, errors, arguments, sequences, examples, the encoder interface, datasets as values, and
files that are written whole or not at all. NumPy only: nothing here reads a data format, imports
TensorFlow or knows another room.
"""
