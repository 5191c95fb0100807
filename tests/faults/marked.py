"""Three students, graded and marked by hand, whose next outcomes are made by hand as well."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.outcome import Outcome
from grader.record.marks import refresh
from grader.results import Flag
from recorded import Recorded, copy_course

STUDENTS = ("ada", "bob", "cyd")
LATE = datetime(2027, 1, 12, 11, tzinfo=UTC)  # two days begun


def marked(to: Path) -> Recorded:
    """A copy at ``to`` of the course; made once in a process."""
    shutil.copytree(Path(_made().name) / "course", to)
    return Recorded(to)


@cache
def _made() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    course = copy_course(Path(folder.name) / "course")
    course.record(*(course.outcome(student, 0) for student in STUDENTS))
    course.give("ada", "why-written", manual_score=4, extra_credit=1)
    course.give("bob", "double-basic", manual_score=1.5)
    with course.gradebook() as book:
        book.find_comment("double", "first", "hw", "cyd").manual_comment = "nearly"
        book.db.commit()
    return folder


def handed_in_again(course: Recorded) -> list[Outcome]:
    """What the three hand in next: one late, one unreadable; the first is much to write down."""
    long = Flag(kind="duplicate", detail="more than a page of the disk " * 300)
    again = [
        replace(course.outcome("ada", 2, 1, submitted=LATE), flags=(long,)),
        course.rejected("bob"),
        course.outcome("cyd", 0, 3),
    ]
    return [replace(outcome, fingerprint="f2", sandbox=("time",)) for outcome in again]


def resume(course: Recorded, outcomes: list[Outcome] | None = None) -> None:
    """Record those ``outcomes`` that are not recorded yet, as `grader grade` decides it."""
    with course.recorder(journal := course.journal()) as writer:
        for outcome in handed_in_again(course) if outcomes is None else outcomes:
            earlier = journal.done(outcome.student, outcome.fingerprint)
            if earlier is None or not writer.holds(earlier):
                writer.record(outcome)
    students = [one.student for one in journal.latest()]
    results = journal.summarize(students, engine="local", wall_s=2.5)
    journal.write(refresh(course.course, course.homework, results, wait_s=10))


def mixed(found: Recorded, before: Recorded, after: Recorded) -> list[str]:
    """What is neither as ``before`` nor as ``after``: written in part."""

    def rows(course: Recorded, student: str) -> list[tuple[object, ...]]:
        return [row for row in course.rows() if row[1] == student]

    states = (before, after)
    torn = [s for s in STUDENTS if rows(found, s) not in [rows(one, s) for one in states]]
    files = [*(f"autograded/{s}/hw/first.ipynb" for s in STUDENTS), "reports/hw/results.json"]
    old_or_new = {name: [(one.root / name).read_bytes() for one in states] for name in files}
    return torn + [n for n in files if (found.root / n).read_bytes() not in old_or_new[n]]
