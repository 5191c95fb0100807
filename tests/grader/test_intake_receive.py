"""A hostile folder: what is rejected, in which words, and what is only left out."""

from __future__ import annotations

import json
import os
import socket
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

import intake_course as little
from grader.intake.flags import Kind
from grader.intake.limits import IntakeLimits
from grader.intake.receive import receive
from grader.intake.submission import Rejected, Submission
from grader.outline import Homework, Limits
from grader.template import Template

HOSTILE = Path(__file__).parents[1] / "hostile" / "notebooks"
OUTCOMES: dict[str, str] = tomllib.loads((HOSTILE / "outcomes.toml").read_text(encoding="utf-8"))
HW = Homework(id="hw", files=("*.csv", "data/*.txt", "*.py", "*.json"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return little.load(tmp_path_factory.mktemp("receive"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "submitted" / "jane" / "hw"
    made.mkdir(parents=True)
    return made


def hand_in(folder: Path, template: Template, name: str = "hw.ipynb") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(template.released, path)
    return path


def got(folder: Path, template: Template, **options: Any) -> Submission:
    return receive(folder, {"hw": template}, options.pop("homework", HW), **options)


def kinds(submission: Submission) -> list[str]:
    return [flag.kind for flag in submission.flags]


def test_every_hostile_file_has_an_outcome() -> None:
    assert {path.stem for path in HOSTILE.glob("*.nb")} == set(OUTCOMES)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_hostile_notebook_is_rejected_in_words_or_graded_without_its_oddity(
    name: str, folder: Path, template: Template
) -> None:
    (folder / "hw.ipynb").write_bytes((HOSTILE / f"{name}.nb").read_bytes())
    if OUTCOMES[name]:
        with pytest.raises(Rejected) as caught:
            got(folder, template)
        assert OUTCOMES[name] in str(caught.value)
        assert str(caught.value).isprintable()
        return
    made = got(folder, template)
    nb = made.notebooks["hw"].notebook
    nbformat.validate(nb)
    json.dumps(nb, allow_nan=False, ensure_ascii=False).encode()
    assert little.cell(nb, "double-test") == little.cell(template.graded, "double-test")
    assert all(flag.detail.isprintable() for flag in made.flags)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (IntakeLimits(notebook_bytes=500), "is larger than"),
        (IntakeLimits(json_nodes=30), "holds more than 30 values"),
        (IntakeLimits(cells=3), "has 9 cells; at most 3"),
        (IntakeLimits(cell_characters=20), "is longer than 20 characters"),
        (IntakeLimits(files=1), "holds more than 1 files"),
    ],
)
def test_what_is_above_a_limit_is_rejected(
    limits: IntakeLimits, words: str, folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    (folder / "other.txt").touch()
    with pytest.raises(Rejected, match=words):
        got(folder, template, limits=limits)


def test_a_million_brackets_are_rejected_before_they_are_built(
    folder: Path, template: Template
) -> None:
    (folder / "hw.ipynb").write_bytes(b'{"a": [' + b"[]," * 1_000_000 + b"[]]}")
    with pytest.raises(Rejected, match="Clear its outputs"):
        got(folder, template)


def test_a_link_in_the_notebooks_place_is_rejected(folder: Path, template: Template) -> None:
    gradebook = folder.parents[2] / "gradebook.db"
    hand_in(gradebook.parent, template, gradebook.name)
    (folder / "hw.ipynb").symlink_to(gradebook)
    with pytest.raises(Rejected, match=r"hw\.ipynb is a link\. Hand in the notebook itself"):
        got(folder, template)


def test_a_second_name_of_another_file_is_rejected(folder: Path, template: Template) -> None:
    os.link(hand_in(folder.parents[2], template), folder / "hw.ipynb")
    with pytest.raises(Rejected, match="hard link"):
        got(folder, template)


def test_a_pipe_in_the_notebooks_place_is_rejected_without_waiting(
    folder: Path, template: Template
) -> None:
    os.mkfifo(folder / "hw.ipynb")
    with pytest.raises(Rejected, match="a pipe"):
        got(folder, template)


def test_a_folder_in_the_notebooks_place_is_no_notebook(folder: Path, template: Template) -> None:
    (folder / "hw.ipynb").mkdir()
    with pytest.raises(Rejected, match=r"not among the files. Hand in hw\.ipynb"):
        got(folder, template)


@pytest.mark.parametrize("which", ["homework", "student"])
def test_a_linked_folder_is_rejected(
    which: str, folder: Path, template: Template, tmp_path: Path
) -> None:
    hand_in(folder, template)
    moved = tmp_path / "elsewhere"
    linked = folder if which == "homework" else folder.parent
    linked.rename(moved)
    linked.symlink_to(moved)
    with pytest.raises(Rejected, match="a link or a file, not a folder"):
        got(folder, template)


def test_nothing_handed_in_is_rejected(folder: Path, template: Template) -> None:
    with pytest.raises(Rejected, match="not among the files"):
        got(folder, template)
    with pytest.raises(Rejected, match="Nothing was handed in"):
        got(folder / "missing", template)


def test_odd_files_beside_the_notebook_are_left_out_and_flagged(
    folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    secret = folder.parents[2] / "secret.csv"
    secret.write_text("1")
    (folder / "a-link.csv").symlink_to(secret)
    os.link(secret, folder / "b-hard.csv")
    os.mkfifo(folder / "c-pipe.csv")
    (folder / "data").symlink_to("/etc")
    (folder / "e-\u202egnp.csv").write_text("1")
    (folder / "nul.csv").write_text("1")
    (folder / "f.exe").write_text("1")
    (folder / "gradebook.db").symlink_to("../../../gradebook.db")
    short = Path(os.path.relpath(folder))
    with socket.socket(socket.AF_UNIX) as pipe:
        pipe.bind(str(short / "g.csv"))
        made = got(folder, template)
    assert made.files == {}
    assert sorted(kinds(made)) == [Kind.IGNORED_FILE] + [Kind.REFUSED_FILE] * 8


def test_only_files_on_the_homeworks_list_come_along(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    (folder / "data").mkdir()
    (folder / "data" / "deep").mkdir()
    for name in ("a.csv", "data/b.txt", "data/c.csv", "data/deep/d.txt", "e.CSV"):
        (folder / name).write_text("1")
    (folder / ".ipynb_checkpoints").mkdir()
    hand_in(folder, template, ".ipynb_checkpoints/hw-checkpoint.ipynb")
    (folder / ".DS_Store").touch()
    made = got(folder, template)
    assert made.files == {"a.csv": folder / "a.csv", "data/b.txt": folder / "data" / "b.txt"}
    assert kinds(made) == [Kind.IGNORED_FILE] * 3


@pytest.mark.parametrize(
    "name",
    [
        *("torch.py", "Random.py", "numpy.py", "sitecustomize.py", "json.cpython-311.py"),
        *("ipython_config.py", "ipython_kernel_config.json", "jupyter_config.json"),
    ],
)
def test_a_file_that_would_stand_in_for_a_library_never_comes_along(
    name: str, folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    (folder / name).write_text("raise SystemExit")
    (folder / "helpers_of_mine.py").write_text("x = 1")
    made = got(folder, template)
    assert list(made.files) == ["helpers_of_mine.py"]
    assert kinds(made) == [Kind.SHADOW_MODULE]


def test_a_file_in_the_way_of_the_instructors_files_is_left_out(
    folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    (folder / "Table.csv").write_text("a folder of the instructor's")
    (folder / "data").mkdir()
    (folder / "data" / "words.txt").write_text("below a file of the instructor's")
    (folder / "data.json").write_text("{}")
    one = got(folder, template, given={"table.csv/rows.csv", "data"})
    assert list(one.files) == ["data.json"]
    assert kinds(one) == [Kind.REFUSED_FILE] * 2


@pytest.mark.parametrize(("count", "size"), [(2, 700_000), (20, 60_001)])
def test_extra_files_leave_half_of_the_homeworks_disk_to_the_work(
    folder: Path, template: Template, count: int, size: int
) -> None:
    hand_in(folder, template)
    for number in range(count):
        (folder / f"{number:03}.csv").write_bytes(bytes(size))
    made = got(folder, template, homework=Homework(id="hw", files=("*",), limits=Limits(disk_mb=2)))
    blocks = -(-size // 4096) + 1
    fit = 2**20 // (4096 * blocks)
    assert fit < count and list(made.files) == [f"{number:03}.csv" for number in range(fit)]
    assert kinds(made) == [Kind.REFUSED_FILE] * (count - fit)


def test_names_that_differ_in_case_only_come_along_once(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    (folder / "a.csv").touch()
    (folder / "A.csv").touch()
    if len(list(folder.glob("?.csv"))) == 1:
        pytest.skip("this file system does not tell the two apart")
    made = got(folder, template)
    assert (list(made.files), kinds(made)) == (["A.csv"], [Kind.REFUSED_FILE])


def test_a_time_that_a_student_wrote_is_never_taken_along(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    (folder / "timestamp.txt").write_text("2001-01-01 00:00:00 UTC")
    made = got(folder, template, homework=Homework(id="hw", files=("*",)))
    assert (made.files, made.flags) == ({}, ())


def test_the_instructors_own_files_go_without_a_flag_and_a_link_does_not(
    folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    (folder / "figure.png").touch()
    assert got(folder, template, given={"figure.png"}).flags == ()
    (folder / "figure.png").unlink()
    (folder / "figure.png").symlink_to("/etc/passwd")
    assert kinds(got(folder, template, given={"figure.png"})) == [Kind.REFUSED_FILE]


@pytest.mark.parametrize(
    "name",
    [
        *("hw (1).ipynb", "hw-1.ipynb", "HW.ipynb", "hw - Copy (2).ipynb", "jane_hw.ipynb"),
        *("work/hw.ipynb", "answers.ipynb"),
    ],
)
def test_a_renamed_notebook_is_taken_where_there_is_no_doubt(
    name: str, folder: Path, template: Template
) -> None:
    hand_in(folder, template, name)
    made = got(folder, template)
    assert made.notebooks["hw"].notebook == template.graded
    assert kinds(made) == [Kind.RENAMED_NOTEBOOK]


def test_of_two_renamed_notebooks_neither_is_taken(folder: Path, template: Template) -> None:
    hand_in(folder, template, "hw (1).ipynb")
    hand_in(folder, template, "hw (2).ipynb")
    with pytest.raises(Rejected, match="not among the files"):
        got(folder, template)


def test_the_right_name_comes_before_a_copy(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    (folder / "hw (1).ipynb").write_text("not even JSON")
    assert kinds(got(folder, template)) == [Kind.IGNORED_FILE]


def test_one_of_two_notebooks_may_be_missing(folder: Path, template: Template) -> None:
    hand_in(folder, template, "problem1.ipynb")
    made = receive(folder, {"problem1": template, "problem2": template}, HW)
    assert (list(made.notebooks), made.missing) == (["problem1"], ("problem2",))
    assert kinds(made) == [Kind.MISSING_NOTEBOOK]


def test_a_numbered_notebook_is_not_taken_for_its_neighbour(
    folder: Path, template: Template
) -> None:
    hand_in(folder, template, "problem-2.ipynb")
    made = receive(folder, {"problem-1": template, "problem-2": template, "problem": template}, HW)
    assert made.missing == ("problem-1", "problem")


def test_many_changes_make_few_flags(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    for number in range(60):
        (folder / f"{number}.exe").touch()
    flags = got(folder, template).flags
    assert len(flags) == 21
    assert flags[-1].detail == "and 40 more"
