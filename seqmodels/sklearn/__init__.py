"""The LSTM as two scikit-learn estimators: `SequenceClassifier` and `SequenceRegressor`.

    from seqmodels.sklearn import SequenceClassifier

    SequenceClassifier().fit(X, y).predict(X)

Importing this module imports no TensorFlow; the first `fit` does. X may be:

- a table (an array [N, T], lists of equal length, a DataFrame): N sequences of one channel. As
  everywhere in scikit-learn, T is then the same in `fit` and in `predict`;
- an array [N, C, T] of C channels, the order of aeon and sktime; [N, T, C] with
  `channels="last"`. C stays the same, T need not;
- a list (tuple, pandas Series) of arrays of unequal length, each [T], or [C, T] in that order;
- texts: a list, an array or a pandas Series of them, or a DataFrame of one column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, column_or_1d

from seqmodels.core.errors import InputError, some
from seqmodels.heads import Binary, Head, Multiclass, Regression
from seqmodels.sklearn.estimator import SequenceEstimator

__all__ = ["SequenceClassifier", "SequenceRegressor"]


class SequenceClassifier(ClassifierMixin, SequenceEstimator):  # noqa: D101
    __doc__ = (SequenceEstimator.__doc__ or "").replace(
        "What both have in common: parameters, inputs, the training, the pickled state.",
        "A class of each sequence: two of them by head `binary`, more by `multiclass`.",
    )

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return labels [N]."""
        found = self._answer(X)
        return self.classes_[self._places(found.answers.tolist())]

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the probability of each class, [N, K], in the order of `classes_`."""
        found = self._answer(X)
        if found.scores is None:
            raise InputError("This head answers without probabilities: use predict.")
        return found.scores[:, np.argsort(self._places(list(found.columns or ())))]

    def _targets(self, y: Any) -> tuple[np.ndarray, Head]:
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise InputError(
                f"{self._who} needs at least 2 classes, got 1 class: "
                f"{some(self.classes_.tolist())}. There is nothing to tell apart."
            )
        head = self.head or (Binary() if len(self.classes_) == 2 else Multiclass())
        answers = head.fit(labels).trivial(1).columns or ()
        if set(answers) != set(self.classes_.tolist()):
            raise InputError(
                f"{self._who} needs a head that answers y's own labels "
                f"{some(self.classes_.tolist())}; this one answers {some(answers)}."
            )
        return labels, head

    def _places(self, labels: list[Any]) -> np.ndarray:
        """Return where labels, as the head gives them, stand in `classes_`."""
        places = {label: i for i, label in enumerate(self.classes_.tolist())}
        return np.array([places[label] for label in labels], dtype=np.intp)


class SequenceRegressor(RegressorMixin, SequenceEstimator):  # noqa: D101
    __doc__ = (SequenceEstimator.__doc__ or "").replace(
        "What both have in common: parameters, inputs, the training, the pickled state.",
        "A number of each sequence, or several, by head `regression`.",
    )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return numbers in the unit of y, [N] or [N, D]."""
        return self._answer(X).answers

    def _targets(self, y: Any) -> tuple[np.ndarray, Head]:
        how: dict[str, Any] = {"ensure_2d": False, "dtype": np.float64, "input_name": "y"}
        return check_array(y, **how, estimator=self._who), self.head or Regression()
