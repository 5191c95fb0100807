"""The exchange folder, as the examiner leaves it after each answer of the candidate."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

MOST_ENTRIES = 10_000
DEEPEST = 50
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class TooManyFilesError(Exception):
    """There is more in the folder than the examiner looks through."""


def keep_plain_files(folder: Path) -> None:
    """Remove whatever in ``folder`` is neither a regular file nor a directory.

    A link would lead out of the folder, and a pipe or a socket would keep a reader waiting. No
    link is followed, also where one takes a folder's place meanwhile. Raises
    :class:`TooManyFilesError` above ``MOST_ENTRIES`` entries, or below ``DEEPEST`` folders.
    """
    with contextlib.suppress(OSError):
        _keep_plain(os.open(folder, _OPEN), MOST_ENTRIES, DEEPEST)


def _keep_plain(opened: int, room: int, depth: int) -> int:
    """Look through the folder ``opened``, close it, and return what is left of ``room``."""
    try:
        with os.scandir(opened) as entries:
            for entry in entries:
                room -= 1
                if room < 0 or depth == 0:
                    raise TooManyFilesError
                # Gone, not ours to remove, or not to be read: then no test can read it either.
                with contextlib.suppress(OSError):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if stat.S_ISDIR(mode):
                        child = os.open(entry.name, _OPEN, dir_fd=opened)
                        room = _keep_plain(child, room, depth - 1)
                    elif not stat.S_ISREG(mode):
                        os.unlink(entry.name, dir_fd=opened)
    finally:
        os.close(opened)
    return room
