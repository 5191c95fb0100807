"""From evidence to points: nothing without evidence, and nothing that stops a class."""

from __future__ import annotations

import math
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade

from grader.examine.evidence import Evidence
from grader.results import CellResult, Reason, Verdict
from grader.score import score
from grader.template import Template
from small_notebooks import graded_cell

PASSED = Evidence(True)


def _written(name: str, source: str, **about: Any) -> NotebookNode:
    cell = new_markdown_cell(source)
    cell.metadata = graded_cell(name, "", 3, **about).metadata
    return cell


def _template() -> Template:
    notebook = new_notebook(
        cells=[
            graded_cell("sort-basic", "assert sort([2, 1]) == [1, 2]", 2),
            graded_cell("sort-code", "raise NotImplementedError()", 1, solution=True, locked=False),
            _written("why-written", "YOUR ANSWER HERE", solution=True, locked=False),
            _written("free-task", "Add cells below.", task=True, grade=False),
            _written("seen", "A person looks at this."),
            graded_cell("given", "x = 1", 0, grade=False),
        ]
    )
    return Template("book", notebook, notebook, notebook)


TEMPLATE = _template()


def _score(evidence: Evidence | None, **answers: str) -> dict[str, CellResult]:
    rebuilt = nbformat.from_dict(TEMPLATE.graded)
    for cell in rebuilt.cells:
        cell.source = answers.get(cell.metadata.nbgrader.grade_id.replace("-", "_"), cell.source)
    known = {} if evidence is None else {"sort-basic": evidence}
    return {one.grade_id: one for one in score(TEMPLATE, rebuilt, known)}


@pytest.mark.parametrize(
    ("value", "points", "verdict"),
    [
        (None, 2, Verdict.PASSED),
        (True, 2, Verdict.PASSED),
        (2, 2, Verdict.PASSED),
        (2.0, 2, Verdict.PASSED),
        (0.5, 0.5, Verdict.PARTIAL),
        (1, 1, Verdict.PARTIAL),
        (False, 0, Verdict.FAILED),
        (0, 0, Verdict.FAILED),
        (-0.0, 0, Verdict.FAILED),
    ],
)
def test_a_completed_test_is_worth_its_value(value: Any, points: float, verdict: Verdict) -> None:
    found = _score(Evidence(True, value))["sort-basic"]
    assert (found.points, found.verdict, found.part) == (points, verdict, "sort")
    assert (found.reason is None) == (verdict is not Verdict.FAILED) or found.reason


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, -0.001, -1, 2.001, 3, 10**400, "2", [2], 2 + 0j],
)
def test_a_value_that_is_no_grade_is_worth_nothing(value: Any) -> None:
    found = _score(Evidence(True, value))["sort-basic"]
    assert (found.points, found.verdict) == (0, Verdict.FAILED)
    assert found.reason is Reason.NOT_PLAIN and found.message


def test_a_test_without_evidence_is_worth_nothing() -> None:
    found = _score(None)["sort-basic"]
    assert (found.points, found.verdict, found.reason) == (0, Verdict.NOT_RUN, Reason.NOT_RUN)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_test_that_did_not_complete_is_worth_nothing(reason: Reason) -> None:
    for value in (None, True, 2):
        found = _score(Evidence(False, value, reason, "so it is"))["sort-basic"]
        assert (found.points, found.verdict) == (0, Verdict.FAILED)
        assert (found.reason, found.message) == (reason, "so it is")


def test_a_test_after_the_kernels_end_is_not_run() -> None:
    found = _score(Evidence(False, started=False, reason=Reason.CANDIDATE_LOST))["sort-basic"]
    assert (found.verdict, found.reason) == (Verdict.NOT_RUN, Reason.CANDIDATE_LOST)


def test_contradictory_evidence_is_worth_nothing() -> None:
    assert _score(Evidence(True, 2, Reason.TIMEOUT))["sort-basic"].points == 0
    assert _score(Evidence(False))["sort-basic"].reason is Reason.INTERNAL
    assert _score(Evidence("yes", 2))["sort-basic"].points == 0  # type: ignore[arg-type]


def test_evidence_of_no_known_kind_is_our_fault_and_stops_nothing() -> None:
    found = _score("passed")  # type: ignore[arg-type]
    assert found["sort-basic"].points == 0
    assert found["sort-basic"].reason is Reason.INTERNAL
    assert len(found) == 5


def test_written_cells_and_tasks_wait_for_a_person() -> None:
    found = _score(PASSED, why_written="Because.", sort_code="def sort(x): ...")
    manual = {"sort-code", "why-written", "free-task", "seen"}
    assert {name for name, one in found.items() if one.verdict is Verdict.MANUAL} == manual
    assert all(found[name].points == 0 and not found[name].message for name in manual)
    assert found["why-written"].max_points == 3


def test_an_unchanged_answer_is_named_as_nbgrader_would() -> None:
    found = _score(PASSED)
    unanswered = {name for name, one in found.items() if one.message == "not answered"}
    assert unanswered == {"sort-code", "why-written"}
    from nbgrader.preprocessors import ComputeChecksums

    checked, _ = ComputeChecksums().preprocess(nbformat.from_dict(TEMPLATE.graded), {})
    automatic = {
        cell.metadata.nbgrader.grade_id
        for cell in checked.cells
        if cell.metadata.nbgrader.solution and determine_grade(cell)[0] == 0
    }
    assert unanswered == automatic


def test_nothing_handed_in_is_worth_nothing_and_not_run() -> None:
    results = score(TEMPLATE, TEMPLATE.graded, {"sort-basic": PASSED}, handed_in=False)
    assert {(one.points, one.verdict, one.reason) for one in results} == {
        (0.0, Verdict.NOT_RUN, Reason.NOT_RUN)
    }


def test_results_come_in_the_notebooks_order_for_graded_cells_only() -> None:
    assert list(_score(PASSED)) == ["sort-basic", "sort-code", "why-written", "free-task", "seen"]
