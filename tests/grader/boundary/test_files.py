"""The exchange folder: one path on both sides, and only plain files in it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from boundary_bench import Make
from coursekit.exchange import VARIABLE, exchange
from grader.examine.boundary import files
from grader.examine.boundary.files import keep_plain_files


def test_the_folder_is_the_graders_or_one_of_this_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, os.fspath(tmp_path))
    assert exchange() == tmp_path
    monkeypatch.delenv(VARIABLE)
    assert exchange() == exchange() and exchange().is_dir()


def test_files_cross_both_ways(bench: Make, tmp_path: Path) -> None:
    made = bench("def copy(a, b):\n    with open(b, 'w') as f: f.write(open(a).read() * 2)")
    made.namespace["folder"] = tmp_path / "exchange"
    made.passes(
        """
        (folder / "in.txt").write_text("ab")
        copy(folder / "in.txt", folder / "out.txt")
        assert (folder / "out.txt").read_text() == "abab"
        """,
        "copy",
    )


def test_links_pipes_and_sockets_are_gone_before_the_test_looks(
    bench: Make, tmp_path: Path
) -> None:
    secret = tmp_path / "hidden.txt"
    secret.write_text("right")
    made = bench(
        f"""
        import os, socket
        def write(folder):
            os.makedirs(f"{{folder}}/deep/er")
            os.symlink({os.fspath(secret)!r}, f"{{folder}}/link")
            os.symlink({os.fspath(tmp_path)!r}, f"{{folder}}/deep/er/folder")
            os.mkfifo(f"{{folder}}/deep/pipe")
            socket.socket(socket.AF_UNIX).bind(f"{{folder}}/socket")
            open(f"{{folder}}/deep/plain", "w").write("x")
        """
    )
    made.namespace["folder"] = tmp_path / "exchange"
    made.passes(
        """
        import os
        write(str(folder))
        left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        assert left == ["deep", "deep/er", "deep/plain"], left
        """,
        "write",
    )
    assert secret.read_text() == "right"


def test_too_many_files_fail_the_cell(
    bench: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 20)
    made = bench("def write(folder):\n    for i in range(50): open(f'{folder}/{i}', 'w').close()")
    made.namespace["folder"] = os.fspath(tmp_path / "exchange")
    outcome = made.cell("try: write(folder)\nexcept Exception: pass", "write")
    assert outcome.fatal == "output" and outcome.idle


def test_a_folder_that_goes_is_no_error(tmp_path: Path) -> None:
    keep_plain_files(tmp_path / "missing")


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.fspath(outside / "socket"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    keep_plain_files(folder)
    assert not (folder / "link").exists() and (outside / "socket").exists()


def test_folders_below_folders_without_end_are_too_many(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(files.DEEPEST):
        deep = deep / "f"
    deep.mkdir(parents=True)
    keep_plain_files(tmp_path)
    (deep / "f").mkdir()
    with pytest.raises(files.TooManyFilesError):
        keep_plain_files(tmp_path)


def test_a_link_in_the_folders_own_place_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    os.mkfifo(tmp_path / "outside" / "pipe")
    (tmp_path / "exchange").symlink_to(tmp_path / "outside")
    keep_plain_files(tmp_path / "exchange")
    assert (tmp_path / "outside" / "pipe").exists()
