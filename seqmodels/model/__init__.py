"""`SequenceModel`: encoder, network and head as one; saving, loading and explaining it."""
