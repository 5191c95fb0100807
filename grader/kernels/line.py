"""The worker's line to one kernel: what it and its keeper say, and what they can be told."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import threading
import time

from grader.kernels.launch import Process
from grader.kernels.messages import INTERRUPT, KILL, REPORT_BYTES, Report, read_report

ENDED_S = 10.0  # from telling a keeper to end everything until it has


class Line:
    """What a kernel and its keeper say, and what the keeper can be told."""

    def __init__(self, connection: socket.socket, keeper: int, zygote: Process) -> None:
        connection.setblocking(False)
        self.keeper = keeper  # its process
        self._connection = connection
        self._zygote = zygote
        self._heard = b""
        self._listening = threading.Lock()  # the watchdog's thread asks too whether it is over
        self._open = True
        self.ready = False
        self.failed = ""
        self.ended: Report | None = None

    def fileno(self) -> int:
        """Its descriptor: readable when the kernel has ended."""
        return self._connection.fileno()

    @property
    def over(self) -> bool:
        """Whether the kernel has ended, after what was said by now."""
        self._listen()
        return self.ended is not None or not self._open

    @property
    def zygote_lost(self) -> bool:
        """Whether the zygote is gone, and every kernel of its with it."""
        return self._zygote.over

    async def until_ready(self, until: float) -> bool:
        """Wait until the kernel's sockets are there; False where it ends before.

        Raises :class:`TimeoutError` at ``until`` (monotonic seconds).
        """
        loop = asyncio.get_running_loop()
        while not self.ready:
            if self.over or self.failed:
                return False
            if self.ready:
                break
            event = asyncio.Event()
            loop.add_reader(self._connection, event.set)
            try:
                await asyncio.wait_for(event.wait(), until - time.monotonic())
            finally:
                loop.remove_reader(self._connection)
        return True

    def interrupt(self) -> None:
        """Send the kernel's process group what Ctrl-C sends."""
        self._say(INTERRUPT)

    def kill(self) -> None:
        """Have the kernel, and all that it started, ended; does not wait."""
        self._say(KILL)

    def wait(self, seconds: float) -> bool:
        """Wait until the kernel and all that it started are gone; say whether they are."""
        until = time.monotonic() + seconds
        while not self.over and (left := until - time.monotonic()) > 0:
            select.select([self._connection], [], [], left)
        return self.over

    def close(self) -> None:
        """Close it; a keeper that is still there ends its kernel then."""
        self._open = False
        self._connection.close()

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(word)

    def _listen(self) -> None:
        with self._listening:
            while self._open and self.ended is None:
                try:
                    data = self._connection.recv(4096)
                except BlockingIOError:
                    return
                except OSError:
                    data = b""
                self._open = bool(data) and len(self._heard) + len(data) <= REPORT_BYTES
                self._heard += data
                *lines, self._heard = self._heard.split(b"\n")
                for line in lines:
                    self._note(read_report(line))

    def _note(self, report: Report | None) -> None:
        if report is None:
            return
        self.ready = self.ready or report.ready
        self.failed = self.failed or report.failed
        if report.ended is not None:
            self.ended = report
