"""Exports agree with nbgrader's own, import elsewhere, and carry no formulas."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.report.export import Exported, Target, write
from recorded import HW, Recorded, copy_course, nbgrader_export


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = copy_course(tmp_path_factory.mktemp("made") / "course")
    late = course.homework.due.replace(day=12) if course.homework.due else None
    course.record(
        course.outcome("ada", submitted=late), course.outcome("bob", 0, 1.5), course.rejected("cyd")
    )
    course.give("ada", "why-written", manual_score=4, extra_credit=0.5)
    with course.gradebook() as book:
        book.update_or_create_student("ada", first_name="Ada", last_name="L", email="a@b.invalid")
        book.add_student("zoe", lms_user_id="77")
    return course.root


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Recorded:
    shutil.copytree(made, tmp_path / "course")
    return Recorded(tmp_path / "course")


def rows(exported: Exported) -> list[list[str]]:
    with exported.path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_csv_is_what_nbgrader_exports(course: Recorded) -> None:
    exported = write(course.course, course.homework, to=Target.CSV)
    assert exported.path == course.course.reports / HW / "csv.csv"
    assert exported.path.read_text() == nbgrader_export(course).read_text()


def test_marks_that_wait_for_a_person_and_missing_students_are_reported(course: Recorded) -> None:
    exported = write(course.course, course.homework)
    assert (exported.marks, exported.undecided, exported.without) == (3, ("bob",), ("zoe",))
    text = "\n".join(exported.lines())
    assert "has yet to grade or review: bob" in text and "without a submission: zoe" in text


def test_canvas_gets_its_columns(course: Recorded) -> None:
    header, reachable, *students = rows(write(course.course, course.homework, to=Target.CANVAS))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", HW]
    assert reachable == ["    Points Possible", "", "", "", "", "10.0"]
    by_login = {row[3]: row for row in students}
    assert by_login["ada"] == ["L, Ada", "", "", "ada", "", "8.5"]  # 9.5 less 1 for lateness
    assert by_login["cyd"][5] == "0.0"
    assert by_login["zoe"] == ["zoe", "77", "", "zoe", "", ""]


def test_moodle_gets_its_columns(course: Recorded) -> None:
    header, *students = rows(write(course.course, course.homework, to=Target.MOODLE))
    assert header[:2] == ["Username", "ID number"] and header[-2:] == ["Email address", HW]
    assert {row[0]: row[-1] for row in students} == {"ada": "8.5", "bob": "1.5", "cyd": "0.0"}


@pytest.mark.parametrize("to", Target)
def test_names_are_never_formulas_and_never_break_a_row(course: Recorded, to: Target) -> None:
    with course.gradebook() as book:
        for number, start in enumerate("=+-@\t\r"):
            name = f'{start}HYPERLINK("x,y")\n'
            book.add_student(f"{start}{number}", first_name=name, last_name=name, email=name)
            book.add_submission(HW, f"{start}{number}")
    lines = rows(write(course.course, course.homework, to=to))
    assert len({len(line) for line in lines}) == 1
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]
    assert any("'=HYPERLINK" in cell for cell in cells)


def test_nbgraders_own_command_can_use_the_exporters(course: Recorded) -> None:
    ours = write(course.course, course.homework, to=Target.MOODLE).path
    command = [Path(sys.executable).parent / "nbgrader", "export", "--to", "theirs.csv"]
    exporter = "grader.report.export.MoodleExport"
    subprocess.run([*command, "--exporter", exporter], cwd=course.root, check=True)
    assert (course.root / "theirs.csv").read_text() == ours.read_text()


def test_the_file_goes_where_it_is_asked_to(course: Recorded, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "marks.csv"
    assert write(course.course, course.homework, output=path).path == path
    assert path.exists()


def test_a_homework_that_was_not_released_is_a_message(course: Recorded) -> None:
    with course.gradebook() as book:
        book.remove_assignment(HW)
    with pytest.raises(GraderError, match="does not know"):
        write(course.course, course.homework)
