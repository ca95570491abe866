"""From a dataset and a configuration to a trained model: the plan, the step, the loop around it.

Callbacks (early stop, budget, progress, loggers, checkpoints) live here too. Nothing here scores
a test part or writes results.
"""
