"""numpy on the wire: scalars of the closed list of dtypes, and arrays as raw bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.examine.boundary.codec_builtins import read_text, write_text
from grader.examine.boundary.codec_limits import RefusedReply, TooLargeError
from grader.examine.boundary.codec_wire import NotPlain, Reader, Row, Writer

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_SCALARS = {
    "bool": "|b1",
    "int8": "|i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "uint8": "|u1", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
    "float16": "<f2", "float32": "<f4", "float64": "<f8",
    "complex64": "<c8", "complex128": "<c16",
}  # fmt: skip
_OTHER_ENDED = tuple(code.replace("<", ">") for code in _SCALARS.values() if "<" in code)
_FIXED = (*_SCALARS.values(), *_OTHER_ENDED)
_STRINGS = ("|S", "<U", ">U")  # the size of one element follows
DTYPES = (*_FIXED, *_STRINGS)
DIMENSIONS = 32
EMPTY_ELEMENTS = 2**40  # that an array without elements would have without its zeros
LAST_CODE_POINT = 0x10FFFF


def write_shape(writer: Writer, shape: Sequence[int], itemsize: int) -> None:
    """The shape of an array whose bytes follow; raises where those would be too many."""
    if len(shape) > DIMENSIONS or _extent(shape) > EMPTY_ELEMENTS:
        raise TooLargeError("an array of too many dimensions or elements")
    writer.room(math.prod(shape) * itemsize)
    writer.u8(len(shape))
    for length in shape:
        writer.u64(length)


def read_shape(reader: Reader, itemsize: int) -> tuple[tuple[int, ...], int]:
    """A shape, and the bytes of an array that has it: no more than are left."""
    dimensions = reader.u8()
    if dimensions > DIMENSIONS:
        raise RefusedReply("an array of too many dimensions")
    shape = tuple(reader.u64() for _ in range(dimensions))
    size = math.prod(shape) * itemsize
    if size > reader.left or _extent(shape) > EMPTY_ELEMENTS:
        raise RefusedReply("an array larger than its bytes")
    return shape, size


def _extent(shape: Sequence[int]) -> int:
    return math.prod(length for length in shape if length)


def write_array(writer: Writer, array: Array) -> None:
    """Shape and bytes in C order. Raises `NotPlain` for a dtype outside the list."""
    import numpy as np

    code = array.dtype.str
    if array.dtype.kind in "SU":
        itemsize = array.dtype.itemsize
        if not 0 < itemsize <= writer.caps.item_bytes:
            raise NotPlain
        writer.u8(DTYPES.index(code[:2]))
        writer.u32(itemsize)
    elif code in _FIXED:
        writer.u8(DTYPES.index(code))
    else:
        raise NotPlain
    write_shape(writer, array.shape, array.dtype.itemsize)
    writer.raw(np.asarray(array, order="C").reshape(-1).view(np.uint8).data)


def read_array(reader: Reader) -> Array:
    """A writable array of its own memory."""
    import numpy as np

    code = reader.choice(DTYPES)
    if code in _STRINGS:
        itemsize, width = reader.u32(), 1 if code == "|S" else 4
        if not 0 < itemsize <= reader.caps.item_bytes or itemsize % width:
            raise RefusedReply("strings of an impossible size")
        code += str(itemsize // width)
    dtype = np.dtype(code)
    shape, size = read_shape(reader, dtype.itemsize)
    array = np.empty(shape, dtype)
    raw = reader.take(size)
    content = np.frombuffer(raw, np.uint8)
    if dtype.kind == "b" and size and content.max() > 1:
        raise RefusedReply("a truth value that is neither 0 nor 1")
    if dtype.kind == "U" and size:
        points = np.frombuffer(raw, np.dtype("u4").newbyteorder(dtype.byteorder))
        if points.max() > LAST_CODE_POINT:
            raise RefusedReply("text beyond Unicode")
    array.reshape(-1).view(np.uint8)[:] = content
    return array


def _write_scalar(code: str, writer: Writer, value: np.generic[Any]) -> None:
    import numpy as np

    writer.raw(np.asarray(value, dtype=code).tobytes())


def _read_scalar(code: str, reader: Reader) -> object:
    import numpy as np

    raw = reader.take(np.dtype(code).itemsize)
    if code == "|b1" and raw[0] > 1:
        raise RefusedReply("a truth value that is neither 0 nor 1")
    return np.frombuffer(raw, dtype=code)[0]


def _read_str(reader: Reader) -> object:
    import numpy as np

    return np.str_(read_text(reader))


def _read_bytes(reader: Reader) -> object:
    import numpy as np

    return np.bytes_(bytes(reader.blob()))


def _scalar(name: str, write: Callable[[Writer, Any], None], read: Callable[[Reader], Any]) -> Row:
    return Row(f"numpy.{name}", write, read, hashable=True, nested=False, nodes=2)


ARRAYS = (
    *(
        _scalar(name, partial(_write_scalar, code), partial(_read_scalar, code))
        for name, code in _SCALARS.items()
    ),
    _scalar("str_", write_text, _read_str),
    _scalar("bytes_", Writer.blob, _read_bytes),
    Row("numpy.ndarray", write_array, read_array, nodes=8),
)
