"""Comparison of finished runs: differences of the headline score with simultaneous intervals.

Runs are compared by their saved predictions; no module here loads a network.
"""

from seqmodels.runs.comparison.compared import Comparison, Row, compare

__all__ = ["Comparison", "Row", "compare"]
