"""Little things about processes, with nothing imported that a forked child would not need."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

LINUX = sys.platform == "linux"
PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(number: signal.Signals) -> None:
    """Be sent the signal ``number`` when the thread that forked us ends. Linux only.

    A change of user forgets it, so it is to be asked for again after one.
    """
    _prctl(PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of whatever processes below us lose their own. Linux only."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def threads() -> int:
    """How many threads this process has, those that Python knows nothing of included."""
    try:
        return len(list((PROC / "self" / "task").iterdir()))
    except OSError:
        return threading.active_count()


def children() -> list[int]:
    """The processes that this one, of a single thread, is the parent of. Linux only."""
    me = os.getpid()
    try:
        return [int(pid) for pid in (PROC / f"{me}/task/{me}/children").read_text().split()]
    except OSError:  # the file is an option of the operating system's
        return _children_of(me)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):  # it may end while we look
            fields = entry.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(entry.parent.name))
    return found


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to each that is still there."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor except the three standard ones and ``kept``."""
    begin = 3
    for descriptor in sorted(set(kept)):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, os.sysconf("SC_OPEN_MAX") if not LINUX else 2**31 - 1)


class Signals:
    """Signals as bytes that can be waited for together with other descriptors."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self.descriptor, self._write = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._write, False)
        self._numbers = numbers
        for number in numbers:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def take(self) -> set[int]:
        """The numbers of the signals that came since."""
        try:
            return set(os.read(self.descriptor, 4096))
        except BlockingIOError:
            return set()

    def drop(self) -> None:
        """Handle signals as any Python process does, in a child that was forked."""
        signal.set_wakeup_fd(-1)
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)
        os.close(self.descriptor)
        os.close(self._write)
