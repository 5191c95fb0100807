"""Grade a class: decide what is to do, hand it to workers, record what comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from grader import fingerprint, template
from grader.course import Course
from grader.dispatch import local
from grader.errors import GraderError
from grader.gradebook import WAIT_S
from grader.intake import receipts
from grader.intake.receipts import Receipt
from grader.moments import Moment, moment
from grader.outcome import Outcome
from grader.outline import Homework
from grader.pipeline import Job, Pipeline, sittings
from grader.record.journal import Journal
from grader.record.marks import refresh
from grader.record.recorder import Recorder
from grader.results import (
    AssignmentResults,
    CellResult,
    Isolation,
    Status,
    SubmissionResult,
)
from grader.sandbox.parts import Sandbox, in_force
from grader.sandbox.probe import NO_HOST, probe
from grader.seating import Terms, shown
from grader.template import Role, Template
from grader.versions import templates
from grader.warm import Nest, Warm

ENGINE = "local"


@dataclass(frozen=True)
class Change:
    """A submission whose score a regrade moved."""

    student: str
    before: float
    after: float


@dataclass(frozen=True)
class Graded:
    """The class, how many submissions were graded now or found up to date, the marks that moved."""

    results: AssignmentResults
    fresh: int
    up_to_date: int
    changes: tuple[Change, ...]


def grade(
    course: Course,
    homework: Homework,
    *,
    folder: Path | None = None,
    workers: int = 0,
    isolation: Isolation | None = None,
    sandbox: Sandbox = Sandbox.REQUIRE,
    only: str | None = None,
    fresh: bool = False,
    wait_s: float = WAIT_S,
    deadline_s: float | None = None,
    started: Callable[[int, int], None] = lambda total, done: None,
    finished: Callable[[SubmissionResult], None] = lambda result: None,
    nest: Nest | None = None,
) -> Graded:
    """Grade every submission of ``homework`` that has no up-to-date result.

    Without ``isolation`` it is :func:`default_isolation`. ``folder`` holds
    ``<student>/<homework>/``, else the course's submitted folder. ``workers`` of
    0 means one for each core. ``only`` restricts the run to one student, or to one test cell by
    its grade_id: then that cell's points change and all others stay. ``fresh`` grades again what
    is up to date. ``wait_s`` is how many seconds another program may keep the gradebook locked,
    ``deadline_s`` how many a worker may take for one submission; None stands for what the
    homework's limits need. ``started`` hears how many submissions there are and how many are done
    already, ``finished`` each new result, in the order in which they come. ``nest`` is one for
    ``Warm.of(homework, workers)`` that the caller has made ahead; without it one is made here.
    """
    begin = time.monotonic()
    isolation = isolation or default_isolation(course)
    host = probe() if sandbox is not Sandbox.OFF else NO_HOST
    parts = in_force(sandbox, host, apart=isolation is Isolation.EXAMINER)
    if "files" in parts:
        _check_place(course.root)
    warm = Warm.of(homework, workers)
    known = templates(course, homework)
    folder = folder or course.submitted
    folders = submitted(folder, homework)
    cell = _only_cell(only, folders, known)
    chosen = folders if only is None or cell is not None else {only: folders[only]}
    came_in = receipts.load(folder, homework.id).students
    key = fingerprint.seed_key(course.secret, homework.id)
    common = fingerprint.common(course, homework, key, isolation, sandbox, cell or "")
    shared = Job(
        student="",
        folder=folder,
        submitted=None,
        fingerprint=common,
        terms=Terms(
            isolation=isolation,
            key=key,
            threads=warm.threads,
            mechanisms=host.mechanisms,
            watched=sandbox is not Sandbox.OFF,
        ),
    )
    jobs = [_job(shared, student, path, came_in) for student, path in chosen.items()]
    pipeline = Pipeline(homework, tuple(known), course.source / homework.id)
    journal = Journal(course, homework)
    changes: list[Change] = []
    students = set(folders)
    with (
        nullcontext(nest) if nest and nest.warm == warm else Nest(warm) as nest,
        Recorder(course, homework, known, journal, wait_s=wait_s) as recorder,
    ):
        before = {result.student: result for result in journal.latest()}
        todo = [job for job in jobs if fresh or not _is_done(job, journal, recorder)]
        started(len(jobs), len(jobs) - len(todo))
        deadline = _deadline(homework, len(known)) if deadline_s is None else deadline_s
        try:
            for job, came in local.run(
                todo, pipeline, workers=workers, deadline_s=deadline, equip=nest.equip
            ):
                moment(Moment.RESULT_TAKEN)
                earlier = before.get(job.student)
                outcome = came if isinstance(came, Outcome) else _lost(job, came.reason)
                noted = came_in[job.student].flags if job.student in came_in else ()
                outcome = replace(
                    outcome, flags=noted + outcome.flags, isolation=isolation, sandbox=parts
                )
                if cell is not None and earlier is not None:
                    outcome = _with_only(outcome, earlier, cell)
                result = recorder.record(outcome)
                if earlier is not None and earlier.score != result.score:
                    changes.append(Change(job.student, earlier.score, result.score))
                students.add(result.student)  # printable, where the folder's name is not
                finished(result)
        finally:  # also when interrupted: reports then show what there is
            wall_s = time.monotonic() - begin
            results = journal.summarize(students, engine=ENGINE, wall_s=wall_s)
            results = refresh(course, homework, results, wait_s=wait_s)
            journal.write(results)
    return Graded(results, len(todo), len(jobs) - len(todo), tuple(changes))


def default_isolation(course: Course) -> Isolation:
    """Two kernels for courses whose tests were written and checked for them, else one."""
    return Isolation.EXAMINER if course.has_outline else Isolation.KERNEL


def _check_place(root: Path) -> None:
    place = shown(root)
    if place is not None:
        raise GraderError(
            f"The course {root} lies in {place}, which student code has to read.",
            "Move the course out of there, or grade work you trust with --sandbox off.",
        )


def submitted(folder: Path, homework: Homework) -> dict[str, Path]:
    """Each student's folder for ``homework`` below ``folder``, by student, sorted."""
    if not folder.is_dir():
        raise GraderError(
            f"There is no folder {folder}.",
            "Collect submissions first (grader collect), or name a folder with --submitted.",
        )
    found = {
        student.name: student / homework.id
        for student in sorted(folder.iterdir())
        if not student.name.startswith(".") and os.path.lexists(student / homework.id)
    }
    if not found:
        raise GraderError(
            f"{folder} holds no submission of {homework.id}.",
            f"Expected {folder.name}/<student>/{homework.id}/<notebook>.ipynb.",
        )
    return found


def _job(shared: Job, student: str, path: Path, came_in: Mapping[str, Receipt]) -> Job:
    when = came_in[student].received if student in came_in else None
    return replace(
        shared,
        student=student,
        folder=path,
        submitted=when,
        fingerprint=fingerprint.submission(path, f"{shared.fingerprint}{when}"),
    )


def _is_done(job: Job, journal: Journal, recorder: Recorder) -> bool:
    result = journal.done(job.student, job.fingerprint)
    return result is not None and recorder.holds(result)


def _only_cell(only: str | None, folders: dict[str, Path], known: list[Template]) -> str | None:
    """``only`` if it names a test cell, None if it names a student."""
    if only is None or only in folders:
        return None
    cells = [cell for one in known for cell in one.graded.cells]
    tests = {template.grade_id(cell) or "" for cell in cells if template.role(cell) is Role.TEST}
    if only in tests:
        return only
    raise GraderError(
        f"--only {only}: there is neither such a student nor such a test cell.",
        f"Students: {', '.join(folders)}. Cells: {', '.join(sorted(tests))}.",
    )


def _deadline(homework: Homework, notebooks: int) -> float:
    """Seconds after which a worker is thought to hang: its limits, and a minute for each start.

    Tests that need a hash seed of their own run the notebook once more.
    """
    return notebooks * sittings(homework) * (homework.limits.total_s + 60) + 60


def _lost(job: Job, reason: str) -> Outcome:
    return Outcome(
        student=job.student,
        status=Status.FAILED,
        error=reason,
        submitted=job.submitted,
        fingerprint=job.fingerprint,
    )


def _with_only(outcome: Outcome, earlier: SubmissionResult, cell: str) -> Outcome:
    """``outcome`` with all cells but ``cell`` as they were, where both runs had the notebook."""
    if not outcome.status is earlier.status is Status.GRADED:
        return outcome
    old = {(c.notebook, c.grade_id): c for c in earlier.cells}

    def pick(new: CellResult) -> CellResult:
        if new.grade_id == cell or new.notebook not in outcome.notebooks:
            return new
        return old.get((new.notebook, new.grade_id), new)

    return replace(outcome, cells=tuple(pick(new) for new in outcome.cells))
