"""Working folders that go with the run that made them, or are swept away by a later one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

PREFIX = "grade-"
_MARK = ".coursegrader-lock"  # what the file beside each folder ends in
_SHORT = Path("/tmp")
_SHORT_PATH = 60  # characters of a folder in which a Unix socket's name still fits


class Scratch:
    """A new folder at ``path`` that only this user may enter; a context manager.

    A file beside it says that it was made here, and the process that made both holds a lock on
    that file for as long as they live. ``short`` asks for a path in which Unix sockets can have
    their names.
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
        if not self.path.exists():  # else a later run shall try again
            _mark(self.path).unlink(missing_ok=True)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _mark(folder: Path) -> Path:
    return folder.with_name(folder.name + _MARK)


def _made(place: Path) -> tuple[tempfile.TemporaryDirectory[str], int] | None:
    """A new folder and the lock on its mark; None where a sweep took that before it was locked."""
    folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=place, ignore_cleanup_errors=True)
    mark = _mark(Path(folder.name))
    lock = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if mark.exists() and Path(folder.name).exists():
        return folder, lock
    os.close(lock)
    return None


def sweep() -> None:
    """Delete this user's scratch folders whose process is gone, as after a SIGKILL.

    A folder without the mark that :class:`Scratch` makes beside its own is somebody's, and stays.
    """
    for place in {Path(tempfile.gettempdir()), _SHORT}:
        for mark in place.glob(f"{PREFIX}*{_MARK}"):
            with suppress(OSError):  # somebody holds it, or it is gone, or not ours to open
                _remove_stale(mark)


def _remove_stale(mark: Path) -> None:
    handle = os.open(mark, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(handle)
        if about.st_uid != os.getuid() or not stat.S_ISREG(about.st_mode):
            return
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = mark.with_name(mark.name.removesuffix(_MARK))
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            mark.unlink()
    finally:
        os.close(handle)
