"""Putting a submission into its place, whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from coursekit.durable import sync_folder
from grader.errors import GraderError
from grader.intake import receipts
from grader.intake.receive import TIMESTAMP

EARLIER = ".earlier"
_INCOMING = ".incoming-"


def clear(submitted: Path) -> None:
    """Delete what a killed collector left behind."""
    for stale in submitted.glob(f"{_INCOMING}*"):
        shutil.rmtree(stale)


def exists(submitted: Path, student: str, homework: str) -> bool:
    """Whether there is a submission; raise :class:`GraderError` where a link is in its place."""
    for path in (submitted / student, submitted / student / homework):
        try:
            about = path.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(about.st_mode):
            raise GraderError(
                f"{path} is a link or a file where a folder must be.", "Look at it, then delete it."
            )
    return True


def put(
    submitted: Path, student: str, homework: str, content: Mapping[str, bytes], received: datetime
) -> bool:
    """Make ``content`` the student's submission; return whether it replaced an earlier one.

    The earlier one goes to ``.earlier/<homework>/<student>/``, numbered from 1. nbgrader's
    ``timestamp.txt`` is written beside the files. The new folder appears by one rename.
    """
    replaces = exists(submitted, student, homework)
    aside = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=submitted))
    new = aside / homework
    new.mkdir()
    for name, data in {**content, TIMESTAMP: _stamp(received)}.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    place = submitted / student / homework
    place.parent.mkdir(exist_ok=True)
    if replaces:
        kept = submitted / EARLIER / homework / student
        kept.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.name) for path in kept.iterdir() if path.name.isdecimal()]
        place.rename(kept / str(max(numbers, default=0) + 1))
    new.rename(place)
    sync_folder(place.parent)
    aside.rmdir()
    return replaces


def stamp(submitted: Path, student: str, homework: str, received: datetime) -> None:
    """Write the time of a submission that stays as it is."""
    receipts.replace(submitted / student / homework / TIMESTAMP, _stamp(received))


def _stamp(received: datetime) -> bytes:
    return received.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode()
