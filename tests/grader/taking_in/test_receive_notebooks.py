"""The notebook handed in: which one is taken, and what is rejected in which words."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import nbformat
import pytest

import intake_course as little
from grader.intake.flags import Kind
from grader.intake.limits import IntakeLimits
from grader.intake.receive import receive
from grader.intake.submission import Rejected
from grader.template import Template
from intake_course import HW, got, hand_in, kinds

HOSTILE = Path(__file__).parents[2] / "hostile" / "notebooks"
OUTCOMES: dict[str, str] = tomllib.loads((HOSTILE / "outcomes.toml").read_text(encoding="utf-8"))


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
