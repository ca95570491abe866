"""From a dataset and a configuration to a trained model and its scores.

`prepare`, `fit` and `evaluate` are the one pipeline: values in, values out. `settings.resolve`
turns names into a `RunConfig`; `loop` holds the training step; callbacks receive its
progress and may end it. Nothing here writes results.
"""
