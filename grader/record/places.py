"""Where a student's files are, by the course's own directory structure."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grader.course import Course
from grader.errors import GraderError
from grader.outline import Homework


class NameRefusedError(GraderError):
    """A submission's student has a name that no folder of ours can bear."""


def kept_in(course: Course, homework: Homework, student: str) -> Path:
    """The folder of the student's executed notebooks, where formgrader looks for them."""
    return _folder(course, "autograded_directory", homework, student)


def feedback_in(course: Course, homework: Homework, student: str) -> Path:
    """The folder of the student's feedback, where ``nbgrader release_feedback`` looks for it."""
    return _folder(course, "feedback_directory", homework, student)


def _folder(course: Course, step: str, homework: Homework, student: str) -> Path:
    is_text = student == student.encode(errors="ignore").decode()
    if student in ("", ".", "..") or set(student) & set("/\\\0") or not is_text:
        raise NameRefusedError(f"{student!r} cannot be a student's name.", "Rename its folder.")
    where = CourseDirectory(config=course.config)
    return Path(where.format_path(getattr(where, step), student, homework.id))
