"""Arrays of numbers out of a pickle, of which nothing is run.

Arrays, their types and their bytes become inert stand-ins; any other name in a pickle is refused.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how old protocols write bytes
}


def listed(packed: bytes) -> list[Any]:
    """Return what a pickled array of objects holds; `restored` makes arrays of its items.

    Raises:
        Exception: Of nearly any kind, where the pickle is damaged or asks for other things.
    """
    rows = _Unpickler(io.BytesIO(packed), encoding="bytes").load().state[-1]
    if not isinstance(rows, list):
        raise TypeError(f"a {type(rows).__name__} where a list of arrays is due")
    return rows


def restored(row: Any) -> np.ndarray:
    """Return the array of numbers that a stand-in was told of."""
    if not isinstance(row, _Inert) or not isinstance(row.state, tuple) or len(row.state) != 5:
        raise TypeError(f"a {type(row).__name__} where an array is due")
    _, shape, kind, fortran, data = row.state
    if isinstance(data, _Inert):  # _codecs.encode(text, "latin1")
        data = str(data.given[0]).encode("latin-1")
    if not isinstance(kind, _Inert) or not isinstance(data, bytes) or not isinstance(shape, tuple):
        raise TypeError("an array of something else than numbers")
    code, order = kind.given[0], kind.state[1]
    code, order = (one.decode() if isinstance(one, bytes) else one for one in (code, order))
    dtype = np.dtype(str(code))
    if dtype.kind not in "iufb":
        raise TypeError(f"an array of {dtype}")
    dtype = dtype.newbyteorder(">") if order == ">" else dtype
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


class _Inert:
    """Stands for an array, its type, or its bytes: keeps what it is given and does nothing."""

    state: Any = None

    def __init__(self, *given: Any):
        self.given = given

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Unpickler(pickle._Unpickler):  # Python's own: C's allots what a number in the file says
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _Inert
