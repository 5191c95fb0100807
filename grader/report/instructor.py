"""``reports/<homework>/index.html``: how the class did, and whether the marks can be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from grader.course import Course
from grader.moments import Moment, moment
from grader.outline import Homework
from grader.record.files import write_atomic
from grader.record.journal import Journal
from grader.record.marks import refresh, undecided
from grader.record.places import feedback_in, kept_in
from grader.report import statistics
from grader.report.pages import page
from grader.report.words import ISOLATION, PARTS, REASONS
from grader.results import Flag, Status, SubmissionResult, Verdict

INDEX = "index.html"


@dataclass(frozen=True)
class Link:
    """A file beside the report: its address relative to the report, and its name."""

    address: str
    name: str


@dataclass(frozen=True)
class Row:
    """One submission in the table."""

    result: SubmissionResult
    final: float
    passed: int
    tests: int
    undecided: bool
    notebooks: tuple[Link, ...]
    feedback: tuple[Link, ...]


@dataclass(frozen=True)
class FlagGroup:
    """Flags of one kind, with the students that have them."""

    kind: str
    flags: tuple[tuple[str, Flag], ...]


def write(course: Course, homework: Homework) -> Path:
    """Write the report of the last grading, with marks as the gradebook has them now.

    Raises :class:`grader.errors.GraderError` where the homework has not been graded.
    """
    results = refresh(course, homework, Journal(course, homework).read())
    waiting = undecided(course, homework)
    folder = course.reports / homework.id
    counted = [one for one in results.submissions if one.status is not Status.FAILED]
    graded = [one for one in counted if one.status is Status.GRADED]
    used = [one.usage for one in graded]
    isolation, gaps = ISOLATION[results.isolation]
    text = page(
        "instructor.html",
        title=homework.title or homework.id,
        results=results,
        statuses=statistics.statuses(results.submissions),
        scores=statistics.spread([statistics.final(one) for one in counted]),
        histogram=statistics.histogram(counted),
        parts=statistics.by_part(graded),
        cells=statistics.by_cell(graded),
        failures=statistics.failures(graded),
        wall=statistics.spread([use.wall_s for use in used]),
        memory=statistics.spread([use.peak_rss_mb for use in used]),
        processor=statistics.spread([use.cpu_s for use in used]),
        limits=homework.limits,
        flags=_flags(results.submissions),
        rows=[
            _row(course, homework, one, folder, bool(waiting.get(one.student)))
            for one in results.submissions
        ],
        isolation=isolation,
        gaps=gaps,
        in_force=[(name, words) for name, words in PARTS.items() if name in results.sandbox],
        lacking=[(name, words) for name, words in PARTS.items() if name not in results.sandbox],
        reasons=REASONS,
    )
    path = folder / INDEX
    write_atomic(path, text)
    moment(Moment.PAGE_WRITTEN)
    return path


def _row(
    course: Course, homework: Homework, result: SubmissionResult, folder: Path, waits: bool
) -> Row:
    names = dict.fromkeys(cell.notebook for cell in result.cells)
    tests = [cell for cell in result.cells if cell.verdict is not Verdict.MANUAL]
    kept = kept_in(course, homework, result.student)
    feedback = feedback_in(course, homework, result.student)
    return Row(
        result=result,
        final=statistics.final(result),
        passed=sum(cell.verdict is Verdict.PASSED for cell in tests),
        tests=len(tests),
        undecided=waits,
        notebooks=_links((kept / f"{name}.ipynb" for name in names), folder),
        feedback=_links((feedback / f"{name}.html" for name in names), folder),
    )


def _links(paths: Iterable[Path], folder: Path) -> tuple[Link, ...]:
    """Links from the report in ``folder`` to those of ``paths`` that exist."""
    return tuple(
        Link(quote(Path(os.path.relpath(path, folder)).as_posix()), path.stem)
        for path in paths
        if path.exists()
    )


def _flags(results: Iterable[SubmissionResult]) -> list[FlagGroup]:
    groups: dict[str, list[tuple[str, Flag]]] = {}
    for result in results:
        for flag in result.flags:
            groups.setdefault(flag.kind, []).append((result.student, flag))
    return [FlagGroup(kind, tuple(flags)) for kind, flags in sorted(groups.items())]
