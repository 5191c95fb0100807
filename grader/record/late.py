"""The late rule of ``course.toml`` for plain ``nbgrader autograde``."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin

from grader.course import Course


class CourseLatePenalty(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes the points off that ``course.toml`` says for the assignment being graded.

    nbgrader tells a plugin the student, the notebook's score and how late it is, but not the
    assignment; that it finds on ``parent``, the preprocessor that asks.
    """

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """Return the points to take off one notebook's ``score``."""
        root = Path(CourseDirectory(config=self.config).root)
        homework = Course.load(root).homework(self.parent.assignment_id)
        return homework.late.penalty(score, total_seconds_late)
