"""No network, no pip, no room, no leave to write: what is said, and that nothing is left."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from asset_packages import (
    FILES,
    SOURCE,
    WHEEL,
    Server,
    asset,
    fetching,
    get,
    nothing_is_left,
    serving,
    wheel,
)
from coursekit.assets.errors import (
    CacheUnwritableError,
    DiskFullError,
    PipMissingError,
    UnreachableError,
)


@pytest.mark.parametrize("filename", [WHEEL, SOURCE])
def test_no_network_says_how_to_do_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filename: str
) -> None:
    with serving() as gone:
        address = gone.address
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    with pytest.raises(UnreachableError, match=r"cannot be reached.*COURSEKIT_CACHE"):
        get(asset(wheel(FILES), FILES, filename=filename))
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("filename", [WHEEL, SOURCE])
def test_an_index_without_the_file_is_named_as_the_cause(tmp_path: Path, filename: str) -> None:
    with pytest.raises(UnreachableError, match=rf"did not give {filename}.*pip config list"):
        get(asset(wheel(FILES), FILES, filename=filename))
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("filename", [WHEEL, SOURCE])
def test_a_python_without_pip_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filename: str
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name == "posix")
    folder = "bin" if os.name == "posix" else "Scripts"
    python = shutil.which("python", path=str(tmp_path / "bare" / folder))
    assert python is not None
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(PipMissingError, match="-m ensurepip"):
        get(asset(wheel(FILES), FILES, filename=filename))
    assert nothing_is_left(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize("content", [os.urandom(300_000), bytes(300_000)], ids=["pip", "unpacking"])
def test_no_room_while_writing_leaves_nothing_behind(
    links: Path, tmp_path: Path, content: bytes
) -> None:
    files = {"data/large.bin": content}
    package = wheel(files)
    (links / WHEEL).write_bytes(package)
    process = fetching(asset(package, files), largest_file=100_000)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.strip().splitlines()[-1].startswith("DiskFullError: ")
    assert "COURSEKIT_CACHE" in said
    assert nothing_is_left(tmp_path)


def test_too_little_room_is_seen_before_anything_is_fetched(server: Server) -> None:
    package = wheel(FILES)
    path = server.publish(WHEEL, package)
    entry = asset(package, FILES)
    huge = dataclasses.replace(entry, package=dataclasses.replace(entry.package, size=10**18))
    with pytest.raises(DiskFullError, match="MB are needed"):
        get(huge)
    assert server.count(path) == 0


def has_own_mounts() -> bool:
    """Whether this user may mount a small file system of its own."""
    unshare = shutil.which("unshare")
    return unshare is not None and not subprocess.run([unshare, "-rm", "true"]).returncode


@pytest.mark.skipif(not has_own_mounts(), reason="needs user namespaces to mount a full disk")
def test_a_full_file_system_is_reported_as_such(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    code = (
        "import sys; from coursekit.assets import cache\n"
        "try:\n with cache.staging('x') as work: (work / 'big').write_bytes(bytes(3_000_000))\n"
        "except Exception as error: print(type(error).__name__, list(work.parent.iterdir()))"
    )
    mount = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, str(disk), sys.executable, "-c", code],
        env=os.environ | {"COURSEKIT_CACHE": str(disk)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "DiskFullError []"


def test_an_unwritable_cache_says_which_variable_to_set(
    monkeypatch: pytest.MonkeyPatch, links: Path, tmp_path: Path
) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheUnwritableError, match="set COURSEKIT_CACHE"):
        get(asset(package, FILES))
