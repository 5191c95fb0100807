"""What else can go wrong: no room, a lock, a torn line, an older gradebook, a stopped worker."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sqlite3
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from faults.marked import LATE, handed_in_again, marked, mixed, resume
from faults.small_class import state
from faults.strikes import PATIENCE_S, Listener, Report, strike
from faults.victims import RECORD
from grader.dispatch import local
from grader.errors import GraderError
from grader.moments import VARIABLE, Moment
from grader.record import files, journal, recorder
from grader.results import Status
from recorded import Recorded
from sandboxed import none_here
from small_work import work

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
SKIPPED = 77


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, object]:
    """The state after a run that nothing hindered."""
    course = marked(tmp_path / "undisturbed")
    resume(course)
    return state(course.root)


# --- no room --------------------------------------------------------------------------------------


def on_a_small_disk(folder: Path, megabytes: int, work: Callable[[], None]) -> None:
    """Run ``work`` in a process that sees a disk of its own at ``folder``; skip where it cannot."""
    folder.mkdir()
    user, group = os.getuid(), os.getgid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = SKIPPED if not _mounted(folder, megabytes, user, group) else 0
            if status == 0:
                work()
        except BaseException:
            status = 1
            traceback.print_exc()
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == SKIPPED:
        none_here("this machine gives us no mount namespace")
    assert status == 0, "see the traceback above"


def _mounted(folder: Path, megabytes: int, user: int, group: int) -> bool:
    libc = ctypes.CDLL(None)
    if user == 0:
        unshared = libc.unshare(CLONE_NEWNS) == 0
    else:
        unshared = libc.unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0
        if unshared:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    size = f"size={megabytes}m".encode()
    return (
        unshared
        and bool(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0)
        and bool(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, size) == 0)
    )


FULL = {  # what cannot be written next
    Moment.TRANSACTION_OPEN: "gradebook.db",
    Moment.GRADES_FLUSHED: "gradebook.db",
    Moment.PENALTIES_FLUSHED: "gradebook.db",
    Moment.COMMITTED: "first.ipynb",
    Moment.FILE_WRITTEN: "results.jsonl",  # the file only gets its name
    Moment.NOTEBOOKS_KEPT: "results.jsonl",
    Moment.LINE_HALF_WRITTEN: "results.jsonl",
    Moment.LINE_WRITTEN: "gradebook.db",  # of the next student
    Moment.LINE_SYNCED: "gradebook.db",
    Moment.SUMMARY_WRITTEN: "results.json ",  # with the marks as the gradebook has them
}


def test_a_disk_that_fills_at_any_moment_is_a_message_and_costs_nothing_but_time(
    tmp_path: Path, undisturbed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tuple(FULL) == RECORD
    disk = tmp_path / "disk"
    before, after = marked(tmp_path / "before"), Recorded(tmp_path / "undisturbed")

    def fill(name: Moment, wanted: Moment) -> None:
        with suppress(OSError), (disk / "filler").open("ab", buffering=0) as filler:
            while name is wanted:
                filler.write(b"x" * 512)

    def work() -> None:
        for wanted, file in FULL.items():
            for module in (files, journal, recorder):
                monkeypatch.setattr(module, "moment", partial(fill, wanted=wanted))
            course = marked(disk / "course")
            with pytest.raises(GraderError, match=file) as caught:
                resume(course)
            assert caught.value.remedy
            (disk / "filler").unlink()
            monkeypatch.undo()
            assert not mixed(course, before, after), wanted
            resume(course)
            assert state(course.root) == undisturbed, wanted
            assert not list(course.root.rglob("*.part")), wanted
            shutil.rmtree(course.root)

    on_a_small_disk(disk, 4, work)


# --- locks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["from the start", "between two students"])
def test_a_locked_gradebook_is_a_message_in_time_and_nothing_is_lost(
    tmp_path: Path, undisturbed: dict[str, object], when: str
) -> None:
    course = marked(tmp_path / "course")
    other = sqlite3.connect(course.root / "gradebook.db")
    outcomes = handed_in_again(course)
    if when == "from the start":
        other.execute("begin exclusive")
    with (
        pytest.raises(GraderError, match="locked") as caught,
        course.recorder(wait_s=0.1) as recorder,
    ):
        recorder.record(outcomes[0])
        other.execute("begin exclusive")
        recorder.record(outcomes[1])
    assert "again" in caught.value.remedy
    other.rollback()
    other.close()
    resume(course)
    assert state(course.root) == undisturbed


# --- a worker that stops --------------------------------------------------------------------------


def test_a_worker_that_stops_with_half_a_result_on_its_way_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped: list[psutil.Process] = []
    struck = threading.Event()

    def stop(report: Report) -> None:
        if (report.moment, report.nth) == (Moment.RESULT_HALF_SENT, 1):
            stopped.append(psutil.Process(report.pid))
            strike(stopped[0], signal.SIGSTOP)
            struck.set()

    def go_on() -> None:
        for worker in stopped:
            worker.send_signal(signal.SIGCONT)

    late = threading.Timer(PATIENCE_S, go_on)
    with TemporaryDirectory(dir="/tmp") as folder, Listener(Path(folder) / "ears") as listener:
        monkeypatch.setenv(VARIABLE, str(Path(folder) / "ears"))
        listener.listen(stop)
        results = local.run(["a", "b"], work, workers=2, deadline_s=600)
        late.start()
        next(results)
        assert struck.wait(PATIENCE_S)
        held = [worker.status() for worker in stopped]
        go_on()
        assert [did for _, did in results] and held == [psutil.STATUS_STOPPED]
        late.cancel()


# --- the journal and the gradebook, damaged or put back -------------------------------------------


def test_a_journal_torn_anywhere_in_its_last_line_is_gone_on_with(
    tmp_path: Path, undisturbed: dict[str, object]
) -> None:
    course = marked(tmp_path / "course")
    lines = course.journal().lines
    resume(course)
    whole = lines.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    for end in [last + 1, *range(last + 2, len(whole), 97), len(whole) - 1]:
        lines.write_bytes(whole[:end])
        resume(course)
        assert lines.read_bytes() == whole, end
        assert state(course.root) == undisturbed


AGAIN = {
    "scores": lambda course: course.outcome("ada", 1, fingerprint="f2"),
    "the time of submission": lambda course: replace(
        course.outcome("ada", 0, fingerprint="f2"), submitted=LATE
    ),
    "whether there is an answer": lambda course: course.outcome(
        "ada", 0, answer="YOUR ANSWER HERE", fingerprint="f2"
    ),
    "why it was rejected": lambda course: replace(
        course.rejected("ada", "another reason"), fingerprint="f2"
    ),
    "the student": lambda course: course.outcome("dan", fingerprint="f2"),
}


@pytest.mark.parametrize("what", AGAIN)
def test_an_older_gradebook_is_noticed_and_brought_up_to_date(tmp_path: Path, what: str) -> None:
    course = marked(tmp_path / "course")
    if what == "why it was rejected":
        course.record(course.rejected("ada", "one reason"))
    backup = tmp_path / "backup.db"
    shutil.copy(course.root / "gradebook.db", backup)
    outcomes = [AGAIN[what](course)]
    resume(course, outcomes)
    wanted, lines = state(course.root), course.journal().lines.read_bytes()
    resume(course, outcomes)
    assert course.journal().lines.read_bytes() == lines  # it is up to date
    shutil.copy(backup, course.root / "gradebook.db")
    resume(course, outcomes)
    assert state(course.root) == wanted


def test_a_folder_that_cannot_be_made_costs_its_own_submission_until_the_next_run(
    tmp_path: Path,
) -> None:
    course = marked(tmp_path / "course")
    (course.root / "autograded" / "dan").write_text("a file is in the way")
    dan, eve = (replace(course.outcome(name), sandbox=("time",)) for name in ("dan", "eve"))
    resume(course, [dan, eve])
    status = {one.student: one.status for one in course.journal().latest()}
    assert (status["dan"], status["eve"]) == (Status.FAILED, Status.GRADED)
    (course.root / "autograded" / "dan").unlink()
    resume(course, [dan, eve])
    assert {one.status for one in course.journal().latest()} == {Status.GRADED}
