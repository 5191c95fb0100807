"""The whole way, as `make grade` goes it: sixteen submissions, each with the outcome it must have.

Real commands on a copy of the course: release, grade, gradebook, nbgrader's export, resume. The
homework's experiment, which trains for ten seconds a submission, is left out but for the nightly
tests; `grader verify` runs it for the reference and an alternative on every push.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.course import Course
from grader.results import AssignmentResults, Status, SubmissionResult, Verdict
from one_homework import ROOT, lay_out
from sample_class import Sample, build

HW = "hw1_tokenizer"
BIN = Path(sys.executable).parent
WITHOUT = "without the experiment"
WHOLE = "the whole homework"
CELL_S = 20  # for a cell that does not train: the sample that loops without end is over sooner


def lay_out_course(root: Path, homework: str) -> None:
    if homework == WHOLE:
        lay_out(root, HW, experiment=True)
    else:
        lay_out(root, HW, experiment=False, cell_s=CELL_S)


def grader(*words: str | Path, course: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "grader", *map(str, words), "--course", str(course)],
        capture_output=True,
        text=True,
        timeout=540,
        cwd=course.parent,
    )


@dataclass(frozen=True)
class Class:
    homework: str
    course: Path
    folder: Path
    samples: list[Sample]
    results: AssignmentResults

    def of(self, student: str) -> SubmissionResult:
        return next(one for one in self.results.submissions if one.student == student)


@pytest.fixture(scope="module", params=[WITHOUT, pytest.param(WHOLE, marks=pytest.mark.nightly)])
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Class:
    base = tmp_path_factory.mktemp("class")
    root, folder = base / "course", base / "submitted"
    lay_out_course(root, request.param)
    course = Course.load(root)
    made = build(course, course.homework(HW), folder)
    assert grader("release", HW, course=root).returncode == 0
    run = grader("grade", HW, "--submitted", folder, "--json", course=root)
    assert run.returncode == 0, run.stderr
    results = AssignmentResults.model_validate_json(run.stdout)
    return Class(request.param, root, folder, made, results)


def test_the_class_has_at_least_twelve_submissions_and_all_have_an_outcome(graded: Class) -> None:
    assert len(graded.samples) >= 12
    assert {one.student for one in graded.results.submissions} == {
        one.student for one in graded.samples
    }
    assert not [one for one in graded.results.submissions if one.status is Status.FAILED]


def test_each_sample_gets_the_outcome_it_must_have(graded: Class) -> None:
    for sample in graded.samples:
        got, must = graded.of(sample.student), sample.expected
        assert got.status is must.status, sample.student
        tests = [cell for cell in got.cells if cell.verdict is not Verdict.MANUAL]
        lost = {cell.part for cell in tests if cell.points < cell.max_points}
        reasons = {cell.reason for cell in got.cells if cell.reason is not None}
        if must.lost is None:
            assert got.score == 0, sample.student
        else:  # the experiment runs on the student's own parts, so it may fall with one of them
            also = {"experiment"} if must.lost else set()
            assert must.lost <= lost <= must.lost | also, (sample.student, lost)
        assert must.reasons <= reasons, sample.student
        if must.flagged:
            assert got.flags, sample.student
        if must.status is Status.REJECTED:
            assert got.error, sample.student


def test_the_gradebook_and_nbgraders_export_agree_with_the_results(graded: Class) -> None:
    with Gradebook(f"sqlite:///{graded.course}/gradebook.db", "") as book:
        for one in graded.results.submissions:
            row = book.find_submission(HW, one.student)
            assert row.score == one.score, one.student
            assert row.max_score == one.max_score
            auto = {grade.name: grade.auto_score for nb in row.notebooks for grade in nb.grades}
            for cell in one.cells:
                if cell.verdict is not Verdict.MANUAL:
                    assert auto[cell.grade_id] == cell.points, (one.student, cell.grade_id)
    run = subprocess.run(
        [BIN / "nbgrader", "export", "--to", "marks.csv"],
        cwd=graded.course,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    with (graded.course / "marks.csv").open() as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == {
        one.student: one.score - one.late_penalty for one in graded.results.submissions
    }


def test_grading_again_grades_nothing_and_says_the_same(graded: Class) -> None:
    run = grader("grade", HW, "--submitted", graded.folder, "--json", course=graded.course)
    assert run.returncode == 0, run.stderr
    again = AssignmentResults.model_validate_json(run.stdout)
    assert again.submissions == graded.results.submissions


def _handed_in(folder: Path, page: Path) -> str:
    """The text of the cells behind ``page``: a student may write a line that a test has too."""
    student = next(part for part in page.parts if part.startswith("sample-"))
    path = folder / student / HW / f"{HW}.ipynb"
    try:
        cells = json.loads(path.read_text())["cells"]
    except (OSError, ValueError):
        return ""
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_no_hidden_test_stands_in_what_a_student_or_formgrader_sees(graded: Class) -> None:
    grader("feedback", HW, course=graded.course)
    source = json.loads((ROOT / "solutions" / HW / f"{HW}.ipynb").read_text())
    hidden: set[str] = set()
    for cell in source["cells"]:
        text = "".join(cell["source"])
        if "### BEGIN HIDDEN TESTS" in text:
            region = text.split("### BEGIN HIDDEN TESTS")[1].split("### END HIDDEN TESTS")[0]
            lines = {line.strip() for line in region.splitlines() if len(line.strip()) > 30}
            hidden |= {line for line in lines if line[0] not in "\"'f"}  # not a message's words
    public = "".join(
        "".join(c["source"]) for c in source["cells"] if "HIDDEN TESTS" not in "".join(c["source"])
    )
    hidden = {line for line in hidden if line not in public}
    assert len(hidden) > 20
    pages = [
        *graded.course.glob("autograded/**/*.ipynb"),
        *graded.course.glob("feedback/**/*.html"),
    ]
    assert len(pages) >= 20
    for page in pages:
        text = page.read_text()
        if page.suffix == ".ipynb":
            text = "\n".join(
                "".join(c["source"]) + json.dumps(c.get("outputs", ""))
                for c in json.loads(text)["cells"]
            )
        own = _handed_in(graded.folder, page)
        assert not [line for line in hidden if line in text and line not in own], page


def test_a_killed_run_resumes_and_ends_as_an_undisturbed_one(graded: Class, tmp_path: Path) -> None:
    root, few = tmp_path / "course", tmp_path / "few"
    lay_out_course(root, graded.homework)
    for one in graded.samples[:4]:
        shutil.copytree(graded.folder / one.student, few / one.student, symlinks=True)
    assert grader("release", HW, course=root).returncode == 0
    driver = subprocess.Popen(
        [BIN / "grader", "grade", HW, "--submitted", few, "--json", "--course", root],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    journal = root / "reports" / HW / "results.jsonl"
    while driver.poll() is None and not (journal.exists() and journal.read_text().count("\n") >= 2):
        pass
    assert driver.poll() is None, "the run ended before it could be killed"
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    run = grader("grade", HW, "--submitted", few, "--json", course=root)
    assert run.returncode == 0, run.stderr
    resumed = AssignmentResults.model_validate_json(run.stdout)
    marks = {one.student: (one.status, one.score) for one in resumed.submissions}
    assert marks == {
        one.student: (one.status, one.score)
        for one in graded.results.submissions
        if one.student in marks
    }
    assert len(marks) == 4
