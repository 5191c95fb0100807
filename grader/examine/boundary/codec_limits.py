"""How much of the candidate's data the examiner takes, and what it says to more."""

from __future__ import annotations

from dataclasses import dataclass


class RefusedReply(Exception):
    """The bytes are no reply that the examiner takes; the message is a short reason of ours."""


class TooLargeError(Exception):
    """A value that the other side would refuse; raised before anything is sent."""


@dataclass(frozen=True)
class Caps:
    """What one reply, and all the replies of one cell, may hold.

    ``nodes`` counts values in the measure of what building them costs: a number or a string is
    one, a container four, an array eight, a Series a hundred. ``hashing_s`` is for
    a reply's dictionaries and sets together: keys made to collide take quadratic time.
    """

    reply_bytes: int = 128 * 2**20
    cell_bytes: int = 512 * 2**20
    depth: int = 100
    nodes: int = 2_000_000
    int_bits: int = 65_536
    item_bytes: int = 65_536  # of one element of a numpy array of strings
    equal_hashes: int = 100  # of one dictionary's or set's keys
    hashing_s: float = 10.0


class CellBytes:
    """Counts the bytes of one cell's replies."""

    def __init__(self, caps: Caps) -> None:
        self._left = caps.cell_bytes

    def spend(self, size: int) -> None:
        """Take ``size`` bytes off; raises `RefusedReply` where fewer are left."""
        if size > self._left:
            raise RefusedReply("the cell's replies are too large together")
        self._left -= size
