"""Evidence → points. Fail closed: a point needs positive evidence, and nothing here raises."""

from __future__ import annotations

from collections.abc import Mapping

from nbformat import NotebookNode

from grader.examine.evidence import Evidence, Value
from grader.moments import Moment, moment
from grader.results import CellResult, Reason, Verdict
from grader.template import Role, Template, grade_id, meta, part, points, role

_NOT_RUN = Evidence(False, started=False, reason=Reason.NOT_RUN, message="not run")


def score(
    template: Template,
    rebuilt: NotebookNode,
    evidence: Mapping[str, Evidence],
    *,
    handed_in: bool = True,
) -> tuple[CellResult, ...]:
    """The points of every graded cell of ``template``, in the notebook's order.

    ``rebuilt`` is the submission's notebook and ``evidence`` that of its test cells by grade_id.
    A test counts only where its evidence says that it completed: then its value is its points,
    or all of them where it has no value. True counts all points and False none (nbgrader gives
    all for both). Written cells and tasks wait for a person, but an unchanged answer is worth 0,
    as in nbgrader. Where nothing was ``handed_in``, every cell is worth 0 and is not run.
    """
    answers = {name: cell.source for cell in rebuilt.cells if (name := grade_id(cell))}
    results = []
    for cell in template.released.cells:
        name = grade_id(cell)
        if name is None or not (meta(cell).get("grade") or meta(cell).get("task")):
            continue
        found = _Result(template.name, name, points(cell))
        try:
            if not handed_in:
                results.append(found.lost(_NOT_RUN))
            elif role(cell) is Role.TEST and cell.cell_type == "code":
                results.append(_test(found, evidence.get(name, _NOT_RUN)))
            else:
                unanswered = role(cell) is Role.WRITTEN and answers.get(name) == cell.source
                message = "not answered" if unanswered else ""
                results.append(found.make(0.0, Verdict.MANUAL, message=message))
        except Exception as error:  # one odd cell must not stop a class
            results.append(found.internal(error))
        moment(Moment.CELL_SCORED)
    return tuple(results)


class _Result:
    """Makes the results of one cell."""

    def __init__(self, notebook: str, name: str, most: float) -> None:
        self._notebook = notebook
        self._name = name
        self.most = most

    def make(
        self, gained: float, verdict: Verdict, reason: Reason | None = None, message: str = ""
    ) -> CellResult:
        return CellResult(
            notebook=self._notebook,
            grade_id=self._name,
            part=part(self._name),
            points=gained,
            max_points=self.most,
            verdict=verdict,
            reason=reason,
            message=message,
        )

    def lost(self, evidence: Evidence) -> CellResult:
        reason = evidence.reason or Reason.INTERNAL
        verdict = Verdict.FAILED if evidence.started else Verdict.NOT_RUN
        return self.make(0.0, verdict, reason, evidence.message)

    def internal(self, error: Exception) -> CellResult:
        message = f"the grader could not score this cell ({type(error).__name__})"
        return self.make(0.0, Verdict.FAILED, Reason.INTERNAL, message)


def _test(found: _Result, evidence: Evidence) -> CellResult:
    if evidence.completed is not True or evidence.reason is not None:
        return found.lost(evidence)
    gained = _points(evidence.value, found.most)
    if gained is None:
        message = f"the cell's value is not a number from 0 to {found.most:g}"
        return found.make(0.0, Verdict.FAILED, Reason.NOT_PLAIN, message)
    if gained >= found.most:
        return found.make(found.most, Verdict.PASSED)
    message = "part of this test passed" if gained else "the test gave no points"
    verdict = Verdict.PARTIAL if gained else Verdict.FAILED
    return found.make(gained, verdict, Reason.ASSERTION, message)


def _points(value: Value, most: float) -> float | None:
    """What ``value`` is worth of ``most`` points; None where it is not a grade."""
    if value is None or value is True:
        return most
    if value is False:
        return 0.0
    if type(value) not in (int, float) or not 0 <= value <= most:  # nan is neither
        return None
    return float(value)
