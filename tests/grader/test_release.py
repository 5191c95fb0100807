"""Releasing: what students get, what the gradebook knows, and what stops a release."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbgrader.api import Gradebook

from grader.course import Course
from grader.errors import GraderError
from grader.gradebook import opened
from grader.release.make import ReleaseRefusedError, check, release
from release_course import SOLUTION, TEST, cell, course, empty_gradebook, honest

RELEASED = Path("homework/hw1/hw1.ipynb")


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def _submission(book: Gradebook, student: str) -> None:
    book.update_or_create_student(student)
    book.update_or_create_submission("hw1", student)
    grade = book.find_grade("add-test", "hw1", "hw1", student)
    grade.auto_score = 8
    book.db.commit()


def test_students_get_neither_solutions_nor_hidden_tests(tmp_path: Path) -> None:
    one = course(tmp_path)
    report = release(one, one.homework("hw1"))
    assert report.ok and report.written == ("hw1.ipynb",) and not report.findings
    text = (tmp_path / RELEASED).read_text(encoding="utf-8")
    for secret in ("SOLUTION", "HIDDEN", "return a + b", "999_999_996"):
        assert secret not in text
    sources = {c["id"]: c.source for c in nbformat.reads(text, as_version=4).cells}
    assert "raise NotImplementedError()" in sources["add-solution"]
    assert sources["add-test"] == '# Sums, small and large.\nassert add(1, 2) == 3, "1 + 2"'
    assert sources["add-why"] == "YOUR ANSWER HERE"


def test_the_gradebook_knows_the_hidden_tests_and_the_due_date_in_utc(tmp_path: Path) -> None:
    one = course(tmp_path, row="points = 10\ndue = 2027-03-14T23:59:00+03:00")
    release(one, one.homework("hw1"))
    with opened(one) as book:
        assert book.find_assignment("hw1").duedate == datetime(2027, 3, 14, 20, 59)
        assert book.find_assignment("hw1").max_score == 10
        assert "999_999_996" in book.find_source_cell("add-test", "hw1", "hw1").source
    later = course(tmp_path, row="points = 10")
    release(later, later.homework("hw1"))
    with opened(later) as book:
        assert book.find_assignment("hw1").duedate is None


def test_the_same_source_gives_the_same_bytes_wherever_the_course_is(tmp_path: Path) -> None:
    trees = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        one = course(tmp_path / name)
        release(one, one.homework("hw1"))
        trees.append(_tree(one.release))
        assert release(one, one.homework("hw1")).written == ()
    assert trees[0] == trees[1]
    content = trees[0]["hw1/hw1.ipynb"]
    assert content.endswith(b"}\n") and b"\r" not in content


def test_release_works_silently_from_another_folder_without_the_environment_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "course").mkdir()
    one = course(tmp_path / "course", gradebook=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    release(one, one.homework("hw1"))
    assert Path.cwd() == tmp_path
    assert capfd.readouterr() == ("", "")


def test_marks_survive_a_release_after_grading(tmp_path: Path) -> None:
    one = course(tmp_path)
    release(one, one.homework("hw1"))
    with opened(one) as book:
        _submission(book, "amal")
    changed = honest()
    changed[3].source = TEST.replace("999_999_996", "1_000_000_000 - 4")
    one = course(tmp_path, changed)
    report = release(one, one.homework("hw1"))
    assert report.submissions == 1 and report.ok
    with opened(one) as book:
        assert book.find_submission("hw1", "amal").score == 8
        assert "1_000_000_000" in book.find_source_cell("add-test", "hw1", "hw1").source


@pytest.mark.parametrize("renamed", [1, 2, 3])
def test_renaming_a_cell_after_grading_is_refused_and_leaves_everything(
    tmp_path: Path, renamed: int
) -> None:
    one = course(tmp_path)
    release(one, one.homework("hw1"))
    with opened(one) as book:
        _submission(book, "amal")
    before = _tree(one.release)
    cells = honest()
    old = cells[renamed].metadata.nbgrader.grade_id
    cells[renamed].metadata.nbgrader.grade_id = "add-other"
    one = course(tmp_path, cells)
    with pytest.raises(GraderError, match=f"{old}.*removed.*add-other.*added") as caught:
        release(one, one.homework("hw1"))
    assert "nbgrader db assignment remove hw1 --force" in caught.value.remedy
    assert _tree(one.release) == before
    with opened(one) as book:
        assert book.find_submission("hw1", "amal").score == 8


def test_cells_may_be_renamed_as_long_as_nothing_was_graded(tmp_path: Path) -> None:
    one = course(tmp_path)
    release(one, one.homework("hw1"))
    cells = honest()
    cells[3].metadata.nbgrader.grade_id = "add-sums"
    one = course(tmp_path, cells)
    release(one, one.homework("hw1"))
    with opened(one) as book:
        names = {c.name for c in book.find_notebook("hw1", "hw1").grade_cells}
    assert names == {"add-sums", "add-why"}


def test_a_broken_rule_stops_the_release_and_leaves_the_last_one(tmp_path: Path) -> None:
    one = course(tmp_path)
    release(one, one.homework("hw1"))
    before = _tree(one.release)
    cells = honest()
    cells[3].source += "\nassert undefined_name"
    one = course(tmp_path, cells)
    with pytest.raises(ReleaseRefusedError, match=r"add-test.*undefined_name"):
        release(one, one.homework("hw1"))
    assert _tree(one.release) == before
    assert not check(one, one.homework("hw1")).ok


def test_in_a_plain_nbgrader_course_a_broken_rule_is_a_warning(tmp_path: Path) -> None:
    cells = honest()
    cells[3].source += "\nassert undefined_name"
    one = course(tmp_path, cells, outline=False)
    report = release(one, one.homework("hw1"))
    assert report.ok and [f.rule for f in report.findings] == ["unknown-name"]


def test_a_conversion_that_nbgrader_refuses_names_the_cell(tmp_path: Path) -> None:
    cells = honest()
    cells[2].source = SOLUTION.replace("### END SOLUTION", "")
    one = course(tmp_path, cells, outline=False)
    with pytest.raises(ReleaseRefusedError, match=r"hw1, cell add-solution: .*not closed"):
        release(one, one.homework("hw1"))
    assert not one.release.exists()


def test_a_hidden_line_in_the_metadata_is_not_handed_out(tmp_path: Path) -> None:
    cells = honest()
    cells[0].metadata["note"] = "    return a + b"
    one = course(tmp_path, cells)
    with pytest.raises(GraderError, match=r"return a \+ b"):
        release(one, one.homework("hw1"))
    assert not one.release.exists()


def test_a_setting_that_makes_nbgrader_release_something_else_is_refused(tmp_path: Path) -> None:
    config = 'c = get_config()\nc.CourseDirectory.source_directory = "solutions"\n'
    config += 'c.GenerateAssignment.preprocessors = ["nbgrader.preprocessors.ClearOutput"]\n'
    one = course(tmp_path, config=config)
    with pytest.raises(GraderError):
        release(one, one.homework("hw1"))
    assert not one.release.exists()


def test_only_files_that_the_outline_names_are_handed_out(tmp_path: Path) -> None:
    one = course(tmp_path)
    (one.source / "hw1" / "words.txt").write_text("one\n")
    with pytest.raises(GraderError, match=r"words\.txt would be handed out"):
        release(one, one.homework("hw1"))
    one = course(tmp_path, row='points = 10\nfiles = ["words.txt"]')
    assert release(one, one.homework("hw1")).written == ("hw1.ipynb", "words.txt")
    (one.release / "hw1" / "left.txt").write_text("from an older release")
    assert release(one, one.homework("hw1")).written == ("left.txt",)
    assert set(_tree(one.release)) == {"hw1/hw1.ipynb", "hw1/words.txt"}


def test_check_lists_drift_cell_by_cell_and_touches_nothing(tmp_path: Path) -> None:
    one = course(tmp_path, gradebook=False)
    homework = one.homework("hw1")
    assert [d.what for d in check(one, homework).drift] == ["missing"]
    assert not (tmp_path / "gradebook.db").exists()
    release(course(tmp_path), homework)
    opened_in_lab = one.release / "hw1" / ".ipynb_checkpoints" / "hw1-checkpoint.ipynb"
    opened_in_lab.parent.mkdir()
    opened_in_lab.write_text("{}")
    assert check(one, homework).ok
    path = tmp_path / RELEASED
    nb = nbformat.read(path, as_version=4)
    nb.cells[3].source += "\n"
    nb.cells[1].metadata["editable"] = True
    del nb.cells[4]
    nb.cells.append(cell("1", "extra", "open"))
    nbformat.write(nb, path)
    before = _tree(tmp_path)
    assert {(d.cell, d.what) for d in check(one, homework).drift} == {
        ("add-test", "different text"),
        ("add-given", "different metadata or outputs"),
        ("add-why", "missing"),
        ("extra", "not in the instructor's notebook"),
    }
    assert _tree(tmp_path) == before


def test_a_release_with_other_line_ends_has_drifted(tmp_path: Path) -> None:
    one = course(tmp_path)
    release(one, one.homework("hw1"))
    path = tmp_path / RELEASED
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert [d.what for d in check(one, one.homework("hw1")).drift] == [
        "different metadata or layout of the file"
    ]


def test_nbgraders_own_example_course_is_released_with_header_and_autotests(
    tmp_path: Path,
) -> None:
    guide = Path(nbgrader.__file__).parent / "docs/source/user_guide"
    shutil.copytree(guide / "source", tmp_path / "source")
    shutil.copy(guide / "autotests.yml", tmp_path)
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.IncludeHeaderFooter.header = 'source/header.ipynb'\n"
    )
    (tmp_path / "gradebook.db").write_bytes(empty_gradebook())
    one = Course.load(tmp_path)
    for name in ("ps1", "ps1_autotest"):
        report = release(one, one.homework(name))
        assert report.ok and report.written == ("jupyter.png", "problem1.ipynb", "problem2.ipynb")
    text = (tmp_path / "release/ps1_autotest/problem1.ipynb").read_text(encoding="utf-8")
    assert "AUTOTEST" not in text


def test_the_report_prints_and_is_json(tmp_path: Path) -> None:
    one = course(tmp_path)
    report = check(one, one.homework("hw1"))
    data = report.model_dump(mode="json")
    plan = {c["cell"]: c["where"] for c in data["notebooks"][0]["plan"]["cells"]}
    assert plan == {"add-given": "both", "add-solution": "candidate", "add-test": "examiner"}
    assert list(report.lines())
