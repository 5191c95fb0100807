"""A worker's way with one submission: kernels of the right kind, and folders that hide the rest."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from grader import grade, template
from grader.course import Course
from grader.errors import GraderError
from grader.outcome import Outcome
from grader.pipeline import Job, Pipeline
from grader.results import Isolation, Reason, Status
from grader.sandbox.confine import Mechanism
from grader.sandbox.probe import probe
from grader.seating import Terms
from grader.versions import templates
from release_course import cell, course
from sandboxed import none_here

SEED = "import os\nassert os.environ['PYTHONHASHSEED'] == '{}' and hashes()[0] == hash('bridge')"
CELLS = [
    cell(
        "### BEGIN SOLUTION\nimport os\n\n\ndef hashes():\n"
        "    return [hash('bridge'), os.environ['PYTHONHASHSEED']]\n### END SOLUTION",
        "a-solution",
        "solution",
    ),
    cell("STATE = []", "a-given"),
    cell(SEED.format(0) + "\nSTATE.append(1)", "a-usual", "test", 2),
    cell(SEED.format(7) + "\nassert not STATE", "a-other", "test", 3),
]


def handed_in(one: Course, folder: Path, solution: str = "") -> Path:
    """The instructor's own solution, or another, as a student hands it in."""
    [known] = templates(one, one.homework("hw1"))
    notebook = nbformat.from_dict(known.released)
    for mine, theirs in zip(notebook.cells, known.source.cells, strict=True):
        if template.role(theirs) is template.Role.SOLUTION:
            mine.source = solution or theirs.source
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "hw1.ipynb")
    return folder


@pytest.mark.parametrize("isolation", Isolation)
def test_a_test_can_ask_for_another_hash_seed(tmp_path: Path, isolation: Isolation) -> None:
    row = "points = 5\nhash_seeds = { 'a-other' = 7 }"
    one = course(tmp_path / "course", CELLS, row=row, gradebook=False)
    homework = one.homework("hw1")
    grade_one = Pipeline(homework, tuple(templates(one, homework)), one.source / "hw1")
    job = Job(
        student="ada",
        folder=handed_in(one, tmp_path / "ada"),
        submitted=None,
        fingerprint="",
        terms=Terms(isolation, key="public", threads=1),
    )
    outcome = grade_one(job)
    assert isinstance(outcome, Outcome) and outcome.status is Status.GRADED
    assert {c.grade_id: c.points for c in outcome.cells} == {"a-usual": 2, "a-other": 3}


KILLED = """
import os, resource


def hashes():
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))  # the kernel kills what passes it
    while True:
        pass
"""


def test_who_has_itself_killed_every_time_is_graded_as_it_is(tmp_path: Path) -> None:
    """It looks like a kill from outside, and is tried again for that, once."""
    mechanisms = probe().mechanisms
    if Mechanism.NAMESPACES not in mechanisms:
        none_here("this host has no namespaces to give")
    one = course(tmp_path / "course", CELLS, gradebook=False)
    homework = one.homework("hw1")
    job = Job(
        student="ada",
        folder=handed_in(one, tmp_path / "ada", KILLED),
        submitted=None,
        fingerprint="",
        terms=Terms(Isolation.EXAMINER, "public", 1, mechanisms),
    )
    outcome = Pipeline(homework, tuple(templates(one, homework)), one.source / "hw1")(job)
    assert outcome.status is Status.GRADED
    assert [(c.points, c.reason) for c in outcome.cells] == [(0, Reason.CANDIDATE_LOST)] * 2


def test_a_course_where_student_code_must_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    one = course(tmp_path / "course", CELLS, gradebook=False)
    handed_in(one, one.submitted / "ada" / "hw1")
    with pytest.raises(GraderError, match="student code has to read"):
        grade.grade(one, one.homework("hw1"))
