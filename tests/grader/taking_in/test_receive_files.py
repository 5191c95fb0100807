"""Files beside the notebook: what comes along, and what is left out with a flag."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.intake import folder as disk
from grader.intake.flags import Kind
from grader.outline import Homework, Limits
from grader.template import Template
from intake_course import got, hand_in, kinds


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
    assert made.files == ()
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
    assert made.files == ("a.csv", "data/b.txt")
    assert kinds(made) == [Kind.IGNORED_FILE] * 3


@contextmanager
def without_privileges() -> Iterator[None]:
    """As a user who may not read every file; root may."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(12_345)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_may_not_be_read_is_left_out_and_the_rest_is_graded(template: Template) -> None:
    with tempfile.TemporaryDirectory() as made_for_it:
        folder = Path(made_for_it) / "jane" / "hw"
        folder.mkdir(parents=True)
        Path(made_for_it).chmod(0o755)
        hand_in(folder, template)
        (folder / "data").mkdir()
        for name in ("a.csv", "b.csv", "data/c.txt"):
            (folder / name).write_text("1")
        (folder / "a.csv").chmod(0)
        (folder / "data").chmod(0o444)
        with without_privileges():
            made = got(folder, template)
    assert list(made.notebooks) == ["hw"] and made.files == ("b.csv",)
    assert kinds(made) == [Kind.REFUSED_FILE] * 2


def test_a_file_is_opened_where_it_lies_and_not_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.csv").write_text("1")
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "data").symlink_to(tmp_path / "secret")
    for name in ("data/a.csv", "data", "gone.csv"):
        with pytest.raises(disk.UnreadableError):
            disk.opened(tmp_path / "hw", name)
    with disk.opened(tmp_path / "secret", "a.csv") as file:
        assert file.read() == b"1"


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
    assert (made.files, made.flags) == ((), ())


def test_the_instructors_own_files_go_without_a_flag_and_a_link_does_not(
    folder: Path, template: Template
) -> None:
    hand_in(folder, template)
    (folder / "figure.png").touch()
    assert got(folder, template, given={"figure.png"}).flags == ()
    (folder / "figure.png").unlink()
    (folder / "figure.png").symlink_to("/etc/passwd")
    assert kinds(got(folder, template, given={"figure.png"})) == [Kind.REFUSED_FILE]


def test_many_changes_make_few_flags(folder: Path, template: Template) -> None:
    hand_in(folder, template)
    for number in range(60):
        (folder / f"{number}.exe").touch()
    flags = got(folder, template).flags
    assert len(flags) == 21
    assert flags[-1].detail == "and 40 more"
