"""The notebooks that nbgrader's own test suite grades, where they are installed with it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import nbgrader
import pytest

from compatibility.side_by_side import SideBySide, release

FILES = Path(nbgrader.__file__).parent / "tests" / "apps" / "files"
SOURCES = {  # notebooks of the assignment, and the files that they are made from
    "p1": "submitted-unchanged",
    "hidden": "test-hidden-tests",
    "file": "open_relative_file",
    "auto": "autotest-multi",
    "autohidden": "autotest-hidden",
}
SUBMISSIONS = {
    "unchanged": {"p1": "submitted-unchanged", "auto": "autotest-multi-unchanged"},
    "changed": {"p1": "submitted-changed", "auto": "autotest-multi-changed"},
    "locked-cell-changed": {"p1": "submitted-locked-cell-changed", "file": "open_relative_file"},
    "grade-cell-changed": {
        "p1": "submitted-grade-cell-changed",
        "autohidden": "autotest-hidden-unchanged",
    },
    "cheat": {"p1": "submitted-cheat-attempt", "autohidden": "autotest-hidden-changed-wrong"},
    "cheat-alternative": {
        "p1": "submitted-cheat-attempt-alternative",
        "autohidden": "autotest-hidden-changed-right",
    },
    "hidden": {"hidden": "test-hidden-tests"},
}
# What nbgrader's tests expect of the notebooks p1, hidden and autohidden.
KNOWN = {
    "unchanged": 1,
    "changed": 2,
    "cheat": 1,
    "cheat-alternative": 2,
    "grade-cell-changed": 1,
    "hidden": 1.5,
}
# Cells that have another mark under `--isolation examiner`, and that mark.
NO_NAME = {("p1", "bar"): 0.0}  # its solution is the bare stub, which binds no name to test
DELETES = {("hidden", "sum_of_squares_uses_squares"): 0.0}  # a name in the student's namespace
DIFFERENT: Mapping[str, Mapping[tuple[str, str], float]] = {"changed": NO_NAME, "hidden": DELETES}

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="nbgrader's tests are not installed")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("notebooks")
    root = work / "course"
    folders: dict[Path, Mapping[str, str]] = {root / "source" / "ps1": SOURCES}
    for student, notebooks in SUBMISSIONS.items():
        folders[root / "submitted" / student / "ps1"] = notebooks
    for folder, notebooks in folders.items():
        folder.mkdir(parents=True)
        for name, file in notebooks.items():
            shutil.copy(FILES / f"{file}.ipynb", folder / f"{name}.ipynb")
    shutil.copy(FILES / "data.txt", root / "source" / "ps1")
    shutil.copy(FILES / "jupyter.png", root / "source" / "ps1")
    shutil.copy(FILES / "autotests.yml", root)
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ClearSolutions.code_stub = {'python': '# YOUR CODE HERE'}\n"
    )
    release(root, "ps1")
    return SideBySide(root, "ps1", work)


def test_nbgrader_gives_the_marks_that_its_own_tests_expect(course: SideBySide) -> None:
    assert course.nbgrader.status == 0, course.nbgrader.said
    found = {
        student: sum(
            mark.score
            for (notebook, _), mark in course.nbgrader.marks[student].cells.items()
            if notebook in ("p1", "hidden", "autohidden")
        )
        for student in KNOWN
    }
    assert found == KNOWN


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_in_one_kernel_every_cell_has_nbgraders_mark(course: SideBySide, student: str) -> None:
    assert course.grader("kernel").marks[student] == course.nbgrader.marks[student]


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_across_the_boundary_every_other_cell_has_nbgraders_mark(
    course: SideBySide, student: str
) -> None:
    theirs = course.nbgrader.marks[student].cells
    expected = {name: mark.score for name, mark in theirs.items()} | DIFFERENT.get(student, {})
    ours = course.grader("examiner").marks[student].cells
    assert {name: mark.score for name, mark in ours.items()} == expected
