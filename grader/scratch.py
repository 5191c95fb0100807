"""Working folders that go with the run that made them, or are swept away by a later one."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

PREFIX = "grade-"
_SHORT = Path("/tmp")
_SHORT_PATH = 60  # characters of a folder in which a Unix socket's name still fits


class Scratch:
    """A new folder at ``path`` that only this user may enter; a context manager.

    The process that made it holds a lock on it for as long as both live. ``short`` asks for a
    path in which Unix sockets can have their names.
    """

    def __init__(self, *, short: bool = False) -> None:
        place = Path(tempfile.gettempdir())
        if short and len(os.fspath(place)) >= _SHORT_PATH:
            place = _SHORT
        while (made := _made(place)) is None:
            pass
        self._folder, self._lock = made
        self.path = Path(self._folder.name)

    def remove(self) -> None:
        """Delete it and all it holds; once."""
        self._folder.cleanup()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _made(place: Path) -> tuple[tempfile.TemporaryDirectory[str], int] | None:
    """A new folder and the lock on it; None where a sweep took it before it could be locked."""
    folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=place, ignore_cleanup_errors=True)
    try:
        lock = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    if Path(folder.name).exists():
        return folder, lock
    os.close(lock)
    return None


def sweep() -> None:
    """Delete this user's scratch folders whose process is gone, as after a SIGKILL.

    For root these are also those that strangers' kernels own, whose users nobody is.
    """
    for place in {Path(tempfile.gettempdir()), _SHORT}:
        for folder in place.glob(f"{PREFIX}*"):
            with suppress(OSError):  # somebody holds it, or it is gone, or not ours to open
                _remove_stale(folder)


def _remove_stale(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        about = os.fstat(handle)
        mine = about.st_uid == os.getuid() or (os.getuid() == 0 and _is_nobody(about.st_uid))
        if not mine or stat.S_IMODE(about.st_mode) & 0o077:
            return  # not made by Scratch
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _is_nobody(uid: int) -> bool:
    try:
        return pwd.getpwuid(uid).pw_name == "nobody"
    except KeyError:
        return True
