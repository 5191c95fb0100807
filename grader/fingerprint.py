"""What a result depends on, as one hash: equal fingerprints mean that nothing need be graded again.

The hash covers the submission, the instructor's notebooks and the files beside them, the
homework's row in ``course.toml``, the seed's key, the isolation, the sandbox and the versions of
everything installed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from functools import cache
from pathlib import Path

from coursekit.seeds import PUBLIC_KEY
from grader.course import Course
from grader.intake import folder as disk
from grader.intake.limits import LIMITS
from grader.outline import Homework

_LARGEST_READ = 64 * 2**20  # bytes; what is larger counts by size and time
_TRUSTED = (sys.maxsize, sys.maxsize, sys.maxsize)  # entries, depth, bytes


def seed_key(secret: str | None, homework: str) -> str:
    """The key of the tests' seeds for one homework: HMAC-SHA256 of its name under the secret.

    Kernels get this key and never the secret, so that one homework's key tells nothing about
    another's.
    """
    if secret is None:
        return PUBLIC_KEY
    return hmac.new(secret.encode(), homework.encode(), hashlib.sha256).hexdigest()


def common(course: Course, homework: Homework, *settings: str) -> str:
    """Hash what all submissions of one homework share; ``settings`` are the run's own."""
    digest = hashlib.sha256()
    for text in (homework.model_dump_json(), _installed(), *settings):
        digest.update(text.encode() + b"\0")
    digest.update(_content((course.source / homework.id).resolve(), *_TRUSTED))
    return digest.hexdigest()


def submission(folder: Path, shared: str) -> str:
    """Hash one submission's folder together with ``shared``, the result of :func:`common`."""
    return hashlib.sha256(shared.encode() + b"\0" + _submitted(folder)).hexdigest()


def _submitted(folder: Path) -> bytes:
    """Hash what a stranger's ``folder`` holds, no more of it than intake would take.

    Where a link or a file is in the folder's place, only what is in its place counts.
    """
    try:
        if disk.is_plain(folder):
            return _content(folder, LIMITS.files, LIMITS.depth, LIMITS.student_bytes)
    except disk.TooMuchError as error:
        return str(error).encode()
    except OSError as error:
        return f"{error.errno}".encode()
    return b"\0".join(_label(path) for path in (folder.parent, folder))


def _content(folder: Path, entries: int, depth: int, room: int) -> bytes:
    """Hash names and content below ``folder`` without following a link or opening a device.

    Of what is too large, or beyond ``room`` bytes in all, size and time stand for the content.
    """
    digest = hashlib.sha256()
    for entry in disk.listing(folder, entries=entries, depth=depth):
        path = folder / entry.name
        digest.update(b"%s\0%o\0" % (os.fsencode(entry.name), path.lstat().st_mode))
        try:
            data = disk.read(folder, entry.name, min(room, _LARGEST_READ))
        except disk.UnreadableError as error:
            digest.update(str(error).encode() + b"\0" + _label(path))
            continue
        room -= len(data)
        digest.update(b"%d\0%s" % (len(data), data))
    return digest.digest()


def _label(path: Path) -> bytes:
    """What can be known of ``path`` without opening it."""
    about = path.lstat()
    target = os.fsencode(path.readlink()) if path.is_symlink() else b""
    return b"%o %d %d %s" % (about.st_mode, about.st_size, about.st_mtime_ns, target)


@cache
def _installed() -> str:
    """Every installed distribution with its version, from the names of the folders that say so."""
    folders = (Path(entry) for entry in sys.path if Path(entry).is_dir())
    return "\n".join(sorted({p.name for folder in folders for p in folder.glob("*.*-info")}))
