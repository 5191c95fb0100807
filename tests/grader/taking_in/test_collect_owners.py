"""Whose each file is that arrived."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory

from arrivals import HW, NOON, folder, tree, zipped
from grader.course import Course
from grader.intake import names
from grader.intake.collect import Outcome, collect
from grader.intake.layout import layout

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


@pytest.mark.parametrize(
    ("entry", "owner"),
    [
        ("CS_eve_attempt_2027-03-01-10-00-00_x_bob_attempt_2020-01-01-00-00-00_hw.ipynb", "eve"),
        ("Eve_7_assignsubmission_file_/x_bob_attempt_2020-01-01-00-00-00_hw.ipynb", "eve"),
        ("eve_7_8_bob_1_2_hw.ipynb", "eve-7"),
        ("Bob_1_assignsubmission_file_x_7_assignsubmission_file_/hw.ipynb", None),
    ],
)
def test_a_name_that_a_student_chose_makes_nothing_another_students(
    entry: str, owner: str | None
) -> None:
    placed = layout([entry], "hw", ["hw"]).placed
    assert [one.student for one in placed] == ([] if owner is None else [owner])
    assert all(one.time is None or one.time.year == 2027 for one in placed)
