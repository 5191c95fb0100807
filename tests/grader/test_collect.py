"""From what arrived to ``submitted/``: whose it is, when it came, and what is refused."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from nbgrader.coursedir import CourseDirectory

from grader.course import Course
from grader.errors import GraderError
from grader.intake import names, receipts, store
from grader.intake.collect import Collected, CollectReport, Outcome, collect
from grader.intake.flags import Kind
from grader.intake.limits import IntakeLimits
from grader.outline import Homework

NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)
HW = Homework(id="hw", files=("*.csv", "*.py"), due=datetime(2001, 1, 1, tzinfo=UTC))


@pytest.fixture
def course(tmp_path: Path) -> Course:
    source = tmp_path / "course" / "source" / "hw"
    source.mkdir(parents=True)
    (source / "hw.ipynb").write_text("{}")
    (source / "figure.png").touch()
    return Course.load(tmp_path / "course")


def folder(tmp_path: Path, files: Mapping[str, str], name: str = "in") -> Path:
    for file, text in files.items():
        path = tmp_path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / name


def zipped(tmp_path: Path, members: Mapping[str, str] | list[tuple[Any, str]]) -> Path:
    path = tmp_path / "in.zip"
    pairs = members.items() if isinstance(members, Mapping) else members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in pairs:
            archive.writestr(name, text)
    return path


def tree(course: Course) -> dict[str, str]:
    """What lies in ``submitted``, but receipts and times."""
    root = course.submitted
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "timestamp.txt" and receipts.FOLDER not in path.parts
    }


def only(report: CollectReport) -> Collected:
    assert len(report.students) == 1
    return report.students[0]


def kinds(collected: Collected) -> list[str]:
    return [flag.kind for flag in collected.flags]


# Whose it is

LAYOUTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "folders": (["jane/hw.ipynb", "bob.x/hw.ipynb"], {"jane": "jane", "bob.x": "bob.x"}),
    "nbgrader": (["jane/hw/hw.ipynb", "bob/hw/hw.ipynb"], {"jane": "jane", "bob": "bob"}),
    "wrapped": (["class/jane/hw.ipynb", "class/bob/hw/hw.ipynb"], {"jane": "jane", "bob": "bob"}),
    "one student": (["jane/hw/hw.ipynb"], {"jane": "jane"}),
    "loose": (
        ["jane_hw.ipynb", "hw-bob.ipynb", "eve.ipynb"],
        {"jane": "jane", "bob": "bob", "eve": "eve"},
    ),
    "moodle": (
        [
            "Zoë Doe_123_assignsubmission_file_/hw.ipynb",
            "Jane Roe_7_assignsubmission_file_/hw.ipynb",
            "Jane Roe_8_assignsubmission_file_/hw.ipynb",
            "علي محمد_9_assignsubmission_file_/hw.ipynb",
            "!!!_10_assignsubmission_file_/hw.ipynb",
        ],
        {
            "zoë-doe": "Zoë",
            "jane-roe-7": "_7_",
            "jane-roe-8": "_8_",
            "علي-محمد": "_9_",
            "10": "_10_",
        },
    ),
    "moodle flat": (["Jane Roe_7_assignsubmission_file_hw.ipynb"], {"jane-roe": "Jane"}),
    "canvas": (
        ["roejane_12_345_hw.ipynb", "doezoe_late_67_89_hw-1.ipynb"],
        {"roejane-12": "roejane", "doezoe-67": "doezoe"},
    ),
    "canvas in a folder": (
        ["submissions/roejane_12_345_hw.ipynb", "submissions/bob_1_2_hw.ipynb"],
        {"roejane-12": "roejane", "bob-1": "bob"},
    ),
    "blackboard": (
        ["hw_jane_r_attempt_2027-03-01-12-00-00_hw.ipynb"],
        {"jane_r": "jane_r"},
    ),
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_finds_the_student_of_each_file(
    name: str, kind: str, course: Course, tmp_path: Path
) -> None:
    files, owners = LAYOUTS[name]
    given = {file: file for file in files}
    source = folder(tmp_path, given) if kind == "folder" else zipped(tmp_path, given)
    report = collect(source, course, HW)
    assert {one.student for one in report.students} == set(owners)
    assert {one.outcome for one in report.students} == {Outcome.NEW}
    assert report.unplaced == {}
    for student, words in owners.items():
        assert words in (course.submitted / student / "hw" / "hw.ipynb").read_text()


def test_nbgrader_finds_what_was_collected(course: Course, tmp_path: Path) -> None:
    collect(folder(tmp_path, {"jane_hw.ipynb": "x"}), course, HW, received=NOON)
    directory = CourseDirectory(config=course.config)
    place = directory.format_path(directory.submitted_directory, "jane", "hw")
    assert (Path(place) / "hw.ipynb").read_text() == "x"
    assert directory.get_existing_timestamp(place) == NOON.replace(tzinfo=None)


def test_a_file_that_names_no_student_is_reported_and_left_out(
    course: Course, tmp_path: Path
) -> None:
    files = {"jane_hw.ipynb": "x", "hw.ipynb": "?", "notes.txt": "?", "-rf/hw.ipynb": "?"}
    report = collect(folder(tmp_path, files), course, HW)
    assert set(report.unplaced) == {"'hw.ipynb'", "'notes.txt'", "'-rf/hw.ipynb'"}
    assert tree(course) == {"jane/hw/hw.ipynb": "x"}


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".ssh", "-rf", "_x", "a/b", "a b", "a\\b", "a\nb", "CON", "con.x", "x."),
        *("a" * 65, "a\u202eb", "e\u0301", "a:b", "~root", "\ud800"),
    ],
)
def test_an_unsafe_student_id_is_none(name: str) -> None:
    assert not names.is_student(name)


def test_ids_that_differ_in_case_only_are_refused(course: Course, tmp_path: Path) -> None:
    files = {"jane/hw.ipynb": "1", "Jane/hw.ipynb": "2", "bob/hw.ipynb": "3"}
    report = collect(zipped(tmp_path, files), course, HW)
    assert tree(course) == {"bob/hw/hw.ipynb": "3"}
    assert len(report.unplaced) == 2


# When it came


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


# Again, and killed


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
    lock = FileLock(_made(course.submitted / receipts.FOLDER) / "lock")
    with lock, pytest.raises(GraderError, match="Another collect is at work"):
        collect(source, course, HW)


def _made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


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


# Hostile files


def test_links_pipes_and_what_is_not_on_the_list_stay_behind(
    course: Course, tmp_path: Path
) -> None:
    source = folder(tmp_path, {"jane/hw.ipynb": "x", "jane/x.exe": "", "jane/figure.png": ""})
    secret = folder(tmp_path, {"secret": "s"}, "else") / "secret"
    (source / "jane" / "l.csv").symlink_to(secret)
    os.link(secret, source / "jane" / "h.csv")
    os.mkfifo(source / "jane" / "p.csv")
    (source / "jane" / "torch.py").touch()
    (source / "eve").symlink_to(source / "jane")
    report = collect(source, course, HW)
    assert tree(course) == {"jane/hw/hw.ipynb": "x"}
    assert sorted(kinds(only(report))) == [Kind.IGNORED_FILE] + [Kind.REFUSED_FILE] * 3 + [
        Kind.SHADOW_MODULE
    ]
    assert set(report.unplaced) == {"'eve'"}


def test_a_link_in_a_students_place_stops_before_anything_is_written_through_it(
    course: Course, tmp_path: Path
) -> None:
    elsewhere = _made(tmp_path / "elsewhere")
    course.submitted.mkdir()
    (course.submitted / "jane").symlink_to(elsewhere)
    with pytest.raises(GraderError, match="is a link"):
        collect(folder(tmp_path, {"jane/hw.ipynb": "x"}), course, HW)
    assert list(elsewhere.iterdir()) == []


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


BAD_MEMBERS: dict[str, list[tuple[Any, str]]] = {
    "traversal": [("jane/../../../evil.csv", "x")],
    "deep traversal": [("jane/a/../../../../evil.csv", "x")],
    "absolute": [("/tmp/evil.csv", "x")],
    "drive": [("C:/evil.csv", "x")],
    "backslash": [("jane/..\\..\\evil.csv", "x")],
    "stream": [("jane/evil.csv:x", "x")],
    "device": [("jane/NUL.csv", "x"), ("jane/com1.csv", "x"), ("jane/aux", "x")],
    "dot and space": [("jane/evil.csv.", "x"), ("jane/evil.csv ", "x")],
    "control characters": [("jane/evil\x1b[2J.csv", "x"), ("jane/a\u202efdp.csv", "x")],
    "too long": [("jane/" + "x" * 300 + ".csv", "x")],
    "link": [(member("jane/evil.csv", stat.S_IFLNK | 0o777), "/etc/passwd")],
    "pipe": [(member("jane/evil.csv", stat.S_IFIFO | 0o644), "")],
    "device file": [(member("jane/evil.csv", stat.S_IFBLK | 0o644), "")],
    "set-uid": [(member("jane/b.csv", stat.S_IFREG | 0o6777), "x")],
    "bomb": [("jane/evil.csv", "0" * (8 << 20))],
    "twice": [("jane/evil.csv", "1"), ("jane/evil.csv", "2")],
    "twice but for case": [("jane/evil.csv", "1"), ("jane/EVIL.csv", "2")],
    "nested": [("jane/evil.zip", "PK")],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", BAD_MEMBERS)
def test_a_bad_member_of_an_archive_stays_in_it(name: str, course: Course, tmp_path: Path) -> None:
    source = zipped(tmp_path, [("jane/hw.ipynb", "x"), *BAD_MEMBERS[name]])
    report = collect(source, course, HW)
    wanted = {"jane/hw/hw.ipynb": "x"}
    if name == "set-uid":
        assert (course.submitted / "jane" / "hw" / "b.csv").stat().st_mode & 0o7111 == 0
        wanted["jane/hw/b.csv"] = "x"
    else:
        bad = {str(getattr(given, "filename", given)) for given, _ in BAD_MEMBERS[name]}
        assert len(only(report).flags) + len(report.unplaced) == len(bad)
    if name == "link":
        assert only(report).flags[0].detail == "'evil.csv': a link"
    assert tree(course) == wanted
    assert not list(tmp_path.rglob("evil*"))


def damaged(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    if how == "encrypted":
        data[central + 8] |= 1
    elif how == "method":
        data[central + 10 : central + 12] = struct.pack("<H", 12)
    elif how == "checksum":
        data[central + 16] ^= 0xFF
    elif how == "size":
        data[central + 24 : central + 28] = struct.pack("<I", 0xFFFFFF)
    elif how == "content":
        data[40:60] = bytes(20)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("encrypted", "encrypted"),
        ("method", "packed in an unusual way"),
        ("checksum", "damaged in the archive"),
        ("size", "packed suspiciously small"),
        ("content", "damaged in the archive"),
    ],
)
def test_a_damaged_member_is_refused_and_the_others_come_in(
    how: str, words: str, course: Course, tmp_path: Path
) -> None:
    path = zipped(tmp_path, {"jane/hw.ipynb": "x" * 2000, "bob/hw.ipynb": "b"})
    damaged(path, how)
    report = collect(path, course, HW)
    assert tree(course) == {"bob/hw/hw.ipynb": "b"}
    assert [one.outcome for one in report.students] == [Outcome.NEW, Outcome.REFUSED]
    assert report.students[1].flags[0].detail == f"'hw.ipynb': {words}"


def test_a_name_that_hides_its_end_behind_a_nul_is_refused(course: Course, tmp_path: Path) -> None:
    path = zipped(tmp_path, {"jane/hw.ipynb": "x", "jane/evil.csvX.png": "x"})
    path.write_bytes(path.read_bytes().replace(b"csvX", b"csv\0"))
    report = collect(path, course, HW)
    assert tree(course) == {"jane/hw/hw.ipynb": "x"}
    assert kinds(only(report)) == [Kind.REFUSED_FILE]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (IntakeLimits(archive_bytes=10), "is larger than"),
        (IntakeLimits(archive_members=1), "more than 1 members"),
        (IntakeLimits(unpacked_bytes=10), "would unpack to more than"),
    ],
)
def test_an_archive_above_the_limits_is_refused_as_a_whole(
    limits: IntakeLimits, words: str, course: Course, tmp_path: Path
) -> None:
    source = zipped(tmp_path, {"jane/hw.ipynb": "x" * 20, "bob/hw.ipynb": "x"})
    with pytest.raises(GraderError, match=words):
        collect(source, course, HW, limits=limits)
    assert tree(course) == {}


def test_a_students_share_of_bytes_is_limited(course: Course, tmp_path: Path) -> None:
    source = folder(tmp_path, {"jane/hw.ipynb": "x" * 99, "bob/hw.ipynb": "x"})
    collect(source, course, HW, limits=IntakeLimits(student_bytes=50))
    assert tree(course) == {"bob/hw/hw.ipynb": "x"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "missing", "neither a folder nor a zip"),
        (lambda p: folder(p, {"x.tar": ""}) / "x.tar", "neither a folder nor a zip"),
        (lambda p: folder(p, {"x.zip": "no"}) / "x.zip", "not a readable zip"),
        (lambda p: folder(p, {"hw.ipynb": "x"}), "no submission of hw that names its student"),
        (lambda p: folder(p, {"jane/hw.ipynb": "x"}, "course/submitted"), "course/submitted is in"),
    ],
)
def test_a_source_that_is_none_is_the_instructors_mistake(
    make: Any, words: str, course: Course, tmp_path: Path
) -> None:
    with pytest.raises(GraderError, match=words):
        collect(make(tmp_path), course, HW)


def test_a_stale_folder_of_a_killed_collector_is_cleared(course: Course, tmp_path: Path) -> None:
    _made(course.submitted / ".incoming-x" / "hw")
    store.clear(course.submitted)
    assert list(course.submitted.iterdir()) == []


def test_a_file_that_is_another_ones_folder_costs_only_itself(
    course: Course, tmp_path: Path
) -> None:
    homework = Homework(id="hw", files=("*.csv", "*/*.csv"))
    names_in = ["jane/hw.ipynb", "jane/a.csv", "jane/a.csv/b.csv", "jane/figure.png/c.csv"]
    report = collect(zipped(tmp_path, dict.fromkeys(names_in, "{}")), course, homework)
    assert set(tree(course)) == {"jane/hw/hw.ipynb", "jane/hw/a.csv"}
    assert kinds(only(report)) == [Kind.REFUSED_FILE] * 2
