"""What an instructor wants to know of a class, counted from its results."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from grader.results import CellResult, Reason, Status, SubmissionResult, Verdict

BINS = 10
MOST_COMMON = 12


@dataclass(frozen=True)
class Spread:
    """Some numbers, summed up."""

    least: float
    median: float
    mean: float
    most: float


@dataclass(frozen=True)
class Share:
    """How a cell or a part went: how many submissions passed, and the mean share of its points.

    ``passed``, ``partial``, ``failed`` and ``not_run`` count submissions; a part is passed where
    all its tests are. ``points`` is the mean over ``count`` submissions.
    """

    name: str
    count: int
    passed: int
    partial: int
    failed: int
    not_run: int
    points: float
    max_points: float


@dataclass(frozen=True)
class Failure:
    """One way to lose points, and how many submissions lost them so."""

    cell: str
    reason: Reason | None
    message: str
    count: int
    points: float


def final(result: SubmissionResult) -> float:
    """The submission's score after the late penalty, at least 0."""
    return max(0.0, result.score - result.late_penalty)


def points(cell: CellResult) -> float:
    """The cell's points as the gradebook counts them."""
    given = cell.points if cell.manual_points is None else cell.manual_points
    return given + (cell.extra_credit or 0.0)


def spread(values: Sequence[float]) -> Spread | None:
    """Minimum, median, mean and maximum of ``values``; None where there are none."""
    if not values:
        return None
    return Spread(min(values), statistics.median(values), statistics.fmean(values), max(values))


def histogram(results: Iterable[SubmissionResult]) -> tuple[int, ...]:
    """How many final scores lie in each tenth of the reachable points, full marks in the last."""
    counts = [0] * BINS
    for result in results:
        share = final(result) / result.max_score if result.max_score else 0.0
        counts[min(BINS - 1, int(share * BINS))] += 1
    return tuple(counts)


def by_part(results: Sequence[SubmissionResult]) -> list[Share]:
    """One row for each part, in the order of the notebook; written cells count by points only."""
    return _shares(results, lambda cell: cell.part)


def by_cell(results: Sequence[SubmissionResult]) -> list[Share]:
    """One row for each graded cell, in the order of the notebook."""
    return _shares(results, lambda cell: cell.grade_id)


def failures(results: Iterable[SubmissionResult]) -> list[Failure]:
    """The most common ways to lose points in a test, the commonest first."""
    lost: dict[tuple[str, Reason | None, str], list[float]] = {}
    for result in results:
        for cell in result.cells:
            if cell.verdict in (Verdict.FAILED, Verdict.PARTIAL, Verdict.NOT_RUN):
                key = (cell.grade_id, cell.reason, cell.message)
                lost.setdefault(key, []).append(cell.max_points - cell.points)
    found = [Failure(*key, count=len(each), points=sum(each)) for key, each in lost.items()]
    return sorted(found, key=lambda failure: -failure.count)[:MOST_COMMON]


def statuses(results: Iterable[SubmissionResult]) -> dict[Status, int]:
    """How many submissions ended in each way."""
    counts = Counter(result.status for result in results)
    return {status: counts[status] for status in Status}


def _shares(results: Sequence[SubmissionResult], key: Callable[[CellResult], str]) -> list[Share]:
    groups: dict[str, list[list[CellResult]]] = {}
    for result in results:
        own: dict[str, list[CellResult]] = {}
        for cell in result.cells:
            own.setdefault(key(cell), []).append(cell)
        for name, cells in own.items():
            groups.setdefault(name, []).append(cells)
    return [_share(name, group) for name, group in groups.items()]


def _share(name: str, group: list[list[CellResult]]) -> Share:
    verdicts = Counter(_together(cells) for cells in group)
    return Share(
        name=name,
        count=len(group),
        passed=verdicts[Verdict.PASSED],
        partial=verdicts[Verdict.PARTIAL],
        failed=verdicts[Verdict.FAILED],
        not_run=verdicts[Verdict.NOT_RUN],
        points=statistics.fmean(sum(map(points, cells)) for cells in group),
        max_points=sum(cell.max_points for cell in group[-1]),
    )


def _together(cells: list[CellResult]) -> Verdict:
    """One verdict for the tests among ``cells``; manual where a person grades them all."""
    tests = [cell for cell in cells if cell.verdict is not Verdict.MANUAL]
    verdicts = {cell.verdict for cell in tests}
    if not tests:
        return Verdict.MANUAL
    if len(verdicts) == 1:
        return verdicts.pop()
    return Verdict.PARTIAL if any(cell.points for cell in tests) else Verdict.FAILED
