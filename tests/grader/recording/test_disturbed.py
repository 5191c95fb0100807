"""Recording that is killed, fails or is locked out: gradebook, notebook and journal agree."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from grader.errors import GraderError
from grader.record import recorder as record_module
from grader.record.journal import Journal
from grader.results import Status
from recorded import HW, Recorded

STEPS = {
    "before the commit": "_result",
    "before the notebook": "write_atomic",
    "before the journal": "append",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_killed_at_any_step_resumes_to_the_same_gradebook(
    course: Recorded, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = course.outcome("ada", 0)
    second = course.outcome("ada", 2, 1, fingerprint="f2")
    course.record(first)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(course.root, undisturbed)
    Recorded(undisturbed).record(second)

    owner = {"_result": record_module.Recorder, "append": Journal}.get(STEPS[step], record_module)
    child = os.fork()
    if child == 0:  # nothing is cleaned up here, as after a SIGKILL
        monkeypatch.setattr(owner, STEPS[step], lambda *_: os._exit(9))
        course.record(second)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    journal = course.journal()
    assert journal.done("ada", "f2") is None
    with course.recorder(journal) as recorder:
        old = journal.done("ada", "f1")
        assert old is not None
        assert recorder.holds(old) is (step == "before the commit")
    course.record(second)
    assert course.rows() == Recorded(undisturbed).rows()
    for path in ("autograded/ada/hw/first.ipynb", f"reports/{HW}/results.json"):
        assert (course.root / path).read_text() == (undisturbed / path).read_text()
    assert not list(course.root.rglob("*.part"))


def test_an_error_in_the_middle_leaves_no_half_written_submission(course: Recorded) -> None:
    course.record(course.outcome("ada"))
    before = course.rows()
    wrong = course.outcome("bob")
    not_a_number = wrong.cells[1].model_copy(update={"points": float("nan")})
    journal = course.record(replace(wrong, cells=(wrong.cells[0], not_a_number)))
    assert course.rows() == before
    assert not course.kept_path("bob").exists()
    result = journal.latest()[1]
    assert (result.student, result.status, result.score) == ("bob", Status.FAILED, 0)
    assert "double-text" in result.error


def test_a_failure_to_record_one_does_not_stop_the_next(course: Recorded) -> None:
    broken = replace(course.outcome("bob"), notebooks={"first": {"cells": [{}]}})
    journal = course.record(broken, course.outcome("cyd"))
    assert [one.status for one in journal.latest()] == [Status.FAILED, Status.GRADED]


def test_our_failure_leaves_earlier_marks_alone(course: Recorded) -> None:
    course.record(course.outcome("ada"))
    before = course.rows()
    failed = replace(
        course.outcome("ada", fingerprint="f2"), status=Status.FAILED, cells=(), notebooks={}
    )
    journal = course.record(failed)
    assert course.rows() == before
    result = journal.read().submissions[0]
    assert (result.status, result.score) == (Status.FAILED, 5)
    assert journal.done("ada", "f2") is None


@pytest.mark.parametrize("kind", ["outcome", "rejected", "missing"])
def test_what_was_recorded_is_not_graded_again(course: Recorded, kind: str) -> None:
    journal = course.record(getattr(course, kind)("ada"))
    course.give("ada", "why-written", manual_score=1)
    with course.recorder(course.journal()) as recorder:
        assert recorder.holds(journal.latest()[0])
        shutil.rmtree(course.kept_path("ada").parent)
        assert not recorder.holds(journal.latest()[0])


def test_a_deleted_gradebook_row_is_noticed(course: Recorded) -> None:
    journal = course.record(course.outcome("ada"))
    with course.gradebook() as book:
        book.remove_submission(HW, "ada")
    with course.recorder(journal) as recorder:
        assert not recorder.holds(journal.latest()[0])


def test_a_locked_gradebook_is_a_message_and_nothing_is_lost(course: Recorded) -> None:
    base = sqlite3.connect(course.root / "gradebook.db")
    journal = course.journal()
    with (
        pytest.raises(GraderError, match="locked") as caught,
        course.recorder(journal, wait_s=0.1) as recorder,
    ):
        base.execute("begin immediate")
        recorder.record(course.outcome("ada"))
    assert "again" in caught.value.remedy
    base.rollback()
    base.close()
    assert not journal.latest() and not course.kept_path("ada").exists()
    course.record(course.outcome("ada"))


def test_two_runs_of_one_homework_do_not_write_at_once(course: Recorded) -> None:
    with (
        course.recorder(),
        pytest.raises(GraderError, match="Another run"),
        course.recorder(),
    ):
        pass


def test_a_homework_that_was_not_released_is_a_message(course: Recorded) -> None:
    with course.gradebook() as book:
        book.remove_assignment(HW)
    with pytest.raises(GraderError, match="does not know") as caught, course.recorder():
        pass
    assert f"grader release {HW}" in caught.value.remedy


def test_a_stale_release_is_a_message(course: Recorded) -> None:
    with course.gradebook() as book:
        book.find_grade_cell("double-text", "first", HW).max_score = 4
        book.db.commit()
    with pytest.raises(GraderError, match="double-text"), course.recorder():
        pass


def test_a_file_that_is_no_gradebook_is_a_message(course: Recorded) -> None:
    (course.root / "gradebook.db").write_text("hello, this is not a database at all" * 99)
    with pytest.raises(GraderError, match="cannot be used"), course.recorder():
        pass


@pytest.mark.parametrize("student", ["..", "a/b", "", "back\\slash", "bad\udcff"])
def test_a_name_that_no_folder_can_bear_costs_only_its_own_submission(
    course: Recorded, student: str
) -> None:
    with course.recorder() as recorder:
        failed = recorder.record(course.outcome(student))
        lost = recorder.record(replace(course.outcome(student), status=Status.FAILED))
        assert recorder.record(course.outcome("ann")).score == 5
    assert failed.status is lost.status is Status.FAILED
    assert "Rename its folder" in failed.error
    assert "\udcff" not in failed.student
    assert {row[1] for row in course.rows()} == {"ann"}
    assert [one.student for one in course.journal().latest()] == sorted(["ann", failed.student])


@pytest.mark.parametrize("kind", ["outcome", "rejected"])
def test_a_deleted_kept_notebook_is_noticed(course: Recorded, kind: str) -> None:
    journal = course.record(getattr(course, kind)("ada"))
    course.kept_path("ada").unlink()
    with course.recorder(journal) as recorder:
        assert not recorder.holds(journal.latest()[0])


def test_the_homeworks_lock_is_held_from_its_first_moment_to_the_end(
    course: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivals: list[FileLock] = []

    class Contested(FileLock):
        """A lock that another run takes as soon as it is free."""

        def release(self, force: bool = False) -> None:
            super().release(force)
            rivals.append(FileLock(self.lock_file, timeout=0))
            rivals[-1].acquire()

    monkeypatch.setattr(record_module, "FileLock", Contested)
    with course.recorder() as recorder:
        assert not rivals
        assert recorder.record(course.outcome("ada")).score == 5
    rivals[0].release()
