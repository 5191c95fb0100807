"""Whole runs that are hindered otherwise than by a kill, or done twice."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil

from faults.runs import Undisturbed, graded
from faults.small_class import STUDENTS, gradebook, state
from faults.strikes import Bench, Report, Strikes, strike
from faults.victims import Victim
from grader.moments import Moment
from recorded import HW


def test_grading_a_class_twice_gives_the_same(
    bench: Bench, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    root = tmp_path / "course"
    shutil.copytree(undisturbed.root, root)
    again = graded(bench, root, "--fresh", workers=2)
    assert again.status == 0 and len(again.reports) == len(undisturbed.run.reports)
    assert state(root) == undisturbed.state and bench.clean()


def test_a_worker_that_hangs_is_ended_at_its_deadline_with_all_it_started(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    """It is stopped while its kernels run; the next run grades what it had."""

    def stop(driver: psutil.Process, report: Report) -> None:
        if report.moment is Moment.TEST_SENT:
            strike(psutil.Process(report.pid), signal.SIGSTOP)

    before = gradebook(root)
    run = graded(bench, root, "--only", "ada", act=stop, deadline_s=20)
    assert run.status == 1, run.ended.said
    assert bench.clean()
    assert gradebook(root) == before
    [ada] = [one for one in state(root)["results"]["submissions"] if one["student"] == "ada"]
    assert (ada["status"], ada["error"]) == ("failed", "no result within 20 s")
    assert graded(bench, root).status == 0
    assert state(root) == undisturbed.state


def test_one_cells_regrade_that_is_killed_is_gone_on_with(
    bench: Bench, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    """The test has become one that nobody passes; all other points stay as they are."""
    only = ("--only", "double-basic")
    roots = [tmp_path / "undisturbed", tmp_path / "killed"]
    for root in roots:
        shutil.copytree(undisturbed.root, root)
        for student in STUDENTS[2:]:
            shutil.rmtree(root / "submitted" / student)
        source = root / "source" / HW / "first.ipynb"
        source.write_text(source.read_text().replace("double(-21) == -42", "double(-21) == 42"))
    assert graded(bench, roots[0], *only).status == 0
    kill = Strikes((Moment.LINE_HALF_WRITTEN, Victim.DRIVER), skip=1)
    assert graded(bench, roots[1], *only, act=kill).status == -9 and kill.landed()
    assert graded(bench, roots[1], *only).status == 0
    wanted = state(roots[0])
    assert [one["score"] for one in wanted["results"]["submissions"]] == [8, 3]
    assert state(roots[1]) == wanted and bench.clean()


def test_a_gradebook_that_stays_locked_is_a_message_and_the_next_run_goes_on(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    with closing(sqlite3.connect(root / "gradebook.db", check_same_thread=False)) as other:

        def lock(driver: psutil.Process, report: Report) -> None:
            if report.moment is Moment.RESULT_TAKEN:
                other.execute("begin exclusive")

        run = graded(bench, root, act=lock, wait_s=0.2)
        other.rollback()
    assert run.status == 2 and bench.clean()
    assert "locked" in run.ended.said and "again" in run.ended.said
    assert "Traceback" not in run.ended.said
    assert graded(bench, root, workers=2).status == 0
    assert state(root) == undisturbed.state
