"""What a result depends on, as one hash: equal fingerprints mean that nothing need be graded again.

The hash covers the submission, the instructor's notebooks and the files beside them, the
homework's row in ``course.toml``, the seed's key, the isolation, the sandbox and the versions of
everything installed.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import os
import stat
from functools import cache
from pathlib import Path

from coursekit.seeds import PUBLIC_KEY
from grader.course import Course, Homework

_LARGEST_READ = 64 * 2**20  # bytes; what is larger counts by size and time


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
    digest.update(_folder(course.source / homework.id).encode())
    return digest.hexdigest()


def submission(folder: Path, shared: str) -> str:
    """Hash one submission's folder together with ``shared``, the result of :func:`common`."""
    return hashlib.sha256(f"{shared}\0{_folder(folder)}".encode()).hexdigest()


def _folder(folder: Path) -> str:
    """Hash names and content below ``folder`` without following a link or opening a device."""
    digest = hashlib.sha256()
    for directory, names, files in os.walk(folder, followlinks=False):
        names.sort()
        for name in sorted([*files, *(n for n in names if Path(directory, n).is_symlink())]):
            path = Path(directory, name)
            info = path.lstat()
            digest.update(
                f"{path.relative_to(folder)}\0{info.st_mode}\0{info.st_size}\0".encode(
                    "utf-8", "surrogateescape"
                )
            )
            if not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST_READ:
                digest.update(f"{info.st_mtime_ns}\0".encode())
                continue
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                digest.update(f"{error.errno}\0".encode())
    return digest.hexdigest()


@cache
def _installed() -> str:
    versions = {f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}
    return "\n".join(sorted(versions))
