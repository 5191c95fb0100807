"""What arrives from strangers: links, pipes, archives made to harm, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from arrivals import HW, folder, made, only, tree, zipped
from attacks.parcels import BAD_MEMBERS, DAMAGES, damaged
from grader.course import Course
from grader.errors import GraderError
from grader.intake.collect import Outcome, collect
from grader.intake.flags import Kind
from grader.intake.limits import IntakeLimits
from grader.outline import Homework
from intake_course import kinds


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
    elsewhere = made(tmp_path / "elsewhere")
    course.submitted.mkdir()
    (course.submitted / "jane").symlink_to(elsewhere)
    with pytest.raises(GraderError, match="is a link"):
        collect(folder(tmp_path, {"jane/hw.ipynb": "x"}), course, HW)
    assert list(elsewhere.iterdir()) == []


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


@pytest.mark.parametrize(("how", "words"), DAMAGES.items())
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


def test_a_file_that_is_another_ones_folder_costs_only_itself(
    course: Course, tmp_path: Path
) -> None:
    homework = Homework(id="hw", files=("*.csv", "*/*.csv"))
    names_in = ["jane/hw.ipynb", "jane/a.csv", "jane/a.csv/b.csv", "jane/figure.png/c.csv"]
    report = collect(zipped(tmp_path, dict.fromkeys(names_in, "{}")), course, homework)
    assert set(tree(course)) == {"jane/hw/hw.ipynb", "jane/hw/a.csv"}
    assert kinds(only(report)) == [Kind.REFUSED_FILE] * 2
