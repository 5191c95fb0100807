"""Marks for other systems, from the gradebook, as plug-ins of ``nbgrader export``.

``grader export HW --to canvas`` is ``nbgrader export --exporter grader.report.export.CanvasExport``
for one homework. Every mark is the final one: manual points and extra credit in, the late penalty
off, at least 0. A cell that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from pydantic import BaseModel, ConfigDict
from traitlets import Unicode

from grader.course import Course
from grader.gradebook import assignment, opened
from grader.outline import Homework
from grader.record.files import write_atomic
from grader.report.targets import Target

_FORMULA = ("=", "+", "-", "@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class Exported(BaseModel):
    """What was exported, and what is not final yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    marks: int  # submissions in the file
    undecided: tuple[str, ...]  # students of whom a person has yet to grade something
    without: tuple[str, ...]  # students without a submission

    def lines(self) -> list[str]:
        """What to tell the person who exports."""
        lines = [f"{self.marks} marks: {self.path}"]
        if self.undecided:
            lines.append(
                f"not final, a person has yet to grade or review: {', '.join(self.undecided)}"
            )
        if self.without:
            lines.append(f"without a submission: {', '.join(self.without)}")
        return lines


@dataclass(frozen=True)
class Mark:
    """One student's row; ``submission`` is None for a student who handed in nothing."""

    assignment: Assignment
    student: Student
    submission: SubmittedAssignment | None

    @property
    def raw(self) -> float:
        return float(self.submission.score) if self.submission else 0.0

    @property
    def penalty(self) -> float:
        return float(self.submission.late_submission_penalty or 0) if self.submission else 0.0

    @property
    def final(self) -> float:
        return max(0.0, self.raw - self.penalty)


class CsvExport(ExportPlugin):  # type: ignore[misc]
    """nbgrader's own columns, with names quoted where they need it."""

    column = Unicode("", help="the column's name at the destination; else the assignment's").tag(
        config=True
    )
    destination = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the marks of the assignments and students chosen; of all where none is chosen."""
        wanted = {str(name) for name in self.assignment}
        students = {str(name) for name in self.student}
        marks = [
            mark
            for row in gradebook.assignments
            if not wanted or row.name in wanted
            for mark in _marks(gradebook, row)
            if not students or mark.student.id in students
        ]
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        for line in self.table(marks):
            writer.writerow([_harmless(cell) for cell in line])
        write_atomic(Path(self.to or self.destination), text.getvalue())

    def table(self, marks: list[Mark]) -> Iterator[list[object]]:
        """The header and one line for each mark."""
        yield [
            "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
            "raw_score", "late_submission_penalty", "score", "max_score",
        ]  # fmt: skip
        for mark in marks:
            row, who = mark.assignment, mark.student
            when = mark.submission.timestamp if mark.submission else None
            yield [
                row.name, row.duedate, when, who.id, who.last_name, who.first_name, who.email,
                mark.raw, mark.penalty, mark.final, float(row.max_score),
            ]  # fmt: skip


class CanvasExport(CsvExport):
    """What Canvas imports under *Grades, Import*: one column for the assignment.

    Canvas finds a student by ID (``lms_user_id`` of nbgrader's students) or by SIS Login ID (the
    student's id here). A student without a submission gets an empty mark, which changes nothing.
    """

    destination = "canvas.csv"

    def table(self, marks: list[Mark]) -> Iterator[list[object]]:
        """The header, the row of reachable points, and one line for each mark."""
        most = max((float(mark.assignment.max_score) for mark in marks), default=0.0)
        column = self.column or _only(marks)
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]
        yield ["    Points Possible", "", "", "", "", most]
        for mark in marks:
            who = mark.student
            name = ", ".join(filter(None, (who.last_name, who.first_name))) or who.id
            score = round(mark.final, 6) if mark.submission else None
            yield [name, who.lms_user_id, "", who.id, "", score]


class MoodleExport(CsvExport):
    """What Moodle imports under *Grades, Import, CSV file*.

    Map "Username" (the student's id here), "ID number" (``lms_user_id``) or "Email address" to the
    user, and the last column to the grade item. Students without a submission are left out.
    """

    destination = "moodle.csv"

    def table(self, marks: list[Mark]) -> Iterator[list[object]]:
        """The header and one line for each mark."""
        column = self.column or _only(marks)
        yield ["Username", "ID number", "First name", "Last name", "Email address", column]
        for mark in marks:
            if mark.submission is not None:
                who = mark.student
                yield [
                    who.id, who.lms_user_id, who.first_name, who.last_name, who.email,
                    round(mark.final, 6),
                ]  # fmt: skip


EXPORTERS = {Target.CSV: CsvExport, Target.CANVAS: CanvasExport, Target.MOODLE: MoodleExport}


def write(
    course: Course, homework: Homework, *, to: Target = Target.CSV, output: Path | None = None
) -> Exported:
    """Export the marks of ``homework``; the file is ``reports/<homework>/<to>.csv`` by default."""
    path = output or course.reports / homework.id / f"{to}.csv"
    with opened(course) as book:
        row = assignment(book, homework)
        plugin = EXPORTERS[to](
            to=str(path),
            assignment=[homework.id],
            column=homework.title or homework.id,
            config=course.config,
        )
        plugin.export(book)
        marks = list(_marks(book, row))
        return Exported(
            path=path,
            marks=sum(mark.submission is not None for mark in marks),
            undecided=tuple(
                mark.student.id
                for mark in marks
                if mark.submission and mark.submission.needs_manual_grade
            ),
            without=tuple(mark.student.id for mark in marks if mark.submission is None),
        )


def _marks(gradebook: Gradebook, row: Assignment) -> Iterator[Mark]:
    handed_in = {one.student.id: one for one in row.submissions}
    for student in gradebook.students:
        yield Mark(row, student, handed_in.get(student.id))


def _only(marks: list[Mark]) -> str:
    """The one assignment's name: a system's column holds the marks of one."""
    names = {mark.assignment.name for mark in marks}
    if len(names) > 1:
        raise ValueError(f"one assignment a file, not {', '.join(sorted(names))}: --assignment")
    return str(names.pop()) if names else ""


def _harmless(value: object) -> object:
    """``value`` on one line, and as text where a spreadsheet would run it as a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    line = _CONTROL.sub(" ", value)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line
