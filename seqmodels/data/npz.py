"""Arrays in an .npz file from anywhere: nothing of a pickle in it is run.

A restricted unpickler turns arrays, their types and their bytes into inert stand-ins; it refuses
every other name, and every opcode that allocates memory before its data are there. Pickled lists
of integers are parsed with NumPy, without an object for each number.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import zipfile
from array import array
from itertools import islice, pairwise
from typing import IO, Any

import numpy as np

_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how old protocols write bytes
}


def member(
    archive: zipfile.ZipFile, name: str, most: int
) -> tuple[np.dtype, tuple[int, ...], bool, bytes]:
    """Return the type, the shape, whether it is in Fortran order, and the bytes of an array.

    Args:
        archive: The .npz file.
        name: Of the array, without ".npy".
        most: Bytes that it may unpack to.

    Raises:
        KeyError: There is no such array.
        ValueError: It is encrypted, would unpack to too much, or its header is damaged.
    """
    info = archive.getinfo(f"{name}.npy")
    if info.flag_bits & 1:
        raise ValueError(f"its {name!r} is encrypted. Save it without a password")
    if info.file_size > most:
        raise ValueError(f"its {name!r} would unpack to {info.file_size:,} bytes, too many")
    with archive.open(info) as packed:
        stream = io.BytesIO(packed.read(info.file_size + 1))
    return *read_header(stream), stream.read()


def header(archive: zipfile.ZipFile, name: str) -> tuple[np.dtype, tuple[int, ...], bool]:
    """Return the type, the shape, and whether an array is in Fortran order; not its values."""
    with archive.open(f"{name}.npy") as packed:
        return read_header(io.BytesIO(packed.read(100_000)))


def read_header(stream: IO[bytes]) -> tuple[np.dtype, tuple[int, ...], bool]:
    """Return the header of an .npy stream: type, shape, Fortran order."""
    old = np.lib.format.read_magic(stream) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, fortran, kind = read(stream)
    return kind, shape, fortran


def objects(packed: bytes) -> list[Any]:
    """Return the items of a pickled array of objects; `numbers` makes arrays of them.

    Raises:
        Exception: Of nearly any class, where the pickle is damaged or needs other names.
    """
    rows = _Unpickler(io.BytesIO(packed), encoding="bytes").load().state[-1]
    if not isinstance(rows, list):
        raise TypeError(f"it has a {type(rows).__name__} where a list is due")
    return rows


def numbers(item: Any) -> np.ndarray:
    """Return the array of numbers that an item of `objects` stands for.

    Raises:
        Exception: Of nearly any class, where it is something else.
    """
    if not isinstance(item, _Inert) or not isinstance(item.state, tuple) or len(item.state) != 5:
        raise TypeError(f"a {type(item).__name__} where an array is due")
    _, shape, kind, fortran, data = item.state
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
    values = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    return values.astype(dtype.newbyteorder("="), copy=False)


def integer_lists(packed: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return a pickled array of lists of integers: all integers, int32 [L], and lengths [N].

    Raises:
        Exception: Of nearly any class, where the pickle holds something else.
    """
    found = _parsed(packed)
    if found is not None:
        return found
    values, lengths = array("i"), []
    for row in objects(packed):
        if not isinstance(row, list):
            raise TypeError(f"it has a {type(row).__name__} where a list of integers is due")
        if len(values) + len(row) > len(packed):  # one list many times; an integer takes a byte
            raise ValueError("it repeats a list too often")
        values.extend(row)
        lengths.append(len(row))
    return np.array(values, np.int32), np.array(lengths, np.int64)


class _Inert:
    """Stands for an array, its type, or its bytes: keeps its arguments and does nothing."""

    state: Any = None

    def __init__(self, *given: Any):
        self.given = given

    def __setstate__(self, state: object) -> None:
        self.state = state


_OPCODES = (
    pickle.PROTO + pickle.FRAME + pickle.STOP + pickle.MARK + pickle.POP + pickle.POP_MARK
    + pickle.NONE + pickle.NEWTRUE + pickle.NEWFALSE + pickle.INT + pickle.LONG + pickle.FLOAT
    + pickle.BININT + pickle.BININT1 + pickle.BININT2 + pickle.LONG1 + pickle.BINFLOAT
    + pickle.STRING + pickle.BINSTRING + pickle.SHORT_BINSTRING + pickle.BINBYTES
    + pickle.SHORT_BINBYTES + pickle.BINBYTES8 + pickle.UNICODE + pickle.BINUNICODE
    + pickle.SHORT_BINUNICODE + pickle.EMPTY_LIST + pickle.LIST + pickle.APPEND + pickle.APPENDS
    + pickle.EMPTY_TUPLE + pickle.TUPLE + pickle.TUPLE1 + pickle.TUPLE2 + pickle.TUPLE3
    + pickle.GLOBAL + pickle.STACK_GLOBAL + pickle.REDUCE + pickle.BUILD + pickle.PUT
    + pickle.BINPUT + pickle.LONG_BINPUT + pickle.MEMOIZE + pickle.GET + pickle.BINGET
    + pickle.LONG_BINGET
)  # fmt: skip


class _Unpickler(pickle._Unpickler):  # Python's own: C's allocates what a number in the file says
    dispatch = {  # noqa: RUF012
        code: load for code, load in pickle._Unpickler.dispatch.items() if code in _OPCODES
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _Inert


# Lists of integers, parsed. Opcodes of several bytes begin where the one before ends; those
# starts are found in many lanes of the file at once, each from a guess that is then verified.
_INTEGER, _STRUCTURE, _SKIPPED = 1, 2, 3
_KINDS, _LENGTHS = bytearray(256), bytearray([1] * 256)  # of opcodes; with the argument, in bytes
for _kind, _length, _codes in (
    (_INTEGER, 2, b"K"), (_INTEGER, 3, b"M"), (_INTEGER, 5, b"J"), (_STRUCTURE, 1, b"](eatb."),
    (_SKIPPED, 2, b"q"), (_SKIPPED, 5, b"r"), (_SKIPPED, 1, b"\x94"), (_SKIPPED, 9, b"\x95"),
):  # fmt: skip
    for _code in _codes:  # memo and frames are skipped: nothing is taken out of the memo again
        _KINDS[_code], _LENGTHS[_code] = _kind, _length
_MASKS = np.zeros(256, np.int32)  # bits of the four bytes behind an opcode that are its integer
_MASKS[[*b"KMJ"]] = 0xFF, 0xFFFF, -1
_LIST = rb"0\](?:0\([01n]e|1a)*"  # each opcode behind the count of integers before it: 0, 1 or more
_LISTS = re.compile(rb"0\](?:0\((?:%b)*0e|%b0a)*0t0b0\." % (_LIST, _LIST))
_LANES, _RUN_UP, _ROUNDS = 4096, 200, 20
_BLOCK = 2**18  # bytes that are parsed together


def _parsed(packed: bytes) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the integers and lengths of a pickle as NumPy writes it; None: parse it otherwise."""
    begin = _outer_list(packed)
    if begin is None:
        return None
    body = packed[begin:] + bytes(16)
    data, kinds = np.frombuffer(body, np.uint8), np.frombuffer(_KINDS, np.uint8)
    marks = _starts(np.frombuffer(body.translate(_LENGTHS), np.uint8), len(packed) - begin)
    if marks is None:
        return None
    behind = np.ndarray(len(data) - 4, "<i4", data, offset=1, strides=(1,))  # 4 bytes of each
    found, opcodes, before, count, last = [], [], [], 0, b""
    for first in range(0, len(marks), _BLOCK):
        starts = np.flatnonzero(marks[first : first + _BLOCK]) + first
        codes = data[starts]
        kind = kinds[codes]
        if not kind.all():
            return None
        integers = kind == _INTEGER
        others = np.flatnonzero(~integers)
        structure = others[kind[others] == _STRUCTURE]
        opcodes.append(codes[structure])
        before.append(count + structure - np.searchsorted(others, structure))
        found.append(behind[starts[integers]] & _MASKS[codes[integers]])
        count += len(found[-1])
        last = codes[-1:].tobytes()
    code, counts = np.concatenate(opcodes), np.concatenate(before)  # integers before each opcode
    gaps = np.frombuffer(b"01n", np.uint8)[np.minimum(np.diff(counts, prepend=0), 2)]
    text = np.stack([gaps, code], axis=1).tobytes()
    if last != b"." or not _LISTS.fullmatch(text):
        return None
    return np.concatenate(found), np.diff(counts[code == ord("]")][1:], append=count)


def _outer_list(packed: bytes) -> int | None:
    """Return where the list of an array of objects begins, after a head that is harmless."""
    head = b""
    try:
        for (step, _, at), (_, _, end) in pairwise(islice(pickletools.genops(packed), 80)):
            if step.name == "EMPTY_LIST":
                stand_in = _Unpickler(io.BytesIO(head + b"]tb."), encoding="bytes").load()
                return at if stand_in.state[-1] == [] else None
            head += packed[at:end] if step.name != "FRAME" else b""
    except Exception:  # a damaged pickle raises nearly anything
        return None
    return None


def _starts(lengths: np.ndarray, size: int) -> np.ndarray | None:
    """Return whether an opcode starts at each of `size` bytes; None: no guesses came true."""
    bounds = np.unique(np.linspace(0, size, min(_LANES, size // 500 + 1) + 1, dtype=np.int64))
    marks = np.zeros(len(lengths), bool)
    entries = _run(lengths, np.maximum(bounds[:-1] - _RUN_UP, 0), bounds[:-1])
    exits = np.zeros_like(entries)
    lanes = np.arange(len(entries))
    for _ in range(_ROUNDS):
        for lane in lanes:
            marks[bounds[lane] : bounds[lane + 1]] = False
        exits[lanes] = _run(lengths, entries[lanes], bounds[lanes + 1], marks)
        expected = np.concatenate([[0], exits[:-1]])
        lanes = np.flatnonzero(entries != expected)
        entries = expected
        if not len(lanes):
            return marks[:size]
    return None


def _run(
    lengths: np.ndarray, at: np.ndarray, ends: np.ndarray, marks: np.ndarray | None = None
) -> np.ndarray:
    """Go from opcode to opcode until `ends`, in lanes; return where each lane comes out."""
    out, left = at.copy(), np.arange(len(at))
    while True:
        going = at < ends
        if not going.all():
            out[left[~going]] = at[~going]
            at, ends, left = at[going], ends[going], left[going]
        if not len(left):
            return out
        if marks is not None:
            marks[at] = True
        at = at + lengths[at]
