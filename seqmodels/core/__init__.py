"""Values and contracts that every room shares.

Registries, errors, arguments, sequences, examples, the encoder interface, datasets as values,
recordings (with the reading of sound files, which encoders take as inputs), and files that are
written whole or not at all. NumPy only: nothing else here reads a data format, imports TensorFlow
or knows another room.
"""
