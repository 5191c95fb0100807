"""Marks as the gradebook has them now, a person's included."""

from __future__ import annotations

from nbgrader.api import SubmittedAssignment

from grader.course import Course
from grader.gradebook import WAIT_S, opened
from grader.outline import Homework
from grader.results import AssignmentResults, SubmissionResult


def refresh(
    course: Course, homework: Homework, results: AssignmentResults, *, wait_s: float = WAIT_S
) -> AssignmentResults:
    """``results`` with scores, penalties and manual marks read again from the gradebook."""
    with opened(course, wait_s=wait_s) as book:
        rows = {row.student.id: row for row in book.assignment_submissions(homework.id)}
        submissions = tuple(
            with_marks(result, rows[result.student]) if result.student in rows else result
            for result in results.submissions
        )
    return results.model_copy(update={"submissions": submissions})


def undecided(course: Course, homework: Homework) -> dict[str, frozenset[tuple[str, str]]]:
    """By student, the cells (notebook, grade_id) whose points a person has yet to give."""
    with opened(course) as book:
        return {
            row.student.id: frozenset(
                (notebook.name, grade.cell.name)
                for notebook in row.notebooks
                for grade in notebook.grades
                if grade.needs_manual_grade and grade.manual_score is None
            )
            for row in book.assignment_submissions(homework.id)
        }


def with_marks(result: SubmissionResult, submission: SubmittedAssignment) -> SubmissionResult:
    """``result`` with the marks of ``submission``, the gradebook's row."""
    grades = {
        (row.name, grade.cell.name): grade for row in submission.notebooks for grade in row.grades
    }
    cells = tuple(
        cell.model_copy(
            update={"manual_points": grade.manual_score, "extra_credit": grade.extra_credit}
        )
        if (grade := grades.get((cell.notebook, cell.grade_id)))
        else cell
        for cell in result.cells
    )
    return result.model_copy(
        update={
            "score": float(submission.score),
            "late_penalty": float(submission.late_submission_penalty or 0.0),
            "cells": cells,
        }
    )
