"""A small real course for the tests of recording and reporting, and outcomes made by hand."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from grader.course import Course
from grader.gradebook import opened
from grader.outcome import Outcome
from grader.outline import Homework
from grader.record.journal import Journal
from grader.record.recorder import Recorder
from grader.results import CellResult, Flag, Reason, Status, Usage, Verdict
from grader.score import score
from grader.template import Role, Template, grade_id, part, points, role
from grader.versions import load

HW = "hw"
HIDDEN = "assert double(-21) == -42, 'double is wrong for negative numbers'"
OUTLINE = """
title = "A course"
[[homework]]
id = "hw"
order = 1
due = 2027-01-10T12:00:00Z
late = { per_day = 0.1, at_most = 0.5 }
"""
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "tiny"
"""


def _meta(name: str, *, grade: bool = False, solution: bool = False, worth: float = 0) -> dict:
    about = {
        "schema_version": 3,
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    return {"nbgrader": about | ({"points": worth} if grade else {})}


def _source() -> NotebookNode:
    test = "# numbers are doubled\nassert double(2) == 4, 'double(2) must be 4'\n" + (
        f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS"
    )
    return new_notebook(
        cells=[
            new_markdown_cell("# Homework\nRead this.", id="intro"),
            new_code_cell(
                "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
                id="double",
                metadata=_meta("double", solution=True),
            ),
            new_code_cell(test, id="t1", metadata=_meta("double-basic", grade=True, worth=2)),
            new_code_cell(
                "assert double('a') == 'aa', 'strings are doubled too'",
                id="t2",
                metadata=_meta("double-text", grade=True, worth=3),
            ),
            new_markdown_cell(
                "Your answer here.",
                id="w1",
                metadata=_meta("why-written", grade=True, solution=True, worth=5),
            ),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )


def copy_course(root: Path) -> Recorded:
    """A copy at ``root`` of the course, released; made once in a process, as that takes seconds."""
    shutil.copytree(Path(_made().name) / "course", root)
    return Recorded(root)


@cache
def _made() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    _make_course(Path(folder.name) / "course")
    return folder


def _make_course(root: Path) -> None:
    """Write the course below ``root`` and let nbgrader release its assignment."""
    folder = root / "source" / HW
    folder.mkdir(parents=True)
    nbformat.write(_source(), folder / "first.ipynb")
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "course.toml").write_text(OUTLINE)
    with opened(Course.load(root)):
        pass  # makes an empty gradebook
    result = api(root).generate_assignment(HW)
    assert result["success"], result


def api(root: Path) -> NbGraderAPI:
    """nbgrader's own view on the course: the one formgrader shows."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "tiny"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def nbgrader_export(course: Recorded) -> Path:
    """The marks of ``course`` as nbgrader itself exports them."""
    path = course.root / "theirs.csv"
    with course.gradebook() as book:
        CsvExportPlugin(to=str(path)).export(book)
    return path


class Recorded:
    """The course at ``root`` with everything a test needs to record in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.course = Course.load(root)
        self.homework: Homework = self.course.homework(HW)
        self.templates: list[Template] = [
            load(path, self.course.config) for path in self.course.notebooks(self.homework)
        ]

    def journal(self) -> Journal:
        return Journal(self.course, self.homework)

    def recorder(self, journal: Journal | None = None, *, wait_s: float = 10) -> Recorder:
        journal = journal or self.journal()
        return Recorder(self.course, self.homework, self.templates, journal, wait_s=wait_s)

    def record(self, *outcomes: Outcome) -> Journal:
        """Record ``outcomes`` and write results.json."""
        journal = self.journal()
        with self.recorder(journal) as recorder:
            for outcome in outcomes:
                recorder.record(replace(outcome, sandbox=("time",)))
        students = [result.student for result in journal.latest()]
        journal.summarize(students, engine="local", wall_s=2.5)
        return journal

    def gradebook(self) -> Gradebook:
        return Gradebook(self.course.db_url, "tiny")

    def kept(self, student: str, name: str = "first") -> NotebookNode:
        return nbformat.read(self.kept_path(student, name), as_version=4)

    def kept_path(self, student: str, name: str = "first") -> Path:
        return self.root / "autograded" / student / HW / f"{name}.ipynb"

    def give(self, student: str, name: str, **marks: float) -> None:
        """Set fields of one grade, as formgrader does when a person grades."""
        with self.gradebook() as book:
            grade = book.find_grade(name, "first", HW, student)
            for field, value in marks.items():
                setattr(grade, field, value)
            grade.needs_manual_grade = False
            book.db.commit()

    def rows(self) -> list[tuple[object, ...]]:
        """All that the gradebook says about submissions, without the random ids of its rows."""
        query = """
            select a.name, s.student_id, s.timestamp, n.name, sn.late_submission_penalty, c.name,
                   g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, null
            from grade g join base_cell c on c.id = g.cell_id
            join submitted_notebook sn on sn.id = g.notebook_id
            join notebook n on n.id = sn.notebook_id
            join submitted_assignment s on s.id = sn.assignment_id
            join assignment a on a.id = s.assignment_id
            union all
            select '', s.student_id, null, n.name, null, c.name, null, null, null, null,
                   coalesce(k.auto_comment, '') || '|' || coalesce(k.manual_comment, '')
            from comment k join base_cell c on c.id = k.cell_id
            join submitted_notebook sn on sn.id = k.notebook_id
            join notebook n on n.id = sn.notebook_id
            join submitted_assignment s on s.id = sn.assignment_id
            order by 1, 2, 4, 6
        """
        with sqlite3.connect(self.root / "gradebook.db") as base:
            rows = base.execute(query).fetchall()
            rows += [("student", *row) for row in base.execute("select id from student order by 1")]
        base.close()
        return rows

    # --- outcomes ---------------------------------------------------------------------------------

    def outcome(
        self,
        student: str,
        basic: float = 2,
        text: float = 3,
        *,
        answer: str = "Because two times two is four.",
        code: str = "def double(x):\n    return x + x",
        message: str = "",
        extra: tuple[NotebookNode, ...] = (),
        outputs: tuple[NotebookNode, ...] = (),
        submitted: datetime | None = datetime(2027, 1, 9, tzinfo=UTC),
        fingerprint: str = "f1",
    ) -> Outcome:
        """A graded submission; 0 points for a test stand for a failed assertion."""
        template = self.templates[0]
        notebook = nbformat.from_dict(template.graded)
        for cell in notebook.cells:
            if role(cell) is Role.SOLUTION:
                cell.source = code
                cell.outputs = list(outputs)
            elif role(cell) is Role.WRITTEN:
                cell.source = answer
            elif role(cell) is Role.TEST:
                cell.outputs = [new_output("error", ename="AssertionError", traceback=[HIDDEN])]
        notebook.cells.extend(extra)
        given = {"double-basic": basic, "double-text": text}
        return Outcome(
            student=student,
            status=Status.GRADED,
            fingerprint=fingerprint,
            cells=tuple(
                _cell(template, cell, given.get(grade_id(cell) or ""), message)
                for cell in template.graded.cells
                if points(cell)
            ),
            notebooks={template.name: notebook},
            flags=(Flag(kind="duplicate", detail="<b>two</b> cells t1"),),
            usage=Usage(wall_s=1.5, cpu_s=1.0, peak_rss_mb=120.0),
            submitted=submitted,
        )

    def rejected(self, student: str, error: str = "first.ipynb is not JSON.") -> Outcome:
        nothing = self.outcome(student, 0, 0)
        return replace(nothing, status=Status.REJECTED, error=error, notebooks={}, flags=())

    def missing(self, student: str) -> Outcome:
        nothing = score(self.templates[0], self.templates[0].graded, {}, handed_in=False)
        return replace(self.outcome(student, 0, 0), cells=nothing, notebooks={})


def _cell(template: Template, cell: NotebookNode, given: float | None, message: str) -> CellResult:
    name, most = grade_id(cell) or "", points(cell)
    lost = given is not None and given < most
    verdict = Verdict.MANUAL if given is None else Verdict.PASSED
    if lost:
        verdict = Verdict.PARTIAL if given else Verdict.FAILED
    return CellResult(
        notebook=template.name,
        grade_id=name,
        part=part(name),
        points=given or 0.0,
        max_points=most,
        verdict=verdict,
        reason=Reason.ASSERTION if verdict is Verdict.FAILED else None,
        message=(message or "double(2) must be 4") if lost else "",
    )
