"""A stranger's folder: what lies in it, and reading a file of it without following any link."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from grader.intake import names


class TooMuchError(Exception):
    """The folder holds more entries than the limit; the message is for a person."""


class UnreadableError(Exception):
    """The file cannot be taken; the message says what it is, in a few words."""


@dataclass(frozen=True)
class Found:
    """An entry: its path below the folder with ``/``, its bytes, and what is wrong with it."""

    name: str
    size: int
    problem: str = ""


def is_plain(folder: Path) -> bool:
    """Whether ``folder`` and the folder it lies in are folders themselves, not links to such."""
    return all(stat.S_ISDIR(path.lstat().st_mode) for path in (folder, folder.parent))


def listing(root: Path, *, entries: int, depth: int) -> list[Found]:
    """Return everything below ``root`` but folders, sorted by name.

    Junk of operating systems is left out. Links are not followed but returned with their problem,
    as is a folder deeper than ``depth``. More than ``entries`` raise :class:`TooMuchError`.
    """
    found: list[Found] = []
    seen = 0
    waiting = [("", 0)]
    while waiting:
        prefix, level = waiting.pop()
        try:
            handle = _open(root, prefix, os.O_DIRECTORY)
        except OSError:
            if not prefix:
                raise
            found.append(Found(prefix, 0, "a folder that may not be read"))
            continue
        try:
            with os.scandir(handle) as children:
                for child in children:
                    seen += 1
                    if seen > entries:
                        raise TooMuchError(f"more than {entries} files and folders")
                    name = f"{prefix}/{child.name}" if prefix else child.name
                    if names.is_junk(name):
                        continue
                    try:
                        about = child.stat(follow_symlinks=False)
                    except OSError:
                        found.append(Found(name, 0, "in a folder that may not be entered"))
                        continue
                    if not stat.S_ISDIR(about.st_mode):
                        trouble = names.problem(name) or _trouble(about)
                        found.append(Found(name, about.st_size, trouble))
                    elif level + 1 > depth or names.problem(name):
                        trouble = names.problem(name) or "a folder too deep"
                        found.append(Found(name, 0, trouble))
                    else:
                        waiting.append((name, level + 1))
        finally:
            os.close(handle)
    return sorted(found, key=lambda entry: entry.name)


def read(root: Path, name: str, limit: int) -> bytes:
    """Return the bytes of the regular file ``name`` below ``root``, at most ``limit`` of them.

    Raise :class:`UnreadableError` as :func:`opened` does, and for a larger file.
    """
    with opened(root, name) as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise UnreadableError(f"larger than {limit / (1 << 20):g} MiB")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnreadableError(f"larger than {limit / (1 << 20):g} MiB")
    return data


def opened(root: Path, name: str) -> BinaryIO:
    """The regular file ``name`` below ``root``, open to be read.

    No component below ``root`` may be a link. Raise :class:`UnreadableError` for anything else.
    """
    try:
        handle = _open(root, name, os.O_NONBLOCK)
    except PermissionError:
        raise UnreadableError("a file that may not be read") from None
    except OSError:
        raise UnreadableError("a link, or not there") from None
    if problem := _trouble(os.fstat(handle)):
        os.close(handle)
        raise UnreadableError(problem)
    return os.fdopen(handle, "rb")


def trouble(root: Path, name: str) -> str:
    """Why :func:`opened` would not open it; empty where it would."""
    try:
        opened(root, name).close()
    except UnreadableError as error:
        return str(error)
    return ""


def _trouble(about: os.stat_result) -> str:
    if stat.S_ISLNK(about.st_mode):
        return "a link"
    if not stat.S_ISREG(about.st_mode):
        return "a pipe, a socket, a device or a folder"
    if about.st_nlink > 1:
        return "a hard link: the same file lies elsewhere too"
    return ""


def _open(root: Path, name: str, flags: int) -> int:
    """Open ``name`` below ``root`` component by component, so that no link is ever followed."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    steps = name.split("/") if name else []
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        kind = os.O_RDONLY | os.O_NOFOLLOW | (flags if last else os.O_DIRECTORY)
        try:
            inner = os.open(step, kind, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle
