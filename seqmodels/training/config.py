"""The configuration of a run, before any data are read. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import HEADS
from seqmodels.core.renamed import renamed
from seqmodels.heads.base import Head
from seqmodels.nn.backbone import Backbone


@renamed({"sure": "pseudo_label_threshold"})
@dataclass(frozen=True, kw_only=True)
class Training:
    """Settings of the training.

    Args:
        epochs: Passes over the training part, at most.
        batch_size: Examples per step.
        learning_rate: Of Adam (Kingma and Ba 2015).
        decay: Share by which the learning rate falls linearly until the last step of the last
            epoch. 0: it stays the same; 1: it falls to zero.
        patience: Epochs without a lower validation loss before training stops and the best
            epoch's weights are taken. 0: never stop early, and keep the last weights.
        valid: Share of the training part held out for validation, drawn at random; unused
            where the dataset brings its own.
        clip: Largest norm of all gradients together; larger ones are scaled down (Pascanu et
            al. 2013). None: no limit.
        average: Epochs over which the weights are averaged, for validation and for the model
            that is kept; see `averaging.Average`. 0: no average.
        pseudo_label_threshold: An input without a target gets a pseudo-label where a first
            training gives a class at least this probability; see `pseudo_labels`. Only for
            classes. None: no pseudo-labels.
    """

    epochs: Annotated[int, Ge(1)] = 20
    batch_size: Annotated[int, Ge(1)] = 64
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    decay: Annotated[float, Ge(0), Le(1)] = 0.0
    patience: Annotated[int, Ge(0)] = 4
    valid: Annotated[float, Gt(0), Lt(1)] = 0.1
    clip: Annotated[float, Gt(0)] | None = 1.0
    average: Annotated[float, Ge(0)] = 0.0
    pseudo_label_threshold: Annotated[float, Gt(0), Le(1)] | None = None


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The configuration of a run.

    Args:
        dataset: Its registered name, or "in memory".
        arguments: Of the dataset's function.
        make: Returns the dataset.
        target: The target the head reads; None: the only one.
        says: What is predicted, in words; may be empty.
        head: Not fitted.
        backbone: Sizes of the network.
        training: How it is fitted.
        seed: Of everything that is random.
        limit: Examples of each part to use, drawn at random; None: all.
        preset: The preset that was asked for; None: none.
        free: Settings that the data decide, by dotted name: see `heuristics.sized`.
    """

    dataset: str
    arguments: Mapping[str, Any]
    make: Callable[[], Dataset]
    target: str | None
    says: str
    head: Head
    backbone: Backbone
    training: Training
    seed: int = 0
    limit: int | None = None
    preset: str | None = None
    free: tuple[str, ...] = ()

    def made(self) -> Dataset:
        """Return the dataset as its function returns it; reads the data.

        Raises:
            InputError: The data cannot be read.
        """
        try:
            data = self.make()
        except InputError:
            raise
        except (OSError, ValueError, LookupError) as error:
            why = f"{type(error).__name__}: {error}"
            raise InputError(f"Dataset {self.dataset!r} could not be made. {why}") from error
        if not isinstance(data, Dataset):
            raise InputError(
                f"Dataset {self.dataset!r} needs to return a seqmodels.Dataset, got "
                f"{type(data).__name__}."
            )
        return data

    def record(self) -> dict[str, Any]:
        """Return the configuration as JSON types; `settings.restored` reads it."""
        return {
            "dataset": self.dataset,
            "arguments": {key: _plain(value) for key, value in self.arguments.items()},
            "target": self.target,
            "says": self.says,
            "head": HEADS.dump(self.head),
            "backbone": dataclasses.asdict(self.backbone),
            "training": dataclasses.asdict(self.training),
            "seed": self.seed,
            "limit": self.limit,
            "preset": self.preset,
            "free": list(self.free),
        }


def _plain(value: Any) -> Any:
    """Return an argument as a JSON type; data given in memory by its size."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else f"<{type(value).__name__}, {len(value)} rows>"
