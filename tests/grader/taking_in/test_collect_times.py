"""When a submission came: what says so, and what does not."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from arrivals import HW, NOON, folder, only, tree, zipped
from grader.course import Course
from grader.errors import GraderError
from grader.intake import receipts
from grader.intake.collect import Outcome, collect
from grader.intake.flags import Kind
from intake_course import kinds


def test_a_given_time_counts_before_all_others(course: Course, tmp_path: Path) -> None:
    source = folder(tmp_path, {"hw_jane_attempt_2027-01-01-00-00-00_hw.ipynb": "x"})
    collect(source, course, HW)
    assert receipts.received(course, HW, "jane") == datetime(2027, 1, 1, tzinfo=UTC)
    report = collect(source, course, HW, received=NOON)
    assert only(report).outcome is Outcome.UNCHANGED
    assert receipts.received(course, HW, "jane") == NOON
    stamp = (course.submitted / "jane" / "hw" / "timestamp.txt").read_text()
    assert stamp == "2021-03-01 12:00:00.000000 UTC"


def test_no_file_and_no_archive_says_when_it_came(course: Course, tmp_path: Path) -> None:
    old = (1999, 1, 1, 0, 0, 0)
    members = [
        (zipfile.ZipInfo("jane/hw.ipynb", old), "x"),
        (zipfile.ZipInfo("jane/timestamp.txt", old), "1999-01-01 00:00:00 UTC"),
    ]
    before = datetime.now(UTC)
    report = collect(zipped(tmp_path, members), course, HW)
    received = receipts.received(course, HW, "jane")
    assert received is not None and received >= before
    assert kinds(only(report)) == [Kind.TIMESTAMP_IGNORED]
    assert report.late_by_clock == 1


def test_collecting_the_same_again_keeps_the_time(course: Course, tmp_path: Path) -> None:
    source = folder(tmp_path, {"jane_hw.ipynb": "x"})
    collect(source, course, HW, received=NOON)
    report = collect(source, course, HW)
    assert only(report).outcome is Outcome.UNCHANGED
    assert receipts.received(course, HW, "jane") == NOON
    assert report.late_by_clock == 0
    assert tree(course) == {"jane/hw/hw.ipynb": "x"}


def test_without_a_receipt_there_is_no_time(course: Course) -> None:
    assert receipts.received(course, HW, "jane") is None


def test_a_time_without_zone_and_a_damaged_receipt_are_the_instructors_to_mend(
    course: Course, tmp_path: Path
) -> None:
    source = folder(tmp_path, {"jane_hw.ipynb": "x"})
    with pytest.raises(GraderError, match="no time zone"):
        collect(source, course, HW, received=NOON.replace(tzinfo=None))
    collect(source, course, HW)
    (course.submitted / receipts.FOLDER / "hw.json").write_text("{")
    with pytest.raises(GraderError, match="is damaged"):
        collect(source, course, HW)
