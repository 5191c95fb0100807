"""The exchange folder, as the examiner leaves it after each answer of the candidate."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_ENTRIES = 10_000


class TooManyFilesError(Exception):
    """There is more in the folder than the examiner looks through."""


def keep_plain_files(folder: Path) -> None:
    """Remove whatever in ``folder`` is neither a regular file nor a directory.

    A link would lead out of the folder, and a pipe or a socket would keep a reader waiting. No
    link is followed. Raises :class:`TooManyFilesError` above ``MOST_ENTRIES`` entries.
    """
    waiting = [os.fspath(folder)]
    seen = 0
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:  # it went while we looked, or cannot be read: then no test can either
            continue
        with entries:
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES:
                    raise TooManyFilesError
                _look(entry, waiting)


def _look(entry: os.DirEntry[str], waiting: list[str]) -> None:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            waiting.append(entry.path)
        elif not stat.S_ISREG(mode):
            os.unlink(entry.path)  # noqa: PTH108
    except OSError:  # gone, or not ours to remove
        return
