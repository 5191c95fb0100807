"""Collecting again, twice at once and after a kill: each submission stays whole."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from arrivals import HW, NOON, folder, made, only, tree
from grader.course import Course
from grader.errors import GraderError
from grader.intake import receipts, store
from grader.intake.collect import Outcome, collect
from grader.intake.flags import Kind
from intake_course import kinds


def test_a_newer_attempt_replaces_the_earlier_whole_and_keeps_it_aside(
    course: Course, tmp_path: Path
) -> None:
    collect(folder(tmp_path, {"jane/hw.ipynb": "1", "jane/a.csv": "1"}, "one"), course, HW)
    for text in ("2", "3"):
        report = collect(folder(tmp_path, {"jane/hw.ipynb": text}, text), course, HW)
        assert only(report).outcome is Outcome.REPLACED
    assert tree(course) == {
        "jane/hw/hw.ipynb": "3",
        ".earlier/hw/jane/1/hw.ipynb": "1",
        ".earlier/hw/jane/1/a.csv": "1",
        ".earlier/hw/jane/2/hw.ipynb": "2",
    }


def test_of_several_attempts_the_newest_is_taken_whole(course: Course, tmp_path: Path) -> None:
    old, new = (f"hw_jane_attempt_2027-01-0{day}-00-00-00_" for day in (1, 2))
    files = {f"{old}hw.ipynb": "old", f"{old}a.csv": "old", f"{new}hw.ipynb": "new"}
    collect(folder(tmp_path, files), course, HW)
    assert tree(course) == {"jane/hw/hw.ipynb": "new"}


def test_of_two_canvas_files_of_one_name_the_later_is_taken(course: Course, tmp_path: Path) -> None:
    files = {"roe_1_99_hw.ipynb": "old", "roe_LATE_1_100_hw.ipynb": "new"}
    report = collect(folder(tmp_path, files), course, HW)
    assert tree(course) == {"roe-1/hw/hw.ipynb": "new"}
    assert set(kinds(only(report))) == {Kind.LMS_LATE, Kind.REFUSED_FILE}


class Killed(BaseException):
    """What a process meets when it is killed: nothing of ours handles it."""


def test_a_killed_collector_leaves_no_half_of_anything(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector dies before each of its renames, syncs and new folders in turn."""
    one = folder(tmp_path, {"jane/hw.ipynb": "1", "jane/a.csv": "1"}, "one")
    two = folder(tmp_path, {"jane/hw.ipynb": "2", "jane/b.csv": "2", "bob/hw.ipynb": "b"}, "two")
    deaths = 0
    left = 0

    def dying(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*arguments, **options)

        return call

    for number in count():
        shutil.rmtree(course.submitted, ignore_errors=True)
        collect(one, course, HW, received=NOON)
        left = number
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(os, "fsync", dying(os.fsync))
            for name in ("rename", "replace", "mkdir", "rmdir"):
                patch.setattr(Path, name, dying(getattr(Path, name)))
            collect(two, course, HW)
        if left >= 0:
            break
        deaths += 1
        for student, wholes in {
            "jane": [{"hw.ipynb": "1", "a.csv": "1"}, {"hw.ipynb": "2", "b.csv": "2"}],
            "bob": [{"hw.ipynb": "b"}],
        }.items():
            place = course.submitted / student / "hw"
            if place.exists():
                files = [path for path in place.iterdir() if path.name != "timestamp.txt"]
                assert {path.name: path.read_text() for path in files} in wholes
        collect(two, course, HW)
        lying = tree(course)
        now = {name: text for name, text in lying.items() if not name.startswith(".earlier")}
        assert now == {"jane/hw/hw.ipynb": "2", "jane/hw/b.csv": "2", "bob/hw/hw.ipynb": "b"}
        assert lying[".earlier/hw/jane/1/hw.ipynb"] == "1"
        time = receipts.received(course, HW, "jane")
        assert time is not None and time > NOON
        assert not list(course.submitted.glob(".incoming*"))
    assert deaths > 20


def test_receipts_are_written_whole_or_not_at_all(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(folder(tmp_path, {"jane_hw.ipynb": "x"}), course, HW, received=NOON)
    before = receipts.load(course.submitted, "hw")
    with (course.submitted / receipts.FOLDER / "hw.json").open() as reader:
        receipts.save(course.submitted, "hw", receipts.Receipts())
        assert receipts.Receipts.model_validate_json(reader.read()) == before
    receipts.save(course.submitted, "hw", before)

    def dying(_: int) -> None:
        raise Killed

    monkeypatch.setattr(os, "fsync", dying)
    with suppress(Killed):
        receipts.save(course.submitted, "hw", receipts.Receipts())
    assert receipts.load(course.submitted, "hw") == before


def test_two_collectors_do_not_work_at_once(course: Course, tmp_path: Path) -> None:
    source = folder(tmp_path, {"jane_hw.ipynb": "x"})
    lock = FileLock(made(course.submitted / receipts.FOLDER) / "lock")
    with lock, pytest.raises(GraderError, match="Another collect is at work"):
        collect(source, course, HW)


def test_a_refused_attempt_leaves_the_earlier_in_place_and_is_noted(
    course: Course, tmp_path: Path
) -> None:
    collect(folder(tmp_path, {"jane/hw.ipynb": "1"}, "one"), course, HW, received=NOON)
    report = collect(folder(tmp_path, {"jane/work.zip": "PK"}, "two"), course, HW)
    assert only(report).outcome is Outcome.REFUSED
    assert tree(course) == {"jane/hw/hw.ipynb": "1"}
    receipt = receipts.load(course.submitted, "hw").students["jane"]
    assert receipt.received == NOON
    assert [flag.kind for flag in receipt.flags] == [Kind.IGNORED_FILE, Kind.REFUSED_ATTEMPT]


def test_a_refused_first_attempt_gets_an_empty_place_so_that_grading_reports_it(
    course: Course, tmp_path: Path
) -> None:
    report = collect(folder(tmp_path, {"jane/work.zip": "PK"}), course, HW)
    assert only(report).outcome is Outcome.REFUSED
    assert (course.submitted / "jane" / "hw").is_dir()
    assert tree(course) == {}


def test_a_stale_folder_of_a_killed_collector_is_cleared(course: Course, tmp_path: Path) -> None:
    made(course.submitted / ".incoming-x" / "hw")
    store.clear(course.submitted)
    assert list(course.submitted.iterdir()) == []
