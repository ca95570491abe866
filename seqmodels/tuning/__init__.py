"""Settings found by trying: many short trainings, judged on the validation part alone."""

from seqmodels.tuning.result import Tuning
from seqmodels.tuning.search import resume, tune

__all__ = ["Tuning", "resume", "tune"]
