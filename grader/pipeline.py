"""One submission's way through a worker: intake → examine → score. Nothing is recorded here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path

from nbformat import NotebookNode

from grader import template
from grader.course import Course
from grader.examine.evidence import Examined
from grader.examine.run import examine, test_id
from grader.examine.schedule import Step, schedule, steps_of
from grader.examine.sitting import ExaminerLostError, Sitting
from grader.intake.receive import given_files, receive
from grader.intake.submission import Rebuilt, Rejected
from grader.kernels.client import ZygoteLostError
from grader.moments import Moment, moment
from grader.outcome import Outcome
from grader.outline import Homework
from grader.results import CellResult, Flag, Isolation, Status, Usage
from grader.score import score
from grader.seating import Furniture, Terms, seats
from grader.template import Template
from grader.warm import Warm, zygote

EXPERIMENT = "experiment"
TRIES = 2


@dataclass(frozen=True)
class Job:
    """What a worker needs to grade one submission; it crosses to the worker as plain data."""

    course: Path
    homework: str
    student: str
    folder: Path
    submitted: datetime | None
    fingerprint: str
    terms: Terms
    experiment: bool = True  # False leaves out the cells tagged `experiment`
    hash_seed: int | None = None  # instead of the homework's


def templates(course: Course, homework: Homework, *, experiment: bool = True) -> list[Template]:
    """The notebooks of ``homework``, with or without the cells tagged ``experiment``."""
    loaded = [template.load(path, course.config) for path in course.notebooks(homework)]
    return loaded if experiment else [one.without(EXPERIMENT) for one in loaded]


def sittings(homework: Homework) -> int:
    """How often each notebook is run: once, and once for each hash seed of some tests' own."""
    return 1 + len(set(homework.hash_seeds.values()))


@lru_cache(maxsize=4)
def _context(
    root: Path, name: str, experiment: bool
) -> tuple[Course, Homework, Mapping[str, Template]]:
    course = Course.load(root)
    homework = course.homework(name)
    found = templates(course, homework, experiment=experiment)
    return course, homework, {one.name: one for one in found}


@lru_cache(maxsize=4)
def _steps(root: Path, name: str, experiment: bool) -> Mapping[str, tuple[Step, ...]]:
    """What is done with each cell of each notebook in the two-kernel examination."""
    known = _context(root, name, experiment)[2]
    return {one.name: steps_of(one) for one in known.values()}


def process(job: Job) -> Outcome:
    """Check, run and score one submission.

    A submission that cannot be read comes back as ``rejected``. Whatever else goes wrong is ours
    and is raised.
    """
    course, homework, known = _context(job.course, job.homework, job.experiment)
    beside = course.source / homework.id
    given = given_files(beside)
    try:
        submission = receive(job.folder, known, homework, given=given)
    except Rejected as rejected:
        nothing = (score(one, one.graded, {}, handed_in=False) for one in known.values())
        return _outcome(job, Status.REJECTED, tuple(chain(*nothing)), error=str(rejected))
    furniture = Furniture(beside, submission.files)
    executed: dict[str, NotebookNode] = {}
    cells: list[CellResult] = []
    used: list[Usage] = []
    flags = submission.flags
    for name, rebuilt in submission.notebooks.items():
        moment(Moment.EXAMINE_BEGUN)
        examined = _examined(job, homework, known[name], rebuilt, furniture)
        moment(Moment.EXAMINE_DONE)
        executed[name] = examined.notebook
        cells += score(known[name], rebuilt.notebook, examined.evidence)
        used.append(examined.usage)
        flags += examined.flags
        moment(Moment.SCORED)
    for name in submission.missing:
        cells += score(known[name], known[name].graded, {}, handed_in=False)
    return _outcome(job, Status.GRADED, tuple(cells), notebooks=executed, flags=flags, used=used)


def _examined(
    job: Job, homework: Homework, one: Template, rebuilt: Rebuilt, furniture: Furniture
) -> Examined:
    """Run the notebook; the tests that need another hash seed than the rest, in kernels of that."""
    tests = {name: i for i, cell in enumerate(rebuilt.notebook.cells) if (name := test_id(cell))}
    apart: dict[int, set[str]] = defaultdict(set)
    for name, seed in homework.hash_seeds.items():
        if name in tests:
            apart[seed].add(name)
    others = frozenset(tests[name] for names in apart.values() for name in names)
    usual = homework.hash_seed if job.hash_seed is None else job.hash_seed
    examined = _sat(job, homework, one, rebuilt, furniture, usual, others)
    for seed, names in apart.items():
        rest = frozenset(index for name, index in tests.items() if name not in names)
        again = _sat(job, homework, one, rebuilt, furniture, seed, rest)
        examined = examined.taking(again, names)
    return examined


def _sat(
    job: Job,
    homework: Homework,
    one: Template,
    rebuilt: Rebuilt,
    furniture: Furniture,
    hash_seed: int,
    left_out: frozenset[int],
) -> Examined:
    """Run the notebook once; a second time where what kernels come from was lost."""
    terms, limits = job.terms, homework.limits
    source = zygote(Warm(homework.preloads, terms.threads, hash_seed), terms.mechanisms)
    steps: tuple[Step, ...] = ()
    if terms.isolation is Isolation.EXAMINER:
        known = _steps(job.course, job.homework, job.experiment)
        steps = schedule(known[one.name], rebuilt.origins)
    for attempt in range(1, TRIES + 1):
        try:
            with seats(source, terms, limits, furniture) as (seat, examiner):
                sitting = Sitting(source, seat, limits, examiner, steps, left_out, terms.watched)
                return examine(rebuilt.notebook, sitting)
        except (ZygoteLostError, ExaminerLostError):
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def _outcome(
    job: Job,
    status: Status,
    cells: tuple[CellResult, ...],
    *,
    error: str = "",
    notebooks: Mapping[str, NotebookNode] | None = None,
    flags: tuple[Flag, ...] = (),
    used: list[Usage] | None = None,
) -> Outcome:
    used = used or []
    return Outcome(
        student=job.student,
        status=status,
        error=error,
        cells=cells,
        notebooks=dict(notebooks or {}),
        flags=flags,
        usage=Usage(
            wall_s=sum(one.wall_s for one in used),
            cpu_s=sum(one.cpu_s for one in used),
            peak_rss_mb=max((one.peak_rss_mb for one in used), default=0.0),
        ),
        submitted=job.submitted,
        fingerprint=job.fingerprint,
    )
