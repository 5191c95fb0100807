"""One submission's way through a worker: intake → examine → score. Nothing is recorded here."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path

from nbformat import NotebookNode

from coursekit.assets import cache
from coursekit.seeds import KEY_VARIABLE
from grader import template
from grader.course import Course, Homework
from grader.examine.run import examine
from grader.intake.receive import given_files, receive
from grader.intake.submission import Rejected, Submission
from grader.outcome import Outcome
from grader.results import CellResult, Flag, Status, Usage
from grader.score import score
from grader.scratch import Scratch
from grader.template import Template

EXPERIMENT = "experiment"


@dataclass(frozen=True)
class Job:
    """What a worker needs to grade one submission; it crosses to the worker as plain data."""

    course: Path
    homework: str
    student: str
    folder: Path
    submitted: datetime | None
    fingerprint: str
    key: str
    threads: int
    watched: bool = True  # False under `--sandbox off`
    experiment: bool = True  # False leaves out the cells tagged `experiment`
    hash_seed: int | None = None  # instead of the homework's


def templates(course: Course, homework: Homework, *, experiment: bool = True) -> list[Template]:
    """The notebooks of ``homework``, with or without the cells tagged ``experiment``."""
    loaded = [template.load(path, course.config) for path in course.notebooks(homework)]
    return loaded if experiment else [one.without(EXPERIMENT) for one in loaded]


@lru_cache(maxsize=4)
def _context(
    root: Path, name: str, experiment: bool
) -> tuple[Course, Homework, Mapping[str, Template]]:
    course = Course.load(root)
    homework = course.homework(name)
    found = templates(course, homework, experiment=experiment)
    return course, homework, {one.name: one for one in found}


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
    executed: dict[str, NotebookNode] = {}
    cells: list[CellResult] = []
    used: list[Usage] = []
    for name, rebuilt in submission.notebooks.items():
        notebook = rebuilt.notebook
        with Scratch() as scratch:
            _furnish(scratch.path, beside, submission)
            examined = examine(
                notebook,
                limits=homework.limits,
                workdir=scratch.path,
                env=_environment(job, homework),
                watched=job.watched,
            )
        executed[name] = examined.notebook
        cells += score(known[name], notebook, examined.evidence)
        used.append(examined.usage)
    for name in submission.missing:
        cells += score(known[name], known[name].graded, {}, handed_in=False)
    return _outcome(
        job, Status.GRADED, tuple(cells), notebooks=executed, flags=submission.flags, used=used
    )


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


def _furnish(workdir: Path, beside: Path, submission: Submission) -> None:
    """Put the instructor's files, then the student's allowed ones, into the working folder."""
    for path in submission.files:
        target = workdir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(submission.files[path], target, follow_symlinks=False)
    shutil.copytree(
        beside,
        workdir,
        ignore=shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints"),
        dirs_exist_ok=True,
    )


def _environment(job: Job, homework: Homework) -> dict[str, str]:
    hash_seed = homework.hash_seed if job.hash_seed is None else job.hash_seed
    return {
        KEY_VARIABLE: job.key,
        cache.CACHE_VARIABLE: str(cache.folder()),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONHASHSEED": str(hash_seed),
        "OMP_NUM_THREADS": str(job.threads),
    }
