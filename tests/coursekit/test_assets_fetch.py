"""Fetching: from where, verified how, and what happens when it goes wrong."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from asset_packages import (
    SOURCE,
    WHEEL,
    Server,
    asset,
    fetching,
    serving,
    source_archive,
    wheel,
)
from coursekit.assets import cache, obtain
from coursekit.assets.catalogue import Asset, HubSnapshot
from coursekit.assets.errors import (
    CacheUnwritableError,
    DamagedError,
    DiskFullError,
    PipMissingError,
    UnknownAssetError,
    UnreachableError,
)

FILES = {"data/poem.txt": b"one\n" * 500, "data/song.txt": b"two\n" * 500}
LARGE = {"data/large.bin": os.urandom(300_000)}


@pytest.fixture(autouse=True)
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and pip told to look in an empty folder only."""
    folder = tmp_path / "links"
    folder.mkdir()
    for variable in [name for name in os.environ if name.startswith(("PIP_", "HF_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A package index over HTTP, the only one pip is told of."""
    with serving() as running:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", f"{running.address}/simple")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running


def get(entry: Asset) -> Path:
    return obtain.ensure(entry, (entry,))


def nothing_is_left(tmp_path: Path) -> bool:
    """Whether the cache holds no asset and no remains of one."""
    root = tmp_path / "cache"
    return not [
        path
        for folder in ("assets", "staging")
        for path in (root / folder).rglob("*")
        if path.is_file()
    ]


def test_a_wheel_is_read_as_data_and_its_code_never_runs(links: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w')".encode()
    package = wheel(FILES | {"__init__.py": code})
    (links / WHEEL).write_bytes(package)
    home = get(asset(package, FILES))
    assert (home / "data/poem.txt").read_bytes() == FILES["data/poem.txt"]
    assert not (home / "__init__.py").exists()
    assert not marker.exists()


def test_a_source_archive_is_read_as_data_and_its_build_script_never_runs(
    links: Path, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    script = f"open({str(marker)!r}, 'w')\nfrom setuptools import setup\nsetup()".encode()
    package = source_archive(FILES | {"setup.py": script})
    (links / SOURCE).write_bytes(package)
    home = get(asset(package, FILES, filename=SOURCE))
    assert (home / "data/song.txt").read_bytes() == FILES["data/song.txt"]
    assert not marker.exists()


def test_a_source_archive_comes_over_the_network_too(server: Server) -> None:
    package = source_archive(FILES)
    server.publish(SOURCE, package)
    assert (get(asset(package, FILES, filename=SOURCE)) / "data/poem.txt").is_file()


def test_assets_of_one_package_are_fetched_together(server: Server) -> None:
    package = wheel(FILES)
    path = server.publish(WHEEL, package)
    entries = [asset(package, {name: FILES[name]}, name=Path(name).stem) for name in FILES]
    for entry in entries:
        obtain.ensure(entry, entries)
    assert server.count(path) == 1


def test_what_is_in_the_cache_needs_no_source_and_no_writing(links: Path, tmp_path: Path) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    entry = asset(package, FILES)
    home = get(entry)
    (links / WHEEL).unlink()
    shutil.rmtree(tmp_path / "cache" / "staging")
    shutil.rmtree(tmp_path / "cache" / "locks")
    assert get(entry) == home
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["assets"]


def test_a_copied_cache_counts_though_its_times_differ(links: Path) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    home = get(asset(package, FILES))
    os.utime(home / "data/poem.txt", ns=(1, 1))
    assert cache.is_present(asset(package, FILES))


def test_others_may_read_what_is_in_the_cache(links: Path) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    home = get(asset(package, FILES))
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in (home, *home.rglob("*")))


@pytest.mark.parametrize("harm", ["flip", "shorten", "remove"])
def test_a_damaged_file_in_the_cache_is_fetched_again(links: Path, harm: str) -> None:
    package = wheel(FILES)
    (links / WHEEL).write_bytes(package)
    entry = asset(package, FILES)
    file = get(entry) / "data/poem.txt"
    content = file.read_bytes()
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(b"X" + content[1:] if harm == "flip" else content[:-1])
    os.utime(file.parent)
    assert not cache.is_present(entry)
    assert (get(entry) / "data/poem.txt").read_bytes() == content


def test_a_new_pin_in_the_catalogue_is_not_served_from_the_old_files(links: Path) -> None:
    old = wheel(FILES)
    (links / WHEEL).write_bytes(old)
    get(asset(old, FILES))
    newer = FILES | {"data/poem.txt": b"three\n"}
    assert not cache.is_present(asset(old, newer))


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


def test_two_processes_at_once_fetch_once(server: Server) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    first = fetching(entry)
    assert server.half_sent.wait(60)
    second = fetching(entry)
    server.go_on.set()
    for process in (first, second):
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert server.count(server.held_path) == 1


def test_a_fetch_that_another_process_has_begun_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    other = fetching(entry)
    assert server.half_sent.wait(60)
    monkeypatch.setattr(cache, "LOCK_WAIT_S", 0.1)
    with pytest.raises(CacheUnwritableError, match="another process"):
        get(entry)
    server.go_on.set()
    _, said = other.communicate(timeout=60)
    assert other.returncode == 0, said


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_a_killed_fetch_leaves_nothing_as_if_whole_and_the_next_one_works(server: Server) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    process = fetching(entry)
    assert server.half_sent.wait(60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not cache.is_present(entry)
    server.go_on.set()
    server.held_path = ""
    assert (get(entry) / "data/large.bin").read_bytes() == LARGE["data/large.bin"]


def hub_pages(server: Server, repository: str, files: dict[str, bytes]) -> HubSnapshot:
    """Serve ``files`` as the model hub does, and return where."""
    snapshot = HubSnapshot(repository, "0123456789abcdef0123456789abcdef01234567")
    for path, content in files.items():
        server.pages[f"/{repository}/resolve/{snapshot.revision}/{path}"] = content
    server.pages["/"] = b""
    server.headers = {"ETag": '"1"', "X-Repo-Commit": snapshot.revision}
    return snapshot


@pytest.mark.parametrize("answer", ["right", "wrong", "absent", "forbidden"])
def test_the_hub_is_asked_first_but_only_its_right_files_are_taken(
    monkeypatch: pytest.MonkeyPatch, server: Server, answer: str
) -> None:
    package = wheel(FILES)
    path = server.publish(WHEEL, package)
    offered = {
        "right": FILES,
        "wrong": FILES | {"data/song.txt": b"six\n" * 500},
        "absent": {},
        "forbidden": FILES,
    }[answer]
    snapshot = hub_pages(server, "someone/sample", offered)
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    if answer == "forbidden":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    process = fetching(asset(package, FILES, hub=snapshot))
    home, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert (Path(home.strip()) / "data/song.txt").read_bytes() == FILES["data/song.txt"]
    assert server.count(path) == (0 if answer == "right" else 1)
    assert bool(server.heads) == (answer != "forbidden")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownAssetError, match="smollm2-135m-instruct"):
        obtain.fetch("smollm3")
