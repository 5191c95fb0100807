"""The way of results from the candidate to the examiner: plain data by a closed table of tags.

`decode` runs in the trusted examiner on bytes that a hostile process made. A byte names a row of
``TABLE``, a row makes values of exactly one class, and nothing is unpickled, evaluated or looked
up by a name that came over the wire. Lengths are held against the bytes that are there before
memory is taken. What no row carries crosses as a reference: a handle that stays a number until
the caller's ``reference`` turns it into an object.

By value means a copy: two mentions of one list are two lists on the other side.
"""

from __future__ import annotations

import builtins
import collections
import sys
import types
from collections.abc import Callable, Mapping
from functools import cache

from grader.examine.boundary.codec_arrays import ARRAYS
from grader.examine.boundary.codec_builtins import CONTAINERS, SCALARS
from grader.examine.boundary.codec_frames import FRAMES
from grader.examine.boundary.codec_limits import Caps, CellBytes, RefusedReply, TooLargeError
from grader.examine.boundary.codec_tensors import TENSORS
from grader.examine.boundary.codec_wire import REFERENCE, Reader, Row, Writer

__all__ = [
    "TABLE",
    "Caps",
    "CellBytes",
    "RefusedReply",
    "TooLargeError",
    "decode",
    "encode",
    "is_plain",
]

TABLE: tuple[Row, ...] = (*SCALARS, *CONTAINERS, *ARRAYS, *TENSORS, *FRAMES)
_LATE = ("numpy", "torch", "pandas")  # an object of theirs can exist only where they are imported
_ALWAYS = {"builtins": builtins, "collections": collections, "types": types}
_BY_TAG: tuple[Row | None, ...] = (None, *TABLE)  # no row has REFERENCE's tag, which is 0


def encode(value: object, *, reference: Callable[[object], int], caps: Caps) -> bytes:
    """``value`` as bytes; ``reference`` gives a handle, from 0 to 2**64 - 1, to what is not plain.

    Raises `TooLargeError` for a value that ``caps`` forbids, an endless (cyclic) one included.
    """
    writer = Writer(_rows(), reference, caps)
    try:
        writer.value(value)
        return writer.joined()
    except RecursionError:
        raise TooLargeError("nested too deep") from None
    except MemoryError:
        raise TooLargeError("more than there is memory for") from None


def decode(data: bytes, *, reference: Callable[[int], object], caps: Caps) -> object:
    """The value that ``data`` carries; ``reference`` makes an object of a handle.

    Raises `RefusedReply` for whatever `encode` would not have written, and nothing else.
    """
    if len(data) > caps.reply_bytes:
        raise RefusedReply(f"more than {caps.reply_bytes} bytes")
    try:
        reader = Reader(data, _BY_TAG, reference, caps)
        value = reader.value()
        reader.finish()
        return value
    except RefusedReply:
        raise
    except Exception as error:  # what a library says to content that it does not take
        raise RefusedReply(f"malformed ({type(error).__name__})") from error


def is_plain(value: object, caps: Caps | None = None) -> bool:
    """Whether ``value`` crosses whole: no part of it a reference, and within ``caps``."""
    writer = Writer(_rows(), _no_reference, caps or Caps())
    try:
        writer.value(value)
    except (_ReferenceNeeded, TooLargeError, RecursionError, MemoryError):
        return False
    return True


class _ReferenceNeeded(Exception):
    pass


def _no_reference(value: object) -> int:
    raise _ReferenceNeeded


def _rows() -> Mapping[int, tuple[bytes, Row]]:
    return _rows_of(tuple(sys.modules.get(name) for name in _LATE))


@cache  # which keeps the modules, and so their classes, alive
def _rows_of(late: tuple[types.ModuleType | None, ...]) -> Mapping[int, tuple[bytes, Row]]:
    """Tag and row of each class, by its ``id``."""
    modules = dict(zip(_LATE, late, strict=True)) | _ALWAYS
    rows = {}
    for tag, row in enumerate(TABLE, REFERENCE + 1):
        module, _, attribute = row.name.partition(".")
        found = getattr(modules[module], attribute, None)
        if isinstance(found, type):
            rows[id(found)] = (bytes([tag]), row)
    return rows
