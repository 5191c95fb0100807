"""One released course, graded by live ``nbgrader autograde`` and by ``grader grade``.

Each works on a copy of its own, started as a person starts it, and each one's marks are read from
the gradebook that it wrote.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from grader.course import Course
from grader.gradebook import opened
from grader.results import AssignmentResults, CellResult, SubmissionResult

BIN = Path(sys.executable).parent
TIMEOUT_S = 180.0  # for each submission, which may train, and for the start
ISOLATIONS = ("kernel", "examiner")

Edit = Callable[[NotebookNode], NotebookNode]


@dataclass(frozen=True)
class Mark:
    """What a gradebook says of one graded cell."""

    auto: float | None  # points given by the program, None where a person has to
    manual: bool  # whether a person has to look
    score: float  # what counts


@dataclass(frozen=True)
class Marks:
    """What a gradebook says of one student: each cell, by notebook and grade_id, and the sum."""

    cells: Mapping[tuple[str, str], Mark]
    score: float
    max_score: float

    def of(self, grade_id: str) -> float | None:
        """The automatic points of one cell."""
        return next(mark.auto for (_, name), mark in self.cells.items() if name == grade_id)


@dataclass(frozen=True)
class Run:
    """One program's run over a class: its exit status, what it said, the marks by student."""

    status: int
    said: str
    marks: Mapping[str, Marks]


@dataclass(frozen=True)
class OurRun(Run):
    """The same for ``grader grade``, with its results."""

    results: AssignmentResults

    def of(self, student: str) -> SubmissionResult:
        """The result of one student."""
        return next(one for one in self.results.submissions if one.student == student)

    def cell(self, student: str, grade_id: str) -> CellResult:
        """The result of one student's cell."""
        return next(cell for cell in self.of(student).cells if cell.grade_id == grade_id)


class SideBySide:
    """A released course with submissions. Each grading happens once, when it is asked for."""

    def __init__(self, course: Path, assignment: str, work: Path) -> None:
        self.course = course
        self.assignment = assignment
        self.work = work  # holds the graded copies, by the name of who graded them
        self._ours: dict[str, OurRun] = {}

    @cached_property
    def nbgrader(self) -> Run:
        """``nbgrader autograde`` of the whole class."""
        course = self._copy("nbgrader")
        words = ("autograde", self.assignment)
        done = run("nbgrader", *words, cwd=course, timeout_s=self._patience_s)
        said = done.stdout + done.stderr
        return Run(done.returncode, said, marks(course, self.assignment))

    def grader(self, isolation: str) -> OurRun:
        """``grader grade`` of the whole class under ``isolation``."""
        if isolation not in self._ours:
            course = self._copy(isolation)
            options = ("--isolation", isolation, "--sandbox", "best", "--workers", "1", "--json")
            words = ("grade", self.assignment, *options)
            done = run("grader", *words, cwd=course, timeout_s=self._patience_s)
            assert done.returncode == 0, done.stdout + done.stderr
            results = AssignmentResults.model_validate_json(done.stdout)
            found = marks(course, self.assignment)
            self._ours[isolation] = OurRun(done.returncode, done.stderr, found, results)
        return self._ours[isolation]

    @property
    def _patience_s(self) -> float:
        students = list((self.course / "submitted").iterdir())
        return TIMEOUT_S * (len(students) + 1)

    def _copy(self, name: str) -> Path:
        return Path(shutil.copytree(self.course, self.work / name, symlinks=True))


def run(
    program: str, *words: str, cwd: Path, timeout_s: float = 3 * TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """Start one of this environment's programs as a person does, with no settings of the user's."""
    own = cwd.parent / "jupyter"
    env = {
        **os.environ,
        "PATH": os.pathsep.join([os.fspath(BIN), os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": os.fspath(own / "config"),
        "JUPYTER_DATA_DIR": os.fspath(own / "data"),
        "JUPYTER_RUNTIME_DIR": os.fspath(own / "runtime"),
        "IPYTHONDIR": os.fspath(own / "ipython"),
        "PYTHONHASHSEED": "0",  # as in the grader's kernels
    }
    for name in ("COURSE_SECRET", "COURSEKIT_TEST_KEY"):
        env.pop(name, None)
    command = [BIN / program, *words]
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout_s
    )


def release(course: Path, assignment: str) -> None:
    """Let nbgrader release ``assignment``."""
    loaded = Course.load(course)
    with opened(loaded):
        pass  # makes an empty gradebook
    api = NbGraderAPI(CourseDirectory(config=loaded.config), config=loaded.config)
    result = api.generate_assignment(assignment)
    assert result["success"], result


def marks(course: Path, assignment: str) -> dict[str, Marks]:
    """Read the marks of ``assignment`` from the gradebook of ``course``, by student."""
    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db", "") as book:
        for submission in book.assignment_submissions(assignment):
            cells = {
                (notebook.name, grade.name): Mark(
                    grade.auto_score, grade.needs_manual_grade, grade.score
                )
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            found[submission.student.id] = Marks(cells, submission.score, submission.max_score)
    return found


def submit(course: Path, student: str, assignment: str, notebook: NotebookNode, name: str) -> Path:
    """Put ``notebook`` into the student's submission; return the submission's folder."""
    folder = course / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with the grade_id ``name``."""
    return next(c for c in notebook.cells if grade_id(c) == name)


def grade_id(one: NotebookNode) -> str | None:
    """The grade_id of a cell, None where it has none."""
    value = one.metadata.get("nbgrader", {}).get("grade_id")
    return value if isinstance(value, str) else None


def fill(**sources: str) -> Edit:
    """An edit that writes the given texts into the cells with these grade_ids."""

    def edit(notebook: NotebookNode) -> NotebookNode:
        for name, source in sources.items():
            cell(notebook, name).source = source
        return notebook

    return edit


def before(name: str, *made: NotebookNode | str) -> Edit:
    """An edit that puts cells of the student's own before the cell ``name``; text is code."""
    return _insert(name, made, 0)


def after(name: str, *made: NotebookNode | str) -> Edit:
    """An edit that puts cells of the student's own after the cell ``name``; text is code."""
    return _insert(name, made, 1)


def _insert(name: str, made: Iterable[NotebookNode | str], offset: int) -> Edit:
    def edit(notebook: NotebookNode) -> NotebookNode:
        index = notebook.cells.index(cell(notebook, name)) + offset
        cells: list[Any] = [new_code_cell(c) if isinstance(c, str) else c for c in made]
        if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
            for one in cells:
                one.pop("id", None)
        notebook.cells[index:index] = cells
        return notebook

    return edit


def edited(notebook: NotebookNode, *edits: Edit) -> NotebookNode:
    """A copy of ``notebook`` with every edit made in turn."""
    copy = nbformat.from_dict(notebook)
    for edit in edits:
        copy = edit(copy)
    return copy
