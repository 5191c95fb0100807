"""The journal: a line is whole or not there, the newest counts, nothing is silently dropped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel

from grader.course import Course
from grader.errors import GraderError
from grader.record.journal import Journal
from grader.results import SCHEMA_VERSION, Status, SubmissionResult
from grader.sandbox.parts import PARTS


@pytest.fixture
def course(tmp_path: Path) -> Course:
    folder = tmp_path / "source" / "hw"
    folder.mkdir(parents=True)
    (folder / "first.ipynb").touch()
    return Course.load(tmp_path)


@pytest.fixture
def journal(course: Course) -> Journal:
    return reopened(course)


def reopened(course: Course) -> Journal:
    return Journal(course, course.homework("hw"))


def result(student: str, score: float = 1, fingerprint: str = "f1") -> SubmissionResult:
    return SubmissionResult(
        student=student,
        status=Status.GRADED,
        score=score,
        max_score=10,
        fingerprint=fingerprint,
    )


def summarize(journal: Journal) -> BaseModel:
    students = [one.student for one in journal.latest()]
    return journal.summarize(students, engine="local", wall_s=1.5)


def test_the_newest_line_of_a_student_counts(course: Course, journal: Journal) -> None:
    for one in (result("bob"), result("ada"), result("bob", 3, "f2")):
        journal.append(one)
    for each in (journal, reopened(course)):
        assert [one.student for one in each.latest()] == ["ada", "bob"]
        assert each.done("bob", "f1") is None
        assert each.done("bob", "f2") == result("bob", 3, "f2")
        assert each.done("cyd", "f1") is None
    assert len(journal.lines.read_text().splitlines()) == 3


def test_a_failed_submission_is_never_done(journal: Journal) -> None:
    journal.append(result("ada").model_copy(update={"status": Status.FAILED}))
    assert journal.done("ada", "f1") is None


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_torn_by_a_kill_costs_only_itself(
    course: Course, journal: Journal, cut: int
) -> None:
    journal.append(result("ada"))
    whole = journal.lines.read_bytes()
    journal.append(result("bob"))
    journal.lines.write_bytes(whole + journal.lines.read_bytes()[len(whole) :][:-cut])
    again = reopened(course)
    assert again.latest() == [result("ada")]
    again.append(result("cyd"))
    assert reopened(course).latest() == [result("ada"), result("cyd")]


def test_a_torn_line_longer_than_the_next_leaves_nothing_behind(
    course: Course, journal: Journal
) -> None:
    journal.append(result("ada"))
    with journal.lines.open("ab") as stream:
        stream.write(b'{"schema_version": 1, "student": "' + b"b" * 5000)
    again = reopened(course)
    again.append(result("cyd"))
    assert reopened(course).latest() == [result("ada"), result("cyd")]
    assert len(journal.lines.read_bytes().splitlines()) == 2


def test_results_json_is_what_the_lines_say(course: Course, journal: Journal) -> None:
    journal.append(result("bob", 2))
    journal.append(result("ada", 3))
    made = summarize(journal)
    assert reopened(course).read() == made
    data = json.loads(journal.summary.read_text())
    assert data["schema_version"] == SCHEMA_VERSION
    assert (data["assignment"], data["max_score"], data["wall_s"]) == ("hw", 10, 1.5)
    assert [one["student"] for one in data["submissions"]] == ["ada", "bob"]
    assert sorted(path.name for path in journal.summary.parent.iterdir()) == [
        "results.json",
        "results.jsonl",
    ]


def test_the_summary_promises_only_what_held_for_every_submission(journal: Journal) -> None:
    for student, parts in (("ada", PARTS), ("bob", PARTS), ("cyd", ("time", "output"))):
        journal.append(result(student).model_copy(update={"sandbox": parts}))
    summary = journal.summarize(["ada", "bob"], engine="local", wall_s=1)
    assert summary.trusted and summary.sandbox == PARTS
    summary = journal.summarize(["ada", "bob", "cyd"], engine="local", wall_s=1)
    assert not summary.trusted and summary.sandbox == ("output", "time")


def test_students_of_another_class_are_left_out_of_the_summary(journal: Journal) -> None:
    for student in ("ada", "bob"):
        journal.append(result(student))
    summary = journal.summarize(["ada"], engine="local", wall_s=1)
    assert [one.student for one in summary.submissions] == ["ada"]
    assert [one.student for one in journal.latest()] == ["ada", "bob"]


def test_results_before_grading_are_a_message(journal: Journal) -> None:
    with pytest.raises(GraderError, match="not been graded") as caught:
        journal.read()
    assert "grader grade hw" in caught.value.remedy


DAMAGE = {
    b"not json\n": "line 2: Expecting",
    b"[1]\n": "line 2: not an object",
    b'{"schema_version": 1, "student": "bob"}\n': "line 2: status",
    b'{"student": "bob"}\n': "no schema version",
    b'{"schema_version": 2, "mystery": 1}\n': "newer grader",
    b"\xff\xfe\n": "line 2",
}


@pytest.mark.parametrize("line", DAMAGE)
def test_a_line_that_cannot_be_read_is_a_message_and_stays(
    course: Course, journal: Journal, line: bytes
) -> None:
    journal.append(result("ada"))
    with journal.lines.open("ab") as stream:
        stream.write(line)
    before = journal.lines.read_bytes()
    with pytest.raises(GraderError, match=DAMAGE[line]) as caught:
        reopened(course)
    assert "move" in caught.value.remedy
    assert journal.lines.read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 2}', '{"schema_version": 1}', "é"])
def test_a_summary_that_cannot_be_read_is_a_message(journal: Journal, text: str) -> None:
    journal.append(result("ada"))
    summarize(journal)
    journal.summary.write_bytes(text.encode("latin-1"))
    with pytest.raises(GraderError, match=r"results\.json"):
        journal.read()


def test_a_folder_that_cannot_be_written_is_a_message(course: Course, journal: Journal) -> None:
    course.reports.write_text("a file where the folder should be")
    with pytest.raises(GraderError, match="cannot be written"):
        journal.append(result("ada"))
    with pytest.raises(GraderError, match="cannot be written"):
        summarize(journal)


def test_a_deleted_journal_starts_anew(course: Course, journal: Journal) -> None:
    journal.append(result("ada"))
    shutil.rmtree(course.reports)
    assert reopened(course).latest() == []
