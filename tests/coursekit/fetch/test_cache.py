"""What is in the cache is used as long as it is whole, and fetched again where it is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from asset_packages import FILES, WHEEL, asset, get, offline, wheel
from coursekit.assets import cache

PACKAGE = wheel(FILES)
ENTRY = asset(PACKAGE, FILES)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache into which :data:`ENTRY` was fetched."""
    root = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        (offline(root, patch) / WHEEL).write_bytes(PACKAGE)
        get(ENTRY)
    return root / "cache"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    """Where :data:`ENTRY` lies in a copy of that cache."""
    shutil.copytree(filled, tmp_path / "cache")
    return cache.asset_folder(ENTRY)


def test_what_is_in_the_cache_needs_no_source_and_no_writing(home: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache" / "staging")
    shutil.rmtree(tmp_path / "cache" / "locks")
    assert get(ENTRY) == home
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["assets"]


def test_a_copied_cache_counts_though_its_times_differ(home: Path) -> None:
    os.utime(home / "data/poem.txt", ns=(1, 1))
    assert cache.is_present(ENTRY)


def test_others_may_read_what_is_in_the_cache(home: Path) -> None:
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in (home, *home.rglob("*")))


@pytest.mark.parametrize("harm", ["flip", "shorten", "remove"])
def test_a_damaged_file_in_the_cache_is_fetched_again(home: Path, links: Path, harm: str) -> None:
    (links / WHEEL).write_bytes(PACKAGE)
    file = home / "data/poem.txt"
    content = file.read_bytes()
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(b"X" + content[1:] if harm == "flip" else content[:-1])
    os.utime(file.parent)
    assert not cache.is_present(ENTRY)
    assert (get(ENTRY) / "data/poem.txt").read_bytes() == content


def test_a_new_pin_in_the_catalogue_is_not_served_from_the_old_files(home: Path) -> None:
    assert cache.is_present(ENTRY)
    newer = FILES | {"data/poem.txt": b"three\n"}
    assert not cache.is_present(asset(PACKAGE, newer))
