"""Base class of the two scikit-learn estimators."""

from __future__ import annotations

import abc
import tempfile
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from annotated_types import Ge, Gt, Lt
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from seqmodels.core.arguments import checked
from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences, unmasked
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.heads import Head, Prediction
from seqmodels.nn.backbone import Size
from seqmodels.sklearn.inputs import flat, parsed
from seqmodels.training.settings import merged, resolve

if TYPE_CHECKING:
    from seqmodels.model.sequence_model import SequenceModel

SIZES = ("units", "layers", "bidirectional", "dropout", "embed", "summary")
COURSE = ("epochs", "batch_size", "learning_rate", "patience")
SETTINGS = {  # parameter to setting
    **{name: f"backbone.{name}" for name in SIZES},
    **{name: f"training.{name}" for name in COURSE},
    "validation_fraction": "training.valid",
}
NAMES = "feature_names_in_"


class SequenceEstimator(BaseEstimator, abc.ABC):
    """What both have in common: parameters, inputs, the training, the pickled state.

    A parameter that is None is decided as in `seqmodels.train` on the same data: by the presets
    of texts or of sequences of numbers, then from the data.

    Args:
        encoder: Reads the inputs, not fitted; None: `SeriesEncoder()` for numbers and
            `TextEncoder()` for texts.
        head: What is predicted, not fitted; None: the one that suits y.
        channels: Where the channels of arrays are: "first" or "last".
        units: Width of each LSTM layer and each direction.
        layers: LSTM layers, one on the other.
        bidirectional: Read each sequence from both ends.
        dropout: Share of features dropped in training, from 0, below 1.
        embed: Width of a word's embedding; see `seqmodels.Backbone`.
        summary: What of the steps is kept: "last", "max", "mean" or "both".
        epochs: Passes over the training rows, at most.
        batch_size: Rows per step.
        learning_rate: Of Adam.
        patience: Epochs without a lower validation loss before training stops; the best epoch's
            weights are taken. 0: all rows are trained on, for `epochs` epochs.
        validation_fraction: Share of the rows of `fit` that decide when to stop, drawn at
            random, of each class alike; above 0, below 1. Not used with `patience=0`.
        settings: Any other setting of `seqmodels.train`, by dotted name:
            `{"backbone.random_convolutions": 0, "training.average": 2}`. None: none.
        random_state: Of everything that is random: weights, order, dropout, validation rows.
            A whole number: the same model again. None: another one each time.
        verbose: Show the progress.

    Attributes:
        model_: The trained `seqmodels.SequenceModel`; `model_.save(path)` writes plain files.
        history_: One row an epoch: losses and metrics.
        n_iter_: Epochs that were trained.
        n_features_in_: T of a table; else the channels of a sequence, 1 for texts.
        feature_names_in_: The columns of a DataFrame, [T], where `fit` was given one.
    """

    model_: SequenceModel

    def __init__(
        self,
        *,
        encoder: Encoder | None = None,
        head: Head | None = None,
        channels: Literal["first", "last"] = "first",
        units: Size | None = None,
        layers: Size | None = None,
        bidirectional: bool | None = None,
        dropout: Annotated[float, Ge(0), Lt(1)] | None = None,
        embed: Size | None = None,
        summary: Literal["last", "max", "mean", "both"] | None = None,
        epochs: Size | None = None,
        batch_size: Size | None = None,
        learning_rate: Annotated[float, Gt(0)] | None = None,
        patience: Annotated[int, Ge(0)] | None = None,
        validation_fraction: Annotated[float, Gt(0), Lt(1)] | None = None,
        settings: Mapping[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: bool = False,
    ):
        self.encoder = encoder
        self.head = head
        self.channels = channels
        self.units = units
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.embed = embed
        self.summary = summary
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.settings = settings
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the model as the plain files that `SequenceModel.save` writes."""
        held: Any = super().__getstate__()
        state = dict(held)
        if "model_" in state:
            with tempfile.TemporaryDirectory() as folder:
                state["model_"].save(Path(folder, "model"))
                files = Path(folder, "model").iterdir()
                state["model_"] = {file.name: file.read_bytes() for file in files}
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        state = dict(state)
        if "model_" in state:
            from seqmodels.model.sequence_model import SequenceModel

            with tempfile.TemporaryDirectory() as folder:
                for name, data in state["model_"].items():
                    Path(folder, Path(name).name).write_bytes(data)
                state["model_"] = SequenceModel.load(folder)
        super().__setstate__(state)  # type: ignore[misc]

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Train on sequences X, see the module, and their targets y.

        Args:
            X: N sequences.
            y: Labels [N]; for a regressor numbers, [N] or [N, D].

        Raises:
            InputError: A parameter, X or y cannot be read; says what to do. It is a ValueError,
                as are those of scikit-learn's own checks.
        """
        settings = self._settings()
        inputs, texts = self._inputs(X, fitting=True)
        if y is None:
            raise InputError(f"{self._who} requires y to be passed, but the target y is None.")
        y, head = self._targets(unmasked(y))
        check_consistent_length(inputs, y)
        if len(inputs) < 2:
            raise InputError(f"{self._who} needs at least 2 samples, got 1 sample.")

        from seqmodels.training.fit import fit
        from seqmodels.training.prepare import prepare
        from seqmodels.training.progress import Reporter

        rows = Examples(inputs, {"y": y})
        some_rows = rows.take(range(2))
        dataset = Dataset(
            train=rows,
            valid=some_rows if self.patience == 0 else None,  # nothing is held out
            test=some_rows,  # never looked at
            encoder=self.encoder or (TextEncoder() if texts else SeriesEncoder()),
            family="texts" if texts else "sequences",
        )
        config = resolve(dataset, head=head, settings=settings, seed=self._seed())
        prepared = prepare(dataset, config, ("train", "valid"))
        training = prepared.config.training
        reporter = Reporter(training.epochs, early=training.patience > 0, quiet=not self.verbose)
        fitted = fit(prepared, [reporter])
        history = fitted.history
        if self.patience == 0:  # nothing was held out, so that there is nothing to tell
            history = [{k: v for k, v in row.items() if k[:6] != "valid_"} for row in history]
        self.model_, self.history_, self.n_iter_ = fitted.model, history, len(history)
        return self

    @abc.abstractmethod
    def _targets(self, y: Any) -> tuple[np.ndarray, Head]:
        """Return y checked, and the head to be fitted on it."""

    def _answer(self, X: Any) -> Prediction:  # noqa: N803
        check_is_fitted(self, "model_")
        return self.model_.predict(self._inputs(X, fitting=False)[0])

    @property
    def _who(self) -> str:
        return type(self).__name__

    def _seed(self) -> int:
        """Return the seed of everything that is random: a whole number as it was given."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _settings(self) -> dict[str, Any]:
        """Return the parameters that were given, as settings of `seqmodels.train`.

        Raises:
            InputError: Every parameter that is out of its range.
        """
        given = self.get_params(deep=False).items()
        plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in given}
        good = checked(type(self).__init__, plain, self._who)
        return merged(good["settings"], {name: good[key] for key, name in SETTINGS.items()})

    def _inputs(self, X: Any, *, fitting: bool) -> tuple[Any, bool]:  # noqa: N803
        """Return X as an encoder reads it, and whether it is texts."""
        X = unmasked(X)  # noqa: N806
        inputs, kind = parsed(X, self.channels, self._who)
        if kind != "table":
            if fitting:
                if hasattr(self, NAMES):
                    delattr(self, NAMES)  # of a table that was fitted before
                channels = inputs.values[:1].size if isinstance(inputs, Sequences) else 1
                self.n_features_in_, self._table = channels, False
            return inputs, kind == "texts"
        how: dict[str, Any] = {"dtype": [np.float64, np.float32]}
        if fitting or self._table:
            least = 2 if fitting else 1
            array: Any = validate_data(self, X, reset=fitting, ensure_min_samples=least, **how)
        else:
            array = check_array(X, input_name="X", estimator=self._who, **how)
        if fitting:
            self._table = True
        return flat(array[:, :, None]), False  # [N, T, 1]
