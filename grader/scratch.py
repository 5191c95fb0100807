"""Working folders that go with the run that made them, or are swept away by a later one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

PREFIX = "grade-"
SETTLED_S = 60.0  # after this time a folder that nobody holds is not just being made
_SHORT = Path("/tmp")
_SHORT_PATH = 60  # characters of a folder in which a Unix socket's name still fits


class Scratch:
    """A new folder at ``path`` that only this user may enter; a context manager.

    The process that made it holds a lock on it for as long as both live. ``short`` asks for a
    path in which Unix sockets can have their names.
    """

    def __init__(self, *, short: bool = False) -> None:
        place = tempfile.gettempdir()
        self._folder = tempfile.TemporaryDirectory(
            prefix=PREFIX,
            dir=_SHORT if short and len(place) >= _SHORT_PATH else place,
            ignore_cleanup_errors=True,
        )
        self.path = Path(self._folder.name)
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Delete it and all it holds; once."""
        self._folder.cleanup()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def sweep(*, settled_s: float = SETTLED_S) -> None:
    """Delete this user's scratch folders whose process is gone, as after a SIGKILL."""
    for place in {Path(tempfile.gettempdir()), _SHORT}:
        for folder in place.glob(f"{PREFIX}*"):
            with suppress(OSError):  # somebody holds it, or it is gone, or not ours to open
                _remove_stale(folder, time.time() - settled_s)


def _remove_stale(folder: Path, before: float) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        about = os.fstat(handle)
        if about.st_uid != os.getuid() or about.st_mtime > before:
            return
        if stat.S_IMODE(about.st_mode) & 0o077:
            return  # not made by Scratch
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
