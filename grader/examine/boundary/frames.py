"""Frames over a Unix socket: a kind, a number, a body; each wait with an end.

The examiner gives ``until`` and ``most`` and believes nothing that the other side says of itself:
a length is compared with ``most`` before it is acted upon, and memory grows with the bytes that
have come. The candidate waits without end: its examiner is to be trusted.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from enum import IntEnum

_HEADER = struct.Struct("<QBQ")  # bytes in the body, kind, number
_CHUNK = 1 << 18


class Kind(IntEnum):
    """What a frame is. The examiner sends the first two, the candidate the others."""

    REQUEST = 1
    ANSWER = 2  # to a callback
    RESULT = 3
    RAISED = 4
    INTERRUPTED = 5  # the request was ended by SIGINT
    TOO_LARGE = 6  # the result is over a cap
    CALLBACK = 7


@dataclass(frozen=True)
class Frame:
    """``number`` is that of the request a frame answers; a callback has one of its own."""

    kind: Kind
    number: int
    body: bytes


class PeerGoneError(Exception):
    """The other side has closed the connection, or ended."""


class LateError(Exception):
    """The time was up before a whole frame had come or gone."""


class BadFrameError(Exception):
    """The other side sent what is no frame, or one that is longer than allowed."""


class Connection:
    """One end of a connected stream socket. Times are ``time.monotonic()``; None waits for ever."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def send(self, kind: Kind, number: int, body: bytes, until: float | None = None) -> None:
        """Send one frame. Raises :class:`PeerGoneError`, :class:`LateError`."""
        self._wait_until(until)
        try:
            self._socket.sendall(_HEADER.pack(len(body), kind, number) + body)
        except TimeoutError:
            raise LateError from None
        except OSError as error:
            raise PeerGoneError from error

    def receive(self, until: float | None = None, most: int | None = None) -> Frame:
        """Take one frame with a body of at most ``most`` bytes. Raises any error of this module."""
        size, kind, number = _HEADER.unpack(self._take(_HEADER.size, until))
        if most is not None and size > most:
            raise BadFrameError(f"{size} bytes, where {most} are allowed")
        try:
            known = Kind(kind)
        except ValueError:
            raise BadFrameError(f"kind {kind}") from None
        return Frame(known, number, bytes(self._take(size, until)))

    def _take(self, size: int, until: float | None) -> bytearray:
        taken = bytearray()
        while len(taken) < size:
            self._wait_until(until)
            try:
                chunk = self._socket.recv(min(_CHUNK, size - len(taken)))
            except TimeoutError:
                raise LateError from None
            except OSError as error:
                raise PeerGoneError from error
            if not chunk:
                raise PeerGoneError
            taken += chunk
        return taken

    def _wait_until(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise LateError
        self._socket.settimeout(left)

    def has_more(self) -> bool:
        """Whether there is something to read now: a frame, part of one, or the end."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def fileno(self) -> int:
        """The socket's file descriptor, for an event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
