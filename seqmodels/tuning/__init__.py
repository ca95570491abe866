"""The search for settings by many trainings, judged on the validation part alone.

Optuna samples, prunes and keeps the journal; this package holds the rest: ranges checked against
the signatures, one trial, the directory of a search and its report.
"""

from seqmodels.tuning.result import Tuning
from seqmodels.tuning.search import resume, tune

__all__ = ["Tuning", "resume", "tune"]
