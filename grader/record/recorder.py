"""The driver's single writer: gradebook, then executed notebooks, then one line of the journal.

A run that is killed leaves at most one submission whose line is missing; it is recorded again when
the run is resumed, and the gradebook ends as after an undisturbed run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import DatabaseError

from grader.course import Course
from grader.errors import GraderError
from grader.gradebook import (
    WAIT_S,
    check_released,
    naive,
    one_commit,
    opened,
    set_due_date,
)
from grader.moments import Moment, moment
from grader.outcome import Outcome
from grader.outline import Homework
from grader.record import autograded
from grader.record.files import write_atomic
from grader.record.grades import answers, auto_comments, auto_scores
from grader.record.journal import Journal
from grader.record.marks import with_marks
from grader.record.places import NameRefusedError, kept_in
from grader.results import Reason, Status, SubmissionResult
from grader.template import Template


class Recorder:
    """Writes outcomes of one homework; a context manager that holds the gradebook open."""

    def __init__(
        self,
        course: Course,
        homework: Homework,
        templates: Iterable[Template],
        journal: Journal,
        *,
        wait_s: float = WAIT_S,
    ) -> None:
        self._course = course
        self._homework = homework
        self._templates = {template.name: template for template in templates}
        self._journal = journal
        self._wait_s = wait_s
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(_alone(self._course, self._homework))
            self._gradebook: Gradebook = stack.enter_context(
                opened(self._course, wait_s=self._wait_s)
            )
            check_released(self._gradebook, self._homework, self._templates.values())
            set_due_date(self._gradebook, self._homework)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def record(self, outcome: Outcome) -> SubmissionResult:
        """Record ``outcome`` and return it with the gradebook's score and manual marks.

        Nothing of a ``failed`` outcome goes to the gradebook, so its score is the one recorded
        before, or 0. An outcome that cannot be recorded comes back as failed, its student's name
        made printable. A gradebook or disk that cannot be written raises :class:`GraderError`, at
        the latest when the recorder closes.
        """
        try:
            result = self._keep(outcome)
        except NameRefusedError as error:
            printable = outcome.student.encode(errors="backslashreplace").decode()
            failed = _failed(replace(outcome, student=printable), f"{error} {error.remedy}")
            result = self._result(failed, None)
        except (GraderError, DatabaseError):
            raise
        except Exception as error:  # whatever one submission can cause must not stop the others
            result = self._keep(_failed(outcome, f"not recorded: {error!r}"))
        self._journal.append(result)
        return result

    def holds(self, result: SubmissionResult) -> bool:
        """Whether the gradebook and ``autograded`` still agree with ``result``, a journal's line.

        They do not after a kill between the gradebook and the journal, or where somebody deleted
        one of them or put an older one in its place: then the submission has to be graded again.
        """
        submission = _find(self._gradebook, self._homework, result.student)
        if submission is None or submission.timestamp != _stored(result.submitted):
            return False
        folder = kept_in(self._course, self._homework, result.student)
        try:
            kept = {
                name: nbformat.v4.reads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))
                for name in _notebooks(result)
            }
            return (
                folder.is_dir()
                and float(submission.late_submission_penalty or 0.0) == result.late_penalty
                and all(_agrees(row, result, self._templates, kept) for row in submission.notebooks)
            )
        except (OSError, ValueError):  # no notebook, or no result for a cell
            return False

    # --- one submission ---------------------------------------------------------------------------

    def _keep(self, outcome: Outcome) -> SubmissionResult:
        """Write ``outcome`` to the gradebook, then its notebooks."""
        folder = kept_in(self._course, self._homework, outcome.student)
        if outcome.status is Status.FAILED:
            return self._result(outcome, _find(self._gradebook, self._homework, outcome.student))
        kept = {name: nbformat.writes(nb) for name, nb in self._presentable(outcome).items()}
        with one_commit(self._gradebook):
            moment(Moment.TRANSACTION_OPEN)
            submission = self._write(outcome)
            result = self._result(outcome, submission)
        moment(Moment.COMMITTED)
        folder.mkdir(parents=True, exist_ok=True)  # for formgrader, a sign that it was graded
        for name in self._templates:
            path = folder / f"{name}.ipynb"
            if name in kept:
                write_atomic(path, kept[name])
            else:
                path.unlink(missing_ok=True)  # of an earlier submission
        moment(Moment.NOTEBOOKS_KEPT)
        return result

    def _write(self, outcome: Outcome) -> SubmittedAssignment:
        """Put ``outcome`` into the open transaction as nbgrader's SaveAutoGrades would."""
        book, name = self._gradebook, self._homework.id
        book.update_or_create_student(outcome.student)
        submission = book.update_or_create_submission(name, outcome.student)
        submission.timestamp = _stored(outcome.submitted)
        rejected = outcome.error if outcome.status is Status.REJECTED else ""
        for row in submission.notebooks:
            template = self._templates[row.name]
            answered = answers(outcome.notebooks.get(row.name), template)
            scores = auto_scores(template, outcome.cells, answered)
            for grade in row.grades:
                grade.auto_score = scores[grade.cell.name]
                grade.needs_manual_grade = grade.auto_score is None or (
                    grade.manual_score is not None
                )
            remarks = auto_comments(template, rejected, answered)
            for comment in row.comments:
                comment.auto_comment = remarks.get(comment.cell.name)
        book.db.flush()  # scores are computed by the database
        moment(Moment.GRADES_FLUSHED)
        for row in submission.notebooks:
            row.late_submission_penalty = self._penalty(submission, row)
        book.db.flush()
        moment(Moment.PENALTIES_FLUSHED)
        return submission

    def _penalty(self, submission: SubmittedAssignment, row: SubmittedNotebook) -> float | None:
        """Points to take off ``row``, as nbgrader's AssignLatePenalties does; None for none."""
        seconds: float = submission.total_seconds_late
        if seconds <= 0:
            return None
        if self._course.has_outline:
            penalty: float | None = self._homework.late.penalty(row.score, seconds)
        else:
            step = AssignLatePenalties(config=self._course.config)
            step.init_plugin()
            penalty = step.plugin_inst.late_submission_penalty(
                submission.student.id, row.score, seconds
            )
        return None if penalty is None else max(0.0, min(float(row.score), penalty))

    def _presentable(self, outcome: Outcome) -> dict[str, NotebookNode]:
        """The notebooks to keep in ``autograded``, by name."""
        if outcome.status is Status.REJECTED:
            return {n: autograded.rejected(t, outcome.error) for n, t in self._templates.items()}
        kept = {}
        for name, executed in outcome.notebooks.items():
            results = {cell.grade_id: cell for cell in outcome.cells if cell.notebook == name}
            kept[name] = autograded.presentable(executed, self._templates[name], results)
        return kept

    def _result(self, outcome: Outcome, submission: SubmittedAssignment | None) -> SubmissionResult:
        result = SubmissionResult(
            student=outcome.student,
            status=outcome.status,
            max_score=sum(template.max_score for template in self._templates.values()),
            submitted=outcome.submitted,
            error=outcome.error,
            cells=outcome.cells,
            flags=outcome.flags,
            usage=outcome.usage,
            isolation=outcome.isolation,
            sandbox=outcome.sandbox,
            fingerprint=outcome.fingerprint,
        )
        return result if submission is None else with_marks(result, submission)


def _failed(outcome: Outcome, why: str) -> Outcome:
    return replace(outcome, status=Status.FAILED, error=why, cells=(), notebooks={})


def _agrees(
    row: SubmittedNotebook,
    result: SubmissionResult,
    templates: Mapping[str, Template],
    kept: Mapping[str, NotebookNode],
) -> bool:
    """Whether the machine's part of ``row`` is what recording ``result`` would make it."""
    template = templates[row.name]
    rejected = result.error if result.status is Status.REJECTED else ""
    answered = None if rejected else answers(kept.get(row.name), template)
    scores = auto_scores(template, result.cells, answered)
    remarks = auto_comments(template, rejected, answered)
    return all(grade.auto_score == scores[grade.cell.name] for grade in row.grades) and all(
        comment.auto_comment == remarks.get(comment.cell.name) for comment in row.comments
    )


def _notebooks(result: SubmissionResult) -> set[str]:
    """The notebooks that were kept for ``result``: of one that is missing no cell was run."""
    rejected = result.status is Status.REJECTED
    return {cell.notebook for cell in result.cells if rejected or cell.reason is not Reason.NOT_RUN}


def _stored(when: datetime | None) -> datetime | None:
    """``when`` as the gradebook has it."""
    return None if when is None else naive(when)


def _find(book: Gradebook, homework: Homework, student: str) -> SubmittedAssignment | None:
    try:
        return book.find_submission(homework.id, student)
    except MissingEntry:
        return None


@contextmanager
def _alone(course: Course, homework: Homework) -> Iterator[None]:
    """Hold the homework's lock, or say that another run has it."""
    folder = course.reports / homework.id
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise GraderError(
            f"Another run is grading {homework.id}.", "Wait for it to end, or stop it."
        ) from None
    try:
        yield
    finally:
        lock.release()
