"""Checks that every plugged-in part must pass, built-in or yours. They need no test framework.

from seqmodels.testing import check_head

def test_my_head():
    check_head(MyHead(), targets=["a", "b", "a"])
"""

from seqmodels.testing.layers import check_layer
from seqmodels.testing.padding import assert_padding_invariant
from seqmodels.testing.parts import check_dataset, check_encoder, check_head

__all__ = [
    "assert_padding_invariant",
    "check_dataset",
    "check_encoder",
    "check_head",
    "check_layer",
]
