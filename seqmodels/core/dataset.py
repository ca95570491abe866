"""A dataset as a value: examples in their parts, and the encoder that reads them."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Examples in their parts, and the encoder that reads them. Not saved with the model.

    Leave `valid` out and a share of `train`, drawn at random, takes its place. Give your own
    where examples are not exchangeable, as windows of one series are not; or name the group, such
    as the writer, that must not be on both sides.

    Args:
        train: What is learned from.
        test: What is scored, once.
        encoder: Reads the inputs; not fitted.
        valid: What decides when to stop.
        apart: The one of the groups that the parts do not share.
        head: The registered name of the head that suits the (first) target, for who asks for none.
        says: What was decided when the data were read, a line each, for people.
        unlabelled: More inputs of the kind, without targets, to learn from as well: see
            `Backbone.vectors` and `Training.sure`. They are never scored. None: there are none.

    Raises:
        InputError: A part is empty, or the parts do not have the same targets.
    """

    train: Examples
    test: Examples
    encoder: Encoder
    valid: Examples | None = None
    apart: str | None = None
    head: str | None = None
    says: tuple[str, ...] = ()
    unlabelled: Seq[Any] | None = None

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
