"""The driver killed at every moment of recording: after resuming, all is as if it had not been.

The outcomes are made by hand here, so that every single moment can be tried; whole runs, with
workers and kernels, are killed in ``test_kills.py``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from faults.marked import handed_in_again, marked, mixed, resume
from faults.small_class import state
from faults.victims import RECORD
from grader.moments import Moment
from grader.record import files, journal, recorder
from recorded import Recorded


def in_a_child(work: Callable[[], None]) -> int:
    """The exit status of ``work`` in a forked process; of what that holds nothing is cleaned up."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(course: Recorded, count: int, monkeypatch: pytest.MonkeyPatch) -> Moment | None:
    """Record, and be killed at moment number ``count``; None where there is no such moment."""
    note = course.root.parent / "note"
    note.unlink(missing_ok=True)
    left = count

    def moment(name: Moment) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            note.write_text(name)
            os.kill(os.getpid(), 9)

    def work() -> None:
        for module in (files, journal, recorder):
            monkeypatch.setattr(module, "moment", moment)
        resume(course)
        os._exit(0)

    status = in_a_child(work)
    assert status == (-9 if note.exists() else 0)
    return Moment(note.read_text()) if note.exists() else None


def test_a_kill_at_any_moment_of_recording_leaves_no_trace_after_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = marked(tmp_path / "undisturbed")
    resume(undisturbed)
    before, wanted = marked(tmp_path / "before"), state(undisturbed.root)
    seen, count = [], 1
    while name := killed_at(found := marked(tmp_path / f"{count}"), count, monkeypatch):
        seen.append(name)
        assert not mixed(found, before, undisturbed), (count, name)
        resume(found)
        assert state(found.root) == wanted, (count, name)
        assert not list(found.root.rglob("*.part")), (count, name)
        count += 1
    assert set(seen) == set(RECORD) and len(seen) > 20


def test_a_run_killed_at_every_moment_in_turn_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One class, killed again and again, each time later in what is left to do."""
    undisturbed = marked(tmp_path / "undisturbed")
    resume(undisturbed)
    found = marked(tmp_path / "found")
    count = 0
    while count < 20 and killed_at(found, count := count + 1, monkeypatch):
        pass
    resume(found)
    assert state(found.root) == state(undisturbed.root)


def test_half_a_line_is_on_the_disk_when_a_kill_comes_in_its_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = marked(tmp_path / "found")
    whole = found.journal().lines.read_bytes()
    count = 1
    while killed_at(found, count, monkeypatch) is not Moment.LINE_HALF_WRITTEN:
        shutil.rmtree(found.root)
        found = marked(tmp_path / "found")
        count += 1
    torn = found.journal().lines.read_bytes()
    assert torn.startswith(whole) and not torn.endswith(b"\n") and len(torn) > len(whole) + 100
    resume(found)
    lines = found.journal().lines.read_text().splitlines()
    assert [json.loads(line)["student"] for line in lines] == ["ada", "bob", "cyd"] * 2


def test_a_line_is_synced_before_the_run_goes_on_and_after_the_gradebook_and_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill does not show what a power cut would: that the order of writes is the disk's too."""
    found = marked(tmp_path / "found")
    synced: list[tuple[str, int]] = []
    fsync = os.fsync

    def spy(handle: int) -> None:
        fsync(handle)
        synced.append((str(Path(f"/proc/self/fd/{handle}").readlink()), os.fstat(handle).st_size))

    monkeypatch.setattr(os, "fsync", spy)
    with found.recorder(book := found.journal()) as writer:
        writer.record(handed_in_again(found)[0])
    names = [Path(name).name for name, _ in synced]
    kept = next(i for i, name in enumerate(names) if name.startswith(".first.ipynb."))
    assert names[kept + 1 :] == ["hw", "results.jsonl"]  # the notebook's folder, then the line
    assert synced[-1] == (str(book.lines), book.lines.stat().st_size)
    with found.gradebook() as base:
        assert base.db.execute(text("pragma synchronous")).scalar() == 2  # FULL: a commit is synced
