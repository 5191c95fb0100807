"""Where marks differ from nbgrader's on purpose: each row of the table in docs/grading.md, live.

A case hands in right work but for one thing, and names the cells whose marks differ, as nbgrader
and as we mark them. All other cells have the same marks. Tests that cannot cross the boundary are
in a course of their own: right work loses them under ``--isolation examiner`` and nowhere else.
"""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from compatibility.boundary_cases import CROSSING_CELLS, CROSSING_ROWS, CROSSINGS
from compatibility.divergence_cases import CASES, CELLS, CONFIG, DOUBLE, FULL, SHARE, TWICE, twice
from compatibility.side_by_side import ISOLATIONS, Edit, SideBySide, edited, fill, release, submit
from grader.intake.flags import Kind
from release_course import notebook as notebook_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "grading.md"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("released") / "course"
    (root / "source" / "hw1").mkdir(parents=True)
    nbformat.write(notebook_of(CELLS), root / "source" / "hw1" / "hw1.ipynb")
    (root / "nbgrader_config.py").write_text(CONFIG)
    release(root, "hw1")
    return root


def _handed_out(root: Path) -> NotebookNode:
    return nbformat.read(root / "release" / "hw1" / "hw1.ipynb", as_version=4)


def _solved(handed_out: NotebookNode, *edits: Edit) -> NotebookNode:
    return edited(handed_out, fill(double=DOUBLE, share=SHARE, why="So."), *edits)


@pytest.fixture(scope="module")
def course(released: Path, tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("divergences")
    root, handed_out = shutil.copytree(released, work / "course"), _handed_out(released)
    for student, case in CASES.items():
        case.files(submit(root, student, "hw1", _solved(handed_out, *case.edits), "hw1"))
    return SideBySide(root, "hw1", work)


@pytest.mark.parametrize("student", CASES)
def test_nbgrader_marks_it_as_the_table_says(course: SideBySide, student: str) -> None:
    case = CASES[student]
    found = course.nbgrader.marks[student]
    assert {name: found.of(name) for name in FULL} == {**FULL, **case.theirs}
    complaint = f"There was an error processing assignment 'hw1' for student '{student}'"
    assert (complaint in course.nbgrader.said) == case.fails


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("student", CASES)
def test_we_mark_it_as_the_table_says(course: SideBySide, student: str, isolation: str) -> None:
    case, ours = CASES[student], course.grader(isolation)
    found = ours.of(student)
    assert found.status is case.status
    expected = {**FULL, **case.ours}
    assert {name: ours.marks[student].of(name) for name in FULL} == expected
    lost = {one.reason for one in found.cells if expected[one.grade_id] == 0 and one.reason}
    assert lost == ({case.reason} if case.reason else set())
    assert case.flag is None or case.flag in {one.kind for one in found.flags}


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_students_own_date_reaches_nbgraders_gradebook_and_not_ours(
    course: SideBySide, isolation: str
) -> None:
    assert course.nbgrader.marks and course.grader(isolation).marks
    dates: dict[str, datetime | None] = {}
    for name in ("nbgrader", isolation):
        with Gradebook(f"sqlite:///{course.work / name}/gradebook.db", "") as book:
            dates[name] = book.find_submission("hw1", "dates-itself").timestamp
    assert dates == {"nbgrader": datetime(2015, 2, 2, 15, 58, 23), isolation: None}


@pytest.fixture(scope="module")
def with_twice(released: Path, tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("twice")
    root, handed_out = shutil.copytree(released, work / "course"), _handed_out(released)
    for name in ("numbers", "double", "given"):
        submit(root, f"a-{name}-twice", "hw1", _solved(handed_out, twice(name)), "hw1")
    submit(root, "b-innocent", "hw1", _solved(handed_out), "hw1")
    return SideBySide(root, "hw1", work)


def test_one_cell_handed_in_twice_stops_nbgraders_whole_batch(with_twice: SideBySide) -> None:
    assert with_twice.nbgrader.status != 0
    assert "b-innocent" not in with_twice.nbgrader.marks


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_of_a_cell_handed_in_twice_we_take_the_first(
    with_twice: SideBySide, isolation: str
) -> None:
    ours = with_twice.grader(isolation)
    for student, found in ours.marks.items():
        assert {name: found.of(name) for name in FULL} == FULL, student
        flags = {flag.kind for flag in ours.of(student).flags}
        assert (Kind.DUPLICATE_CELL in flags) == (student != "b-innocent")


@pytest.fixture(scope="module")
def across(tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("across")
    root = work / "course"
    (root / "source" / "hw1").mkdir(parents=True)
    nbformat.write(notebook_of(CROSSING_CELLS), root / "source" / "hw1" / "hw1.ipynb")
    release(root, "hw1")
    works = {f"{name}-work": case.work for name, case in CROSSINGS.items()}
    submit(root, "right", "hw1", edited(_handed_out(root), fill(**works)), "hw1")
    return SideBySide(root, "hw1", work)


@pytest.mark.parametrize("name", CROSSINGS)
def test_where_a_process_is_shared_right_work_has_the_point(across: SideBySide, name: str) -> None:
    assert across.nbgrader.marks["right"].of(name) == 1
    assert across.grader("kernel").marks["right"].of(name) == 1


@pytest.mark.parametrize("name", CROSSINGS)
def test_over_the_boundary_it_loses_what_cannot_cross(across: SideBySide, name: str) -> None:
    ours = across.grader("examiner")
    assert ours.marks["right"].of(name) == 0
    assert ours.cell("right", name).reason is CROSSINGS[name].reason


def test_every_row_of_the_table_in_the_docs_is_shown_here_and_the_other_way_round() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## Where marks differ")[2]
    rows = re.findall(r"^\| ([^|]+) \|", table.partition("\n## ")[0], re.MULTILINE)
    assert set(rows) - {"case"} == {
        *(case.row for case in CASES.values()),
        *CROSSING_ROWS,
        TWICE,
    }
