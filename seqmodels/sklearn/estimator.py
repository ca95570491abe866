"""What the two scikit-learn estimators share: all but what is predicted."""

from __future__ import annotations

import abc
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from annotated_types import Ge, Gt, Lt
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from seqmodels.core.arguments import checked
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.heads import Head, Prediction
from seqmodels.nn.backbone import Backbone, Size
from seqmodels.sklearn.inputs import flat, parsed
from seqmodels.training.plan import Training

if TYPE_CHECKING:
    from seqmodels.model.sequence_model import SequenceModel

SIZES = ("units", "layers", "bidirectional", "dropout", "embed", "summary")
NAMES = "feature_names_in_"
COURSE = ("epochs", "batch_size", "learning_rate", "patience")


class SequenceEstimator(BaseEstimator, abc.ABC):
    """What both have in common: parameters, inputs, the training, the pickled state.

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
        units: Size = 64,
        layers: Size = 1,
        bidirectional: bool = False,
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.2,
        embed: Size | None = None,
        summary: Literal["last", "max", "mean", "both"] = "both",
        epochs: Size = 100,
        batch_size: Size = 32,
        learning_rate: Annotated[float, Gt(0)] = 0.01,
        patience: Annotated[int, Ge(0)] = 20,
        validation_fraction: Annotated[float, Gt(0), Lt(1)] = 0.1,
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
        sizes, settings = self._settings()
        inputs, texts = self._inputs(X, fitting=True)
        if y is None:
            raise InputError(f"{self._who} requires y to be passed, but the target y is None.")
        y, head, by = self._targets(y)
        check_consistent_length(inputs, y)
        if len(inputs) < 2:
            raise InputError(f"{self._who} needs at least 2 samples, got 1 sample.")

        from seqmodels.model.sequence_model import SequenceModel
        from seqmodels.training import loop
        from seqmodels.training.progress import Reporter

        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        rows = Examples(inputs, {"y": y})
        train, valid = rows.split(settings.valid, seed, by) if settings.patience else (rows, None)
        encoder = self.encoder or (TextEncoder() if texts else SeriesEncoder())
        head = head.fit(y)
        try:
            encoder = encoder.fit(train.inputs)
            learn, watch = (
                loop.Part.of(encoder, head, part, "y")
                for part in (train, valid or rows.take(range(2)))
            )
        except InputError:
            encoder.fit(inputs).encode(inputs)  # names the row as it stands in X, if it is one
            raise
        self.model_ = SequenceModel(encoder, sizes, head, seed=seed)
        network = self.model_.network
        with Reporter(settings.epochs, quiet=not self.verbose) as reporter:
            history = loop.fit(
                network, head, learn, watch, settings, seed=seed, folder=None, watch=reporter
            )
        if valid is None:  # nothing was held out, so that there is nothing to tell
            history = [{k: v for k, v in row.items() if k[:6] != "valid_"} for row in history]
        self.history_, self.n_iter_ = history, len(history)
        return self

    @abc.abstractmethod
    def _targets(self, y: Any) -> tuple[np.ndarray, Head, str | None]:
        """Return y checked, the head to be fitted on it, and "y" if it has classes, else None."""

    def _answer(self, X: Any) -> Prediction:  # noqa: N803
        check_is_fitted(self, "model_")
        return self.model_.predict(self._inputs(X, fitting=False)[0])

    @property
    def _who(self) -> str:
        return type(self).__name__

    def _settings(self) -> tuple[Backbone, Training]:
        """Return sizes and settings of the training.

        Raises:
            InputError: Every parameter that is out of its range.
        """
        given = self.get_params(deep=False).items()
        plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in given}
        good = checked(type(self).__init__, plain, self._who)
        return (
            Backbone(**{name: good[name] for name in SIZES}),
            Training(valid=good["validation_fraction"], **{name: good[name] for name in COURSE}),
        )

    def _inputs(self, X: Any, *, fitting: bool) -> tuple[Any, bool]:  # noqa: N803
        """Return X as an encoder reads it, and whether it is texts."""
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
