"""The commands as a person gives them: exit status, words for a mistake, JSON for a program."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
import pytest

from grader import cli, show, template
from grader import grade as grade_step
from grader.course import Course
from grader.errors import GraderError
from grader.grade import Change, Graded
from grader.results import AssignmentResults, Flag, Status, SubmissionResult
from grader.template import Role
from grader.versions import templates
from recorded import HW, copy_course


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str | Path) -> Said:
        monkeypatch.setattr("sys.argv", ["grader", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy_course(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture(scope="module")
def once_graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which ann and ben have handed in right work, and it has been graded."""
    root = tmp_path_factory.mktemp("graded") / "course"
    course = copy_course(root)
    for student in ("ann", "ben"):
        hand_in(root, student)
    assert grade_step.grade(course.course, course.homework, workers=1).fresh == 2
    return root


@pytest.fixture
def pair(once_graded: Path, tmp_path: Path) -> Path:
    """A copy of that course."""
    return shutil.copytree(once_graded, tmp_path / "course")


def hand_in(root: Path, student: str, *, right: bool = True) -> Path:
    course = Course.load(root)
    one = templates(course, course.homework(HW))[0]
    nb = nbformat.from_dict(one.released)
    for cell, source in zip(nb.cells, one.source.cells, strict=True):
        if right and template.role(cell) is Role.SOLUTION:
            cell.source = source.source
    folder = root / "submitted" / student / HW
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, folder / f"{one.name}.ipynb")
    return folder / f"{one.name}.ipynb"


def graded(said: Said) -> dict[str, float]:
    assert said.status == 0, said.err
    results = AssignmentResults.model_validate_json(said.out)
    return {one.student: one.score for one in results.submissions}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["grade", "hw9"], "hw9"),
        (["release", "hw9"], "hw9"),
        (["grade", HW], "grader collect"),
        (["report", HW], "grader grade"),
        (["feedback", HW], "grader grade"),
        (["verify"], "--all"),
        (["collect", HW, "nowhere.zip"], "nowhere.zip"),
    ],
)
def test_a_mistake_is_named_without_a_traceback(
    run: Run, root: Path, words: list[str], named: str
) -> None:
    said = run(*words, "--course", root)
    assert said.status == 2
    assert named in said.err
    assert "Traceback" not in said.out + said.err


def test_a_folder_that_is_no_course_is_named(run: Run, tmp_path: Path) -> None:
    said = run("grade", HW, "--course", tmp_path)
    assert (said.status, "source_directory" in said.err) == (2, True)


def test_an_unknown_option_is_a_bad_call(run: Run, root: Path) -> None:
    assert run("grade", HW, "--wrokers", "2", "--course", root).status == 2


def test_a_locked_gradebook_is_named_and_nothing_is_lost(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_step, "grade", partial(grade_step.grade, wait_s=0.2))
    hand_in(root, "ann")
    other = sqlite3.connect(root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    said = run("grade", HW, "--course", root)
    other.rollback()
    assert said.status == 2
    assert "locked" in said.err and "Traceback" not in said.err
    assert graded(run("grade", HW, "--json", "--course", root)) == {"ann": 5.0}


def test_json_is_all_that_is_printed_and_a_second_run_agrees(run: Run, root: Path) -> None:
    hand_in(root, "ann")
    hand_in(root, "ben", right=False)
    first = run("grade", HW, "--json", "--workers", "1", "--course", root)
    assert graded(first) == {"ann": 5.0, "ben": 0.0}
    second = run("grade", HW, "--json", "--course", root)
    same = [json.loads(said.out)["submissions"] for said in (first, second)]
    assert same[0] == same[1]
    assert (
        json.loads((root / "reports" / HW / "results.json").read_text())["submissions"] == same[0]
    )


def test_only_what_changed_is_graded_and_the_moved_mark_is_printed(run: Run, pair: Path) -> None:
    hand_in(pair, "ann", right=False)
    said = run("grade", HW, "--course", pair).out
    assert "graded now 1, already up to date 1" in said
    assert "changed: ann 5 → 0" in said


def test_only_one_student_is_graded(run: Run, root: Path) -> None:
    hand_in(root, "ann")
    hand_in(root, "ben")
    assert graded(run("grade", HW, "--only", "ann", "--json", "--course", root)) == {"ann": 5.0}


def test_only_one_cell_is_graded(run: Run, pair: Path) -> None:
    hand_in(pair, "ann", right=False)
    said = run("grade", HW, "--only", "double-text", "--json", "--course", pair)
    assert graded(said) == {"ann": 2.0, "ben": 5.0}  # the other cell of ann's kept its points


def test_who_is_neither_a_student_nor_a_cell_is_told_which_there_are(run: Run, pair: Path) -> None:
    said = run("grade", HW, "--only", "nobody", "--course", pair)
    assert said.status == 2 and "ann" in said.err and "double-text" in said.err


def test_one_cell_of_a_notebook_that_became_unreadable_is_not_graded_alone(
    run: Run, pair: Path
) -> None:
    hand_in(pair, "ann").write_text("garbage")
    said = run("grade", HW, "--only", "double-text", "--json", "--course", pair)
    ann = AssignmentResults.model_validate_json(said.out).submissions[0]
    assert ann.student == "ann"
    assert ann.score == 0 == sum(cell.points for cell in ann.cells)


def test_students_who_are_gone_leave_the_table_and_stay_in_the_journal(
    run: Run, pair: Path
) -> None:
    shutil.rmtree(pair / "submitted" / "ann")
    assert graded(run("grade", HW, "--json", "--course", pair)) == {"ben": 5.0}
    assert "ann" in (pair / "reports" / HW / "results.jsonl").read_text()


def test_what_was_not_looked_at_is_not_called_up_to_date(run: Run, pair: Path) -> None:
    hand_in(pair, "ann", right=False)
    said = run("grade", HW, "--only", "ann", "--course", pair).out
    assert "graded now 1, already up to date 0, not looked at 1" in said


def test_a_rejected_submission_does_not_fail_the_command(run: Run, root: Path) -> None:
    hand_in(root, "ann").write_text("not a notebook")
    hand_in(root, "ben")
    said = run("grade", HW, "--json", "--workers", "1", "--course", root)
    assert graded(said) == {"ann": 0.0, "ben": 5.0}


def test_nothing_that_a_terminal_acts_on_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "eve\x1b]0;owned\x07\x9b2J\u202e[red]"
    one = SubmissionResult(
        student=name,
        status=Status.FAILED,
        max_score=1,
        error=f"{name} cannot be read: " + "x" * 10_000,
        flags=(Flag(kind="refused_file", detail=name),),
        fingerprint="",
    )
    results = AssignmentResults.model_construct(
        assignment=HW, submissions=(one,), wall_s=1.0, trusted=True
    )
    graded = Graded(results, fresh=1, up_to_date=0, changes=(Change(name, 1, 2),))
    show.grades(graded, Path(name), json=False)
    show.problem(GraderError(f"{name} is gone", name))
    show.as_json(one)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert all(char.isprintable() or char == "\n" for char in text)
        assert "eve\\u001b]0;owned\\u0007\\u009b2J\\u202e[red]" in text
    table, printed = said.out.split("\n{", 1)
    assert table.count("x") < 1_000
    assert SubmissionResult.model_validate_json("{" + printed) == one


def test_doctor_names_what_is_missing_and_what_to_do(run: Run, root: Path) -> None:
    said = run("doctor", "--json", "--course", root)
    found = {(row["area"], row["name"]): row for row in json.loads(said.out)}
    assert said.status == 0
    network = found["sandbox", "network"]
    assert network["ok"] or network["remedy"]
    assert found["course", "secret"]["remedy"]
    assert ("assets", "smollm2-135m-instruct") in found
