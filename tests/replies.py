"""Replies written by hand, byte by byte, and their refusal."""

from __future__ import annotations

import struct

import pytest

from grader.examine.boundary.codec import TABLE, Caps, RefusedReply, decode
from plain_values import CAPS, Handle

TAGS = {row.name.removeprefix("builtins."): bytes([i]) for i, row in enumerate(TABLE, 1)}
NONE, TRUE_OR_FALSE = TAGS["types.NoneType"], TAGS["bool"]
INT, LIST = TAGS["int"], TAGS["list"]
SMALL = Caps(reply_bytes=1000, cell_bytes=2500, depth=5, nodes=50, int_bits=100, item_bytes=16)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def mixed(*items: bytes) -> bytes:
    """A run of items that are written one by one."""
    return u32(len(items)) + b"\0" + b"".join(items)


def refused(data: bytes, caps: Caps = CAPS) -> str:
    """The reason for which ``data`` is refused: one of the codec's own, no library's."""
    with pytest.raises(RefusedReply) as refusal:
        decode(data, reference=Handle, caps=caps)
    reason = str(refusal.value)
    assert not reason.startswith("malformed")
    return reason
