"""The wire: a tag, then what the tag's row of the table writes and reads. Little-endian.

Whoever reads decides nothing by what the bytes say but which row of a closed table comes next.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from grader.examine.boundary.codec_limits import Caps, RefusedReply, TooLargeError

REFERENCE = 0  # the tag of what is not plain; a handle follows
U32_MAX = 2**32 - 1
_U8, _U32, _U64 = struct.Struct("<B"), struct.Struct("<I"), struct.Struct("<Q")
_MIXED, _INTS, _FLOATS = 0, 1, 2  # how a run of items is written
_Made = TypeVar("_Made")


class NotPlain(Exception):
    """The value that is being written has to become a reference."""


@dataclass(frozen=True)
class Row:
    """One row of the table: a class, by the name under which it is found, and its two ways.

    ``name`` is ``module.attribute``. ``nested`` is false for what neither holds other values
    nor turns out not to be plain. ``write`` may raise `NotPlain`, ``read`` `RefusedReply`.
    """

    name: str
    write: Callable[[Writer, Any], None]
    read: Callable[[Reader], object]
    hashable: bool = False
    nested: bool = True
    nodes: int = 1


class _Counted:
    """What both directions count: values, and how deep they are nested."""

    def __init__(self, caps: Caps, refusal: type[Exception]) -> None:
        self.caps = caps
        self._refusal = refusal
        self._nodes = caps.nodes
        self._depth = caps.depth
        self._keys = False

    def charge(self, nodes: int) -> None:
        """Count ``nodes`` values."""
        self._nodes -= nodes
        if self._nodes < 0:
            raise self._refusal("too many values")

    def _deeper(self) -> None:
        if self._depth == 0:
            raise self._refusal("nested too deep")
        self._depth -= 1

    @contextmanager
    def hashable_only(self) -> Iterator[None]:
        """Only classes that hash by value may follow, for as long as the context lasts."""
        before, self._keys = self._keys, True
        try:
            yield
        finally:
            self._keys = before


class Writer(_Counted):
    """Collects the bytes of one value. ``rows`` has each class's tag and row, by its ``id``."""

    def __init__(
        self,
        rows: Mapping[int, tuple[bytes, Row]],
        reference: Callable[[object], int],
        caps: Caps,
    ) -> None:
        super().__init__(caps, TooLargeError)
        self._rows = rows
        self._reference = reference
        self._parts: list[bytes | memoryview] = []
        self._size = 0

    def joined(self) -> bytes:
        return b"".join(self._parts)

    def room(self, size: int) -> None:
        """Raises `TooLargeError` where ``size`` more bytes are too many."""
        if self._size + size > self.caps.reply_bytes:
            raise TooLargeError(f"more than {self.caps.reply_bytes} bytes")

    def raw(self, part: bytes | memoryview) -> None:
        """Append bytes; of a ``memoryview`` its elements are bytes too."""
        self.room(len(part))
        self._size += len(part)
        self._parts.append(part)

    def u8(self, number: int) -> None:
        self.raw(_U8.pack(number))

    def u32(self, number: int) -> None:
        if number > U32_MAX:
            raise TooLargeError("a length above 2**32")
        self.raw(_U32.pack(number))

    def u64(self, number: int) -> None:
        self.raw(_U64.pack(number))

    def blob(self, content: bytes) -> None:
        """Bytes after their length."""
        self.u32(len(content))
        self.raw(content)

    def value(self, value: object) -> None:
        """Any value: by its class's row, or as a reference."""
        # By identity: a look-up by equality would call a metaclass's __hash__ and __eq__.
        entry = self._rows.get(id(type(value)))
        if entry is None:
            self._refer(value)
            return
        tag, row = entry
        if self._keys and not row.hashable:
            raise NotPlain
        self.charge(row.nodes)
        if row.nested:
            self._nested(tag, row, value)
        else:
            self.raw(tag)
            row.write(self, value)

    def _nested(self, tag: bytes, row: Row, value: object) -> None:
        parts, size, depth = len(self._parts), self._size, self._depth
        self._deeper()
        try:
            self.raw(tag)
            row.write(self, value)
        except NotPlain:
            if self._keys:
                raise  # then the dictionary or the set is the reference
            del self._parts[parts:]
            self._size = size
            self._refer(value)
        finally:
            self._depth = depth

    def _refer(self, value: object) -> None:
        if self._keys:
            raise NotPlain
        self.charge(1)
        self.u8(REFERENCE)
        self.u64(self._reference(value))

    def items(self, values: Sequence[object]) -> None:
        """A run of values after its length; numbers of one class go as one block."""
        self.u32(len(values))
        if values and type(values[0]) is int and all(type(each) is int for each in values):
            form, code = _INTS, "q"
        elif values and type(values[0]) is float and all(type(each) is float for each in values):
            form, code = _FLOATS, "d"
        else:
            form, code = _MIXED, ""
        if form != _MIXED:
            self.room(8 * len(values))
            try:
                block = struct.pack(f"<{len(values)}{code}", *values)
            except struct.error:
                form = _MIXED  # an integer of more than 64 bits
        self.u8(form)
        if form == _MIXED:
            for value in values:
                self.value(value)
        else:
            self.charge(len(values))
            self.raw(block)


class Reader(_Counted):
    """Reads one value. Every length is held against the bytes that are left before it is used."""

    def __init__(
        self,
        data: bytes,
        rows: Sequence[Row | None],
        reference: Callable[[int], object],
        caps: Caps,
    ) -> None:
        super().__init__(caps, RefusedReply)
        self.hashing_left = caps.hashing_s
        self._data = data
        self._view = memoryview(data)
        self._end = len(data)
        self._at = 0
        self._rows = rows
        self._reference = reference

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return self._end - self._at

    def _step(self, size: int) -> int:
        """Where the next ``size`` bytes begin; they are there, and count as read."""
        start = self._at
        if size > self._end - start:
            raise RefusedReply("cut short")
        self._at = start + size
        return start

    def take(self, size: int) -> memoryview:
        """The next ``size`` bytes, not copied."""
        start = self._step(size)
        return self._view[start : start + size]

    def unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        """The next numbers, as ``form`` lays them out."""
        return form.unpack_from(self._data, self._step(form.size))

    def u8(self) -> int:
        return self._data[self._step(1)]

    def u32(self) -> int:
        number: int = self.unpack(_U32)[0]
        return number

    def u64(self) -> int:
        number: int = self.unpack(_U64)[0]
        return number

    def boolean(self) -> bool:
        byte = self.u8()
        if byte > 1:
            raise RefusedReply("a truth value that is neither 0 nor 1")
        return byte == 1

    def choice(self, options: Sequence[_Made]) -> _Made:
        """One of ``options``, by its place."""
        place = self.u8()
        if place >= len(options):
            raise RefusedReply("an option that does not exist")
        return options[place]

    def blob(self) -> memoryview:
        """Bytes after their length, not copied."""
        return self.take(self.u32())

    def value(self) -> object:
        """Any value: what its tag's row reads."""
        tag = self.u8()
        row = self._rows[tag] if tag < len(self._rows) else None
        if row is None:
            if tag != REFERENCE:
                raise RefusedReply("an unknown tag")
            if self._keys:
                raise RefusedReply("a reference as a key")
            self.charge(1)
            return self._reference(self.u64())
        if self._keys and not row.hashable:
            raise RefusedReply("a key that cannot be one")
        self.charge(row.nodes)
        if not row.nested:
            return row.read(self)
        self._deeper()
        value = row.read(self)
        self._depth += 1
        return value

    def items(self) -> Sequence[object]:
        """A run of values, as `Writer.items` writes it."""
        count = self.u32()
        form = self.u8()
        if form == _MIXED:
            if count > self.left:
                raise RefusedReply("cut short")
            return [self.value() for _ in range(count)]
        if form not in (_INTS, _FLOATS) or count == 0:
            raise RefusedReply("a run of an unknown form")
        self.charge(count)
        block = self.take(8 * count)
        return struct.unpack(f"<{count}{'q' if form == _INTS else 'd'}", block)

    def finish(self) -> None:
        """Raises `RefusedReply` where bytes are left over."""
        if self.left:
            raise RefusedReply("bytes after the end")
