"""What one student sent, as far as it may be taken: names and bytes, and why the rest may not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grader.intake import names
from grader.intake.flags import Kind, capped, flag, show
from grader.intake.folder import Found, UnreadableError
from grader.intake.layout import Placed
from grader.intake.limits import LIMITS, IntakeLimits
from grader.intake.receive import TIMESTAMP, on_disk, room_for, verdict
from grader.outline import Homework
from grader.results import Flag


class Source(Protocol):
    """Where the files come from: a folder or an archive."""

    def listing(self) -> list[Found]:
        """Everything in it, with what is wrong with each."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of one file, at most ``limit``, or :class:`UnreadableError`."""
        ...


@dataclass(frozen=True)
class Attempt:
    """``content`` is empty where nothing could be taken; ``time`` is the platform's, if any."""

    content: Mapping[str, bytes]
    time: datetime | None
    flags: tuple[Flag, ...]

    @property
    def digest(self) -> str:
        """A hash of the files' names and contents."""
        whole = hashlib.sha256()
        for name in sorted(self.content):
            for data in (name.encode(), self.content[name]):
                whole.update(hashlib.sha256(data).digest())
        return whole.hexdigest()


def take(
    placed: Sequence[Placed],
    found: Mapping[str, Found],
    source: Source,
    homework: Homework,
    notebooks: Sequence[str],
    given: Collection[str],
    limits: IntakeLimits = LIMITS,
) -> Attempt:
    """Read the notebooks and the homework's extra files among one student's files ``placed``.

    Of several attempts the newest is taken, whole. A notebook under a name that leaves no doubt
    gets its right one. The instructor's own files, ``given``, stay out without a flag. Without
    any notebook there is no attempt: its content is empty.
    """
    flags: list[Flag] = []
    time = max((one.time for one in placed if one.time), default=None)
    newest = sorted((one for one in placed if one.time == time), key=lambda one: -one.number)
    content: dict[str, bytes] = {}
    folded: set[str] = set()
    room = {True: limits.student_bytes, False: room_for(homework)}
    for one in newest:
        entry = Found(one.name, found[one.entry].size, found[one.entry].problem)
        is_notebook = _is_notebook(one.name)
        if one.late and not any(f.kind == Kind.LMS_LATE for f in flags):
            flags.append(flag(Kind.LMS_LATE, "says the name of the file"))
        if names.is_junk(one.name) or (one.name in given and not entry.problem):
            continue
        kind, why = _refusal(entry, homework, room[is_notebook], given)
        if kind is None and one.name.casefold() in folded:
            kind, why = Kind.REFUSED_FILE, "another file of that name was taken"
        if kind is None and names.in_the_way(one.name, content):
            kind, why = Kind.REFUSED_FILE, "a file where another's folder is, or the reverse"
        if kind is None:
            try:
                most = limits.notebook_bytes if is_notebook else room[is_notebook]
                content[one.name] = source.read(one.entry, most)
                room[is_notebook] -= entry.size if is_notebook else on_disk(entry.size)
                folded.add(one.name.casefold())
            except UnreadableError as error:
                kind, why = Kind.REFUSED_FILE, str(error)
        if kind is not None:
            flags.append(flag(kind, f"{show(one.name)}: {why}"))
    claim = names.claim(notebooks, content)
    for name, file in claim.files.items():
        if file != f"{name}.ipynb":
            content[f"{name}.ipynb"] = content.pop(file)
            flags.append(flag(Kind.RENAMED_NOTEBOOK, f"{show(file)} was taken as {name}.ipynb"))
    if not any(name.endswith(".ipynb") for name in content):
        flags.append(flag(Kind.REFUSED_ATTEMPT, "there is no notebook in it that can be read"))
        content = {}
    return Attempt(content, time, capped(flags))


def _is_notebook(name: str) -> bool:
    return name.casefold().endswith(".ipynb")


def _refusal(
    entry: Found, homework: Homework, room: int, given: Collection[str]
) -> tuple[Kind | None, str]:
    if entry.name == TIMESTAMP:
        return Kind.TIMESTAMP_IGNORED, "the time is the collector's"
    trouble = entry.problem or names.problem(entry.name)
    if trouble:
        return Kind.REFUSED_FILE, trouble
    if not _is_notebook(entry.name):
        return verdict(entry, homework, room, given)
    return (None, "") if entry.size <= room else (Kind.REFUSED_FILE, "the attempt is too large")
