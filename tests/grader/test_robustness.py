"""What strangers, odd machines and slips of the hand may do to a run, and what then holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from traitlets.config import Config

import intake_course as little
from grader import cli, fingerprint, scratch, versions
from grader.course import Course
from grader.errors import GraderError
from grader.intake.limits import LIMITS
from grader.record import autograded
from grader.score import score
from grader.template import Template
from recorded import HW, copy_course


def submission(root: Path, text: str = "{}") -> Path:
    """A student's folder with one file in it."""
    folder = root / "ann" / "hw"
    folder.mkdir(parents=True)
    (folder / "hw.ipynb").write_text(text)
    return folder


# --- fingerprints ---------------------------------------------------------------------------------


def test_the_fingerprint_of_a_link_is_not_that_of_what_it_points_to(tmp_path: Path) -> None:
    elsewhere = submission(tmp_path / "elsewhere")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "hw").symlink_to(elsewhere)
    (tmp_path / "cyd").symlink_to(elsewhere.parent)
    folders = [tmp_path / name / "hw" for name in ("bob", "cyd")]
    before = [fingerprint.submission(folder, "") for folder in folders]
    (elsewhere / "hw.ipynb").write_text("[]")
    assert [fingerprint.submission(folder, "") for folder in folders] == before
    (tmp_path / "bob" / "hw").unlink()
    (tmp_path / "bob" / "hw").symlink_to(tmp_path)
    assert fingerprint.submission(folders[0], "") != before[0]


def test_a_folder_with_too_many_files_is_known_by_that_alone(tmp_path: Path) -> None:
    folder = submission(tmp_path)
    for number in range(LIMITS.files):
        (folder / f"{number}.txt").touch()
    before = fingerprint.submission(folder, "")
    (folder / "hw.ipynb").write_text("[]")
    assert fingerprint.submission(folder, "") == before


def test_a_fingerprint_reads_only_so_many_bytes_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = submission(tmp_path)
    asked: list[int] = []

    def read(_root: Path, _name: str, limit: int) -> bytes:
        asked.append(limit)
        return b"x" * min(limit, 2**20)

    monkeypatch.setattr(fingerprint, "_LARGEST_READ", LIMITS.student_bytes)
    monkeypatch.setattr(fingerprint.disk, "read", read)
    for number in range(3):
        (folder / f"{number}.txt").touch()
    fingerprint.submission(folder, "")
    assert asked == [LIMITS.student_bytes - n * 2**20 for n in range(4)]


def test_a_fingerprint_sees_every_change_of_content_and_name(tmp_path: Path) -> None:
    folder = submission(tmp_path)
    seen = {fingerprint.submission(folder, "")}
    (folder / "hw.ipynb").write_text("[]")
    seen.add(fingerprint.submission(folder, ""))
    (folder / "hw.ipynb").rename(folder / "other.ipynb")
    seen.add(fingerprint.submission(folder, ""))
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff")).write_text("x")
    seen.add(fingerprint.submission(folder, ""))
    assert len(seen) == 4


# --- notebooks without cell ids -------------------------------------------------------------------


@pytest.fixture(params=[0, 4])
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Template:
    made = little.load(tmp_path / "old", ids=False)
    for nb in (made.source, made.graded, made.released):
        nb.nbformat_minor = request.param
    return made


def test_each_cell_keeps_its_own_content_where_cells_have_no_ids(old: Template) -> None:
    executed = little.released(old)
    executed.cells[5].source = "double(5)  # tried"
    results = {cell.grade_id: cell for cell in score(old, executed, {})}
    kept = autograded.presentable(executed, old, results)
    assert [cell.source for cell in kept.cells] == [cell.source for cell in executed.cells]
    given = [index for index, cell in enumerate(kept.cells) if autograded.is_given(cell)]
    assert {0, 1} <= set(given) and 5 not in given


# --- languages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about",
    [
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}},
        {"kernelspec": {"name": "x", "display_name": "x"}, "language_info": {"name": "julia"}},
    ],
)
def test_a_notebook_in_another_language_is_refused(tmp_path: Path, about: dict[str, Any]) -> None:
    nb = little.instructors_notebook()
    nb.metadata = nbformat.from_dict(about)
    nbformat.write(nb, tmp_path / "hw.ipynb")
    with pytest.raises(GraderError, match=r"is in (R|julia)\."):
        versions.load(tmp_path / "hw.ipynb", Config())


@pytest.mark.parametrize("name", ["python", "python3", "conda-env-course-py"])
def test_a_python_notebook_is_taken_whatever_its_kernel_is_called(
    tmp_path: Path, name: str
) -> None:
    nb = little.instructors_notebook()
    nb.metadata.kernelspec = {"name": name, "display_name": "mine", "language": "python"}
    nbformat.write(nb, tmp_path / "hw.ipynb")
    assert versions.load(tmp_path / "hw.ipynb", Config()).max_score == 7


# --- what a kill leaves behind --------------------------------------------------------------------

KILLED = """
import os, signal
from grader.scratch import Scratch
made = Scratch()
(made.path / "file").touch()
(made.path / "link").symlink_to(os.environ["KEPT"])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_folders_of_a_killed_run_are_swept_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o700)
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    monkeypatch.setattr(scratch, "_SHORT", place)
    about = {"TMPDIR": str(place), "KEPT": str(kept)}
    subprocess.run([sys.executable, "-c", KILLED], env=os.environ | about, check=False)
    stale = set(place.iterdir())
    assert len(stale) == 2  # the folder, and the mark beside it
    (place / "grade-link").symlink_to(kept)
    (place / "grade-shared").mkdir(mode=0o755)
    (place / "grade-x").mkdir(mode=0o700)  # as `mkdir` makes it under umask 077
    (place / "grade-x/marks.csv").write_text("ada,90\n")
    others = set(place.iterdir()) - stale
    with scratch.Scratch() as held:
        scratch.sweep()
        assert kept.exists() and (place / "grade-x/marks.csv").exists()
        assert held.path.exists()
        left = {path for path in place.iterdir() if not path.name.startswith(held.path.name)}
        assert left == others
    assert set(place.iterdir()) == others


# --- the command line -----------------------------------------------------------------------------


def test_an_interrupt_is_answered_with_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_root: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Course, "load", interrupted)
    assert command(monkeypatch, "grade", HW) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_file_where_the_disk_needs_a_folder_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_course(tmp_path / "course").root
    (root / "submitted").write_text("")
    assert command(monkeypatch, "collect", HW, tmp_path, "--course", root) == 2
    assert f"{root / 'submitted'}" in capsys.readouterr().err.replace("\n", "")


@pytest.mark.parametrize("words", [["grade"], ["grade", HW, "--isolation", "none"], ["nothing"]])
def test_a_bad_call_says_how_to_call(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, *words) == 2
    said = capsys.readouterr()
    assert "Usage: " in said.err and not said.out


def test_help_is_no_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "grade", "--help") == 0
    assert "Usage: " in capsys.readouterr().out


def command(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    """The exit status of the command of ``words``."""
    monkeypatch.setattr("sys.argv", ["grader", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)
