"""How good answers are: scores, bootstrap intervals, simple models beside them, warnings."""
