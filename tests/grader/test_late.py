"""What plain nbgrader does in a course with our ``nbgrader_config.py``: marks and feedback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grader.course import Course
from grader.gradebook import opened
from grader.record.late import CourseLatePenalty
from grader.release.make import release
from release_course import cell, course, honest

REPOSITORY = Path(__file__).parents[2]
ROW = """points = 10
due = 2027-03-14T23:59:00Z
late = { per_day = 0.1, at_most = 0.25 }"""
EVIL = '<img src="x" onerror="steal()"><script>steal()</script>'
SUBMITTED = {  # student → the time of handing in, the points taken off 8
    "early": ("2027-03-14 20:00:00 UTC", None),
    "late": ("2027-03-16 03:00:00 UTC", 1.6),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A class that plain nbgrader graded and wrote feedback for, run from another folder."""
    root = tmp_path_factory.mktemp("course")
    config = (REPOSITORY / "nbgrader_config.py").read_text(encoding="utf-8")
    one = course(root, honest(), row=ROW, config=config)
    release(one, one.homework("hw1"))
    for student, (when, _) in SUBMITTED.items():
        folder = one.submitted / student / "hw1"
        shutil.copytree(one.release / "hw1", folder)
        (folder / "timestamp.txt").write_text(when)
        nb = nbformat.read(folder / "hw1.ipynb", as_version=4)
        nb.cells[2].source = "def add(a, b):\n    return a + b"
        nb.cells[4].source = f"Because `a < b`. {EVIL}"
        shown = "from IPython.display import HTML, SVG, Javascript, Markdown, display\n"
        for kind, text in (("HTML", EVIL), ("Markdown", EVIL), ("Javascript", "steal()")):
            shown += f"display({kind}({text!r}))\n"
        shown += "display(SVG('<svg onload=\"steal()\"></svg>'))"
        nb.cells.append(cell(shown, "show", "open"))
        nbformat.write(nb, folder / "hw1.ipynb")
    for converter in (Autograde, GenerateFeedback):
        config = Config()
        config.merge(one.config)
        config.CourseDirectory.assignment_id = "hw1"
        directory = CourseDirectory(config=config)
        tool = converter(coursedir=directory, config=config)
        if converter is GenerateFeedback:
            tool.exporter_class = HTMLExporter  # as nbgrader's own application does
        else:
            tool.create_student = True
        tool.start()
    yield one


@pytest.mark.parametrize("student", list(SUBMITTED))
def test_plain_nbgrader_takes_off_what_the_course_says(graded: Course, student: str) -> None:
    penalty = SUBMITTED[student][1]
    with opened(graded) as book:
        row = book.find_submission_notebook("hw1", "hw1", student)
        assert row.score == 8
        if penalty is None:
            assert row.late_submission_penalty is None
        else:
            assert row.late_submission_penalty == pytest.approx(penalty)
            seconds = row.assignment.total_seconds_late
            ours = graded.homework("hw1").late.penalty(row.score, seconds)
            assert ours == row.late_submission_penalty


@pytest.mark.parametrize(
    ("seconds", "penalty"), [(0, 0.0), (1, 0.8), (86_400, 0.8), (86_401, 1.6), (10**7, 2.0)]
)
def test_each_day_begun_counts_up_to_the_maximum(
    tmp_path: Path, seconds: int, penalty: float
) -> None:
    one = course(tmp_path, row=ROW, gradebook=False)
    step = AssignLatePenalties(config=one.config, plugin_class=CourseLatePenalty)
    step.assignment_id = "hw1"
    step.init_plugin()
    assert step.plugin_inst.late_submission_penalty("a", 8.0, seconds) == pytest.approx(penalty)


def _harmless(html: str) -> bool:
    low = html.lower()
    return not any(bad in low for bad in ("<script>steal", '<img src="x" onerror', "<svg onload"))


def test_feedback_shows_student_html_without_its_scripts(graded: Course) -> None:
    html = (graded.feedback / "early" / "hw1" / "hw1.html").read_text(encoding="utf-8")
    assert "Because <code>a &lt; b</code>." in html
    assert _harmless(html)


def test_formgrader_shows_student_html_without_its_scripts(graded: Course) -> None:
    config = Config()
    config.merge(graded.config)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    path = graded.autograded / "early" / "hw1" / "hw1.ipynb"
    resources = {"submission_id": "1", "base_url": "", "notebook_path": "", "index": 0, "total": 1}
    names = ("student", "last_name", "first_name", "assignment_id", "notebook_id")
    resources |= dict.fromkeys(names, "early")
    html, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    assert "Because <code>a &lt; b</code>." in html
    assert _harmless(html)
    del config.HTMLExporter.preprocessors, config.HTMLExporter.filters
    config.HTMLExporter.sanitize_html = False
    unsafe, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    assert not _harmless(unsafe)  # the check above can fail


def test_the_course_is_where_its_config_is_whatever_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # As nbgrader's own commands read the file; our Course sets the root itself.
    config = PyFileConfigLoader("nbgrader_config.py", path=str(REPOSITORY)).load_config()
    directory = CourseDirectory(config=config)
    source = Path(directory.format_path(directory.source_directory, ".", "hw1"))
    assert source.resolve() == REPOSITORY / "solutions" / "hw1"
