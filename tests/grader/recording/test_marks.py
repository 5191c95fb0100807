"""Marks: gradebook, results and formgrader agree, and a person's marks stay."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.record.marks import refresh
from recorded import HW, Recorded, api, copy_course, nbgrader_export


def test_results_export_and_formgrader_agree_to_the_point(course: Recorded) -> None:
    late = datetime(2027, 1, 12, 11, tzinfo=UTC)  # two days begun
    journal = course.record(
        course.outcome("ada"),
        course.outcome("bob", 0, 1.5, answer="YOUR ANSWER HERE"),
        course.outcome("cyd", 2, 3, submitted=late),
        course.rejected("dan"),
        course.missing("eve"),
    )
    results = {one.student: one for one in journal.read().submissions}
    assert {name: one.score for name, one in results.items()} == {
        "ada": 5, "bob": 1.5, "cyd": 5, "dan": 0, "eve": 0,
    }  # fmt: skip
    assert results["cyd"].late_penalty == pytest.approx(1.0)
    with nbgrader_export(course).open() as stream:
        exported = {row["student_id"]: row for row in csv.DictReader(stream)}
    shown = {row["student"]: row for row in api(course.root).get_submissions(HW)}
    assert set(exported) == set(shown) == set(results)
    for name, one in results.items():
        assert float(exported[name]["raw_score"]) == one.score == shown[name]["score"]
        assert float(exported[name]["late_submission_penalty"]) == one.late_penalty
        assert float(exported[name]["max_score"]) == one.max_score == shown[name]["max_score"]
    assert {name for name in shown if shown[name]["needs_manual_grade"]} == {"ada", "cyd"}
    assert shown["ada"]["timestamp"] == "2027-01-09T00:00:00"
    notebooks = api(course.root).get_notebook_submissions(HW, "first")
    assert {row["student"] for row in notebooks} == {"ada", "bob", "cyd", "dan"}


def test_manual_marks_survive_a_regrade_and_are_marked_for_review(course: Recorded) -> None:
    course.record(course.outcome("ada", 0))
    course.give("ada", "why-written", manual_score=4, extra_credit=1)
    course.give("ada", "double-basic", manual_score=1.5)
    with course.gradebook() as book:
        book.find_comment("double", "first", HW, "ada").manual_comment = "nearly"
        book.db.commit()
    journal = course.record(course.outcome("ada", 2, fingerprint="f2"))
    result = journal.read().submissions[0]
    assert result.score == 1.5 + 3 + 4 + 1
    cells = {cell.grade_id: cell for cell in result.cells}
    assert (cells["why-written"].manual_points, cells["why-written"].extra_credit) == (4, 1)
    assert cells["double-basic"].points == 2 and cells["double-basic"].manual_points == 1.5
    with course.gradebook() as book:
        grades = {g.name: g for g in book.find_submission(HW, "ada").notebooks[0].grades}
        assert grades["double-basic"].auto_score == 2
        assert grades["double-basic"].needs_manual_grade
        assert grades["why-written"].needs_manual_grade
        assert not grades["double-text"].needs_manual_grade
        assert book.find_comment("double", "first", HW, "ada").comment == "nearly"


def test_marks_a_person_gave_later_are_read_from_the_gradebook(course: Recorded) -> None:
    journal = course.record(course.outcome("ada"))
    course.give("ada", "why-written", manual_score=4.5)
    fresh = refresh(course.course, course.homework, journal.read())
    assert fresh.submissions[0].score == 9.5
    assert fresh.submissions[0].cells[2].manual_points == 4.5


def test_an_untouched_answer_gets_nbgraders_comment_and_no_points(course: Recorded) -> None:
    stub = course.templates[0].released.cells[1].source
    course.record(course.outcome("ada", 0, 0, code=stub, answer="YOUR ANSWER HERE"))
    with course.gradebook() as book:
        for name in ("double", "why-written"):
            assert book.find_comment(name, "first", HW, "ada").comment == "No response."
        grade = book.find_grade("why-written", "first", HW, "ada")
        assert grade.auto_score == 0 and not grade.needs_manual_grade
    course.record(course.outcome("ada"))
    with course.gradebook() as book:
        assert book.find_comment("double", "first", HW, "ada").comment is None


def test_a_rejected_submission_shows_its_reason_to_the_grader(course: Recorded) -> None:
    course.record(course.rejected("dan", "first.ipynb: <script>bad</script>"))
    with course.gradebook() as book:
        assert "<script>" in book.find_comment("double", "first", HW, "dan").comment
        assert book.find_comment("why-written", "first", HW, "dan").comment == "No response."
    note = course.kept("dan").cells[0].source
    assert "```text\nfirst.ipynb: <script>bad</script>\n```" in note


def test_a_notebook_that_is_no_longer_handed_in_is_no_longer_kept(course: Recorded) -> None:
    course.record(course.outcome("ada"))
    assert course.kept_path("ada").exists()
    course.record(course.missing("ada"))
    assert not course.kept_path("ada").exists()


def test_without_an_outline_the_courses_own_late_plugin_decides(tmp_path: Path) -> None:
    root = copy_course(tmp_path / "plain").root
    (root / "course.toml").unlink()
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    course = Recorded(root)
    with course.gradebook() as book:
        book.update_or_create_assignment(HW, duedate="2027-01-01")
    journal = course.record(course.outcome("ada"))
    assert journal.read().submissions[0].late_penalty == 5


def test_a_late_penalty_goes_with_the_time_that_caused_it(course: Recorded) -> None:
    late = datetime(2027, 1, 12, 11, tzinfo=UTC)
    assert course.record(course.outcome("ada", submitted=late)).latest()[0].late_penalty == 1
    assert course.record(course.outcome("ada", submitted=None)).latest()[0].late_penalty == 0
