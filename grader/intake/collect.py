"""The ``collect`` step: what arrived → ``submitted/<student>/<homework>/``, with receipts.

A collector that is killed leaves of each student an earlier submission, a new one or none, but
never half of one; collecting again brings it to its end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from grader.course import Course
from grader.errors import GraderError
from grader.intake import folder as disk
from grader.intake import receipts, store
from grader.intake.archive import Archive
from grader.intake.attempt import Attempt, Source, take
from grader.intake.flags import show
from grader.intake.layout import Placed, layout
from grader.intake.limits import LIMITS, IntakeLimits
from grader.intake.receipts import Receipt, Receipts
from grader.intake.receive import given_files
from grader.outline import Homework
from grader.results import Flag


class Outcome(StrEnum):
    """What collecting made of one student's attempt."""

    NEW = "new"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"  # nothing of it could be taken; an earlier submission stays


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Collected(_Record):
    """One student's attempt. ``received`` is the time that decides whether it is late.

    It is ``None`` only where an attempt was refused beside a submission that has no receipt.
    """

    student: str
    outcome: Outcome
    received: datetime | None
    files: tuple[str, ...]
    flags: tuple[Flag, ...]


class CollectReport(_Record):
    """What one call did. ``unplaced`` maps files that were left out to the reason.

    ``late_by_clock`` counts the attempts that are late by no other clock than the collector's:
    if they arrived in time, ``received`` must be given.
    """

    homework: str
    students: tuple[Collected, ...]
    unplaced: dict[str, str]
    late_by_clock: int


def collect(
    source: Path,
    course: Course,
    homework: Homework,
    *,
    received: datetime | None = None,
    limits: IntakeLimits = LIMITS,
) -> CollectReport:
    """Bring the submissions in ``source``, a folder or a zip, into the course.

    ``source`` is one of the layouts of :func:`grader.intake.layout.layout`. The time of a
    submission is ``received`` if given; else the attempt's where the platform wrote it into the
    name; else, where the content is what was collected before, the time it has; else now. No file
    and no archive member's date is believed. A homework's earlier attempt is kept in
    ``submitted/.earlier``. Raise :class:`GraderError` where ``source`` cannot be read at all.
    """
    if received is not None and received.tzinfo is None:
        raise GraderError(
            f"The time {received.isoformat()} has no time zone.",
            f"Write {received.isoformat()}Z for UTC, for example.",
        )
    notebooks = [path.stem for path in course.notebooks(homework)]
    given = given_files(course.source / homework.id)
    submitted = course.submitted
    (submitted / receipts.FOLDER).mkdir(parents=True, exist_ok=True)
    with _alone(submitted), _opened(source, course, limits) as opened:
        store.clear(submitted)
        found = {entry.name: entry for entry in opened.listing()}
        owners, unplaced = _owners(found, homework, notebooks)
        if not owners:
            raise GraderError(
                f"{source} holds no submission of {homework.id} that names its student.",
                "Name the files <student>_<notebook>.ipynb, or make a folder for each student.",
            )
        known = receipts.load(submitted, homework.id)
        done: list[Collected] = []
        late = 0
        for student in sorted(owners):
            attempt = take(owners[student], found, opened, homework, notebooks, given, limits)
            outcome, receipt = _bring(
                submitted, homework.id, student, attempt, known.students.get(student), received
            )
            if receipt and receipt != known.students.get(student):
                known = Receipts(students={**known.students, student: receipt})
                receipts.save(submitted, homework.id, known)
            time = receipt.received if receipt else None
            done.append(
                Collected(
                    student=student,
                    outcome=outcome,
                    received=time,
                    files=tuple(sorted(attempt.content)),
                    flags=attempt.flags,
                )
            )
            by_clock = outcome is not Outcome.UNCHANGED and not attempt.time and not received
            if by_clock and homework.due and time and time > homework.due:
                late += 1
    return CollectReport(
        homework=homework.id,
        students=tuple(done),
        unplaced={show(name): reason for name, reason in unplaced.items()},
        late_by_clock=late,
    )


def _bring(
    submitted: Path,
    homework: str,
    student: str,
    attempt: Attempt,
    old: Receipt | None,
    received: datetime | None,
) -> tuple[Outcome, Receipt | None]:
    there = store.exists(submitted, student, homework)
    if not attempt.content and there:
        if old is None:
            return Outcome.REFUSED, None
        flags = tuple(dict.fromkeys((*old.flags, *attempt.flags)))
        return Outcome.REFUSED, old.model_copy(update={"flags": flags})
    known = old if there and old and old.digest == attempt.digest else None
    time = received or attempt.time or (known.received if known else datetime.now(UTC))
    receipt = Receipt(received=time, digest=attempt.digest, flags=attempt.flags)
    if known:
        if time != known.received:
            store.stamp(submitted, student, homework, time)
        return Outcome.UNCHANGED, receipt
    # A refused first attempt gets its folder too, so that grading reports the student.
    replaced = store.put(submitted, student, homework, attempt.content, time)
    if not attempt.content:
        return Outcome.REFUSED, receipt
    return Outcome.REPLACED if replaced else Outcome.NEW, receipt


def _owners(
    found: Mapping[str, disk.Found], homework: Homework, notebooks: list[str]
) -> tuple[dict[str, list[Placed]], dict[str, str]]:
    seen = layout(found, homework.id, notebooks)
    unplaced = dict(seen.unplaced)
    owners: dict[str, list[Placed]] = defaultdict(list)
    often = Counter(name.casefold() for name in {one.student for one in seen.placed})
    for one in seen.placed:
        if often[one.student.casefold()] > 1:
            unplaced[one.entry] = "two students' ids differ in case only"
        else:
            owners[one.student].append(one)
    return owners, unplaced


@contextmanager
def _alone(submitted: Path) -> Iterator[None]:
    try:
        with FileLock(submitted / receipts.FOLDER / "lock", timeout=0):
            yield
    except Timeout:
        raise GraderError(
            f"Another collect is at work in {submitted}.", "Wait until it has ended."
        ) from None


@contextmanager
def _opened(source: Path, course: Course, limits: IntakeLimits) -> Iterator[Source]:
    whole = source.resolve()
    if whole.is_relative_to(course.submitted.resolve()):
        raise GraderError(
            f"{source} is in {course.submitted}.", "Its content is collected already."
        )
    if whole.is_dir():
        yield _Folder(whole, limits)
    elif whole.is_file() and whole.suffix.casefold() == ".zip":
        with Archive(whole, limits) as archive:
            yield archive
    else:
        raise GraderError(
            f"{source} is neither a folder nor a zip.", "Give what the platform let you download."
        )


class _Folder:
    def __init__(self, root: Path, limits: IntakeLimits) -> None:
        self._root = root
        self._limits = limits

    def listing(self) -> list[disk.Found]:
        most, deep = self._limits.archive_members, self._limits.depth + 3
        try:
            return disk.listing(self._root, entries=most, depth=deep)
        except disk.TooMuchError as error:
            raise GraderError(f"{self._root} holds {error}.", "Give a smaller folder.") from None

    def read(self, name: str, limit: int) -> bytes:
        return disk.read(self._root, name, limit)
