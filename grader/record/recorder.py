"""The driver's single writer: gradebook, then executed notebooks, then one line of the journal.

A run that is killed leaves at most one submission whose line is missing; it is recorded again when
the run is resumed, and the gradebook ends as after an undisturbed run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum
from sqlalchemy.exc import DatabaseError

from grader.course import Course, Homework
from grader.errors import GraderError
from grader.gradebook import (
    WAIT_S,
    check_released,
    graded_cells,
    naive,
    one_commit,
    opened,
    set_due_date,
)
from grader.outcome import Outcome
from grader.record import autograded
from grader.record.files import write_atomic
from grader.record.journal import Journal
from grader.record.marks import with_marks
from grader.record.places import NameRefusedError, kept_in
from grader.results import CellResult, Reason, Status, SubmissionResult
from grader.template import Role, Template, grade_id, meta, role

NO_RESPONSE = "No response."  # nbgrader's words


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
        one of them: then the submission has to be graded again.
        """
        submission = _find(self._gradebook, self._homework, result.student)
        if submission is None:
            return False
        auto = {
            (row.name, grade.cell.name): grade.auto_score
            for row in submission.notebooks
            for grade in row.grades
        }
        folder = kept_in(self._course, self._homework, result.student)
        return (
            all(
                (cell.notebook, cell.grade_id) in auto
                and (self._is_manual(cell) or auto[cell.notebook, cell.grade_id] == cell.points)
                for cell in result.cells
            )
            and folder.is_dir()
            and all((folder / f"{name}.ipynb").is_file() for name in _notebooks(result))
        )

    # --- one submission ---------------------------------------------------------------------------

    def _keep(self, outcome: Outcome) -> SubmissionResult:
        """Write ``outcome`` to the gradebook, then its notebooks."""
        folder = kept_in(self._course, self._homework, outcome.student)
        if outcome.status is Status.FAILED:
            return self._result(outcome, _find(self._gradebook, self._homework, outcome.student))
        kept = {name: nbformat.writes(nb) for name, nb in self._presentable(outcome).items()}
        with one_commit(self._gradebook):
            submission = self._write(outcome)
            result = self._result(outcome, submission)
        folder.mkdir(parents=True, exist_ok=True)  # for formgrader, a sign that it was graded
        for name in self._templates:
            path = folder / f"{name}.ipynb"
            if name in kept:
                write_atomic(path, kept[name])
            else:
                path.unlink(missing_ok=True)  # of an earlier submission
        return result

    def _write(self, outcome: Outcome) -> SubmittedAssignment:
        """Put ``outcome`` into the open transaction as nbgrader's SaveAutoGrades would."""
        book, name = self._gradebook, self._homework.id
        book.update_or_create_student(outcome.student)
        submission = book.update_or_create_submission(name, outcome.student)
        submission.timestamp = None if outcome.submitted is None else naive(outcome.submitted)
        results = {(cell.notebook, cell.grade_id): cell for cell in outcome.cells}
        for row in submission.notebooks:
            handed_in = outcome.notebooks.get(row.name)
            answers = _answers(handed_in, self._templates[row.name])
            for grade in row.grades:
                result = results.get((row.name, grade.cell.name))
                grade.auto_score = self._auto_score(row.name, grade.cell.name, result, answers)
                grade.needs_manual_grade = grade.auto_score is None or (
                    grade.manual_score is not None
                )
            self._comment(row, outcome, answers)
        book.db.flush()  # scores are computed by the database
        for row in submission.notebooks:
            row.late_submission_penalty = self._penalty(submission, row)
        book.db.flush()
        return submission

    def _auto_score(
        self, notebook: str, name: str, result: CellResult | None, answers: dict[str, bool] | None
    ) -> float | None:
        """Points by the machine, None where a person has to give them."""
        if answers is None:
            return 0.0
        if result is None:
            raise ValueError(f"no result for the cell {name} of {notebook}")
        if self._is_manual(result):
            return 0.0 if not answers.get(name, True) else None
        if not (math.isfinite(result.points) and 0 <= result.points <= result.max_points):
            raise ValueError(f"{result.points} points for the cell {name} of {notebook}")
        return result.points

    def _is_manual(self, result: CellResult) -> bool:
        cell = graded_cells(self._templates[result.notebook])[result.grade_id]
        return role(cell) in (Role.WRITTEN, Role.TASK)

    def _comment(
        self, row: SubmittedNotebook, outcome: Outcome, answers: dict[str, bool] | None
    ) -> None:
        """Set the automatic comments: "No response.", or on the first cell why it was rejected."""
        reason = outcome.error if outcome.status is Status.REJECTED else ""
        by_name = {comment.cell.name: comment for comment in row.comments}
        for cell in self._templates[row.name].released.cells:
            comment = by_name.get(grade_id(cell) or "")
            if comment is None:
                continue
            answered = answers is not None and answers.get(comment.cell.name, True)
            comment.auto_comment = reason or (None if answered else NO_RESPONSE)
            if reason:
                reason = ""

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


def _notebooks(result: SubmissionResult) -> set[str]:
    """The notebooks that were kept for ``result``: of one that is missing no cell was run."""
    rejected = result.status is Status.REJECTED
    return {cell.notebook for cell in result.cells if rejected or cell.reason is not Reason.NOT_RUN}


def _find(book: Gradebook, homework: Homework, student: str) -> SubmittedAssignment | None:
    try:
        return book.find_submission(homework.id, student)
    except MissingEntry:
        return None


def _answers(handed_in: NotebookNode | None, template: Template) -> dict[str, bool] | None:
    """For each cell of the student's, whether it differs from the released one; None if missing."""
    if handed_in is None:
        return None
    own = {name: cell for cell in template.released.cells if (name := grade_id(cell))}
    answers = {}
    for cell in handed_in.cells:
        name = grade_id(cell) or ""
        if name in own and role(own[name]) in (Role.SOLUTION, Role.WRITTEN):
            written = nbformat.from_dict({**own[name], "source": cell.source})
            answers[name] = meta(own[name]).get("checksum") != compute_checksum(written)
    return answers


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
