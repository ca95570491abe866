"""A dataset as a value: examples in their parts, and the encoder that reads them."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.renamed import renamed


@renamed({"apart": "group_by", "says": "notes"})
@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Examples in their parts, and the encoder that reads them. Not saved with the model.

    Without `valid`, a random share of `train` serves as validation part. Give your own part if
    examples are not exchangeable (windows of one series), or name the grouping column (the
    writer) that the split must respect.

    Args:
        train: Examples that the model learns from.
        test: Examples that are scored once, at the end.
        encoder: Reads the inputs; not fitted.
        valid: Examples for early stopping.
        group_by: Grouping column: no group appears in two parts.
        head: Registered name of the head that is used when none is given.
        notes: Decisions made when the data were read, one line each, for people.
        unlabelled: Further inputs without targets, used for word vectors and pseudo-labels (see
            `Backbone.word_vectors` and `Training.pseudo_label_threshold`). They are never scored.
            None: there are none.
        family: Registered dataset whose presets and tasks apply to these data: its own name if a
            registered function made it, "texts" or "sequences" for data in memory. None: none.

    Raises:
        InputError: A part is empty, or the parts have different targets.
    """

    train: Examples
    test: Examples
    encoder: Encoder
    valid: Examples | None = None
    group_by: str | None = None
    head: str | None = None
    notes: tuple[str, ...] = ()
    unlabelled: Seq[Any] | None = None
    family: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, Encoder):
            raise InputError(
                f"A Dataset needs an encoder, as in encoder=TextEncoder(), got {self.encoder!r}."
            )
        if self.unlabelled is not None and len(self.unlabelled) == 0:
            raise InputError("There are no inputs in unlabelled=. Leave it out, or give some.")
        for name, part in (("train", self.train), ("valid", self.valid), ("test", self.test)):
            if part is None:
                continue
            if len(part) == 0:
                raise InputError(f"The {name} part has no examples. Every part needs some.")
            if set(part.targets) != set(self.train.targets):
                raise InputError(
                    f"The {name} part has targets {some(part.targets)}, "
                    f"the train part {some(self.train.targets)}. Give both the same."
                )
