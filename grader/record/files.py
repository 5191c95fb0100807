"""Writing a file so that a kill, at any moment, leaves either the old content or the new."""

from __future__ import annotations

import fcntl
import glob
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from coursekit.durable import sync_folder
from grader.errors import GraderError
from grader.moments import Moment, moment


def write_atomic(path: Path, text: str) -> None:
    """Replace ``path`` by a file that holds ``text`` in UTF-8.

    The content is on the disk before the name points at it. Missing folders are made, and what
    a killed write of the same file left is removed. Raises :class:`GraderError` where the disk
    refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale_parts(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
                part.chmod(0o644)
                moment(Moment.FILE_WRITTEN)
                part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise GraderError(
            f"{path} cannot be written: {error.strerror}.",
            "Free space on that disk or mend the folder's permissions, then run the command again.",
        ) from None


def _remove_stale_parts(path: Path) -> None:
    """Remove temporary files of ``path`` that no living process is writing."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError), part.open("rb") as stream:  # somebody holds it, or it is gone
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
