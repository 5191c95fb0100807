"""The cache folder: what is in it, whether it is whole, and how something gets into it whole.

Each asset is a folder ``assets/<name>`` with its files and a manifest. A folder is built elsewhere
in the cache and renamed into place, so a folder under its final name is complete. The manifest
holds each file's hash, and its size and modification time as they were when it was hashed: a
file that still has both is taken as verified, any other is hashed again before use.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from coursekit.assets.catalogue import Asset
from coursekit.assets.errors import CacheUnwritableError, DiskFullError
from coursekit.durable import sync_folder

CACHE_VARIABLE = "COURSEKIT_CACHE"
MANIFEST = "manifest.json"
LOCK_WAIT_S = 1800.0

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CONVERSION = "1"  # raise it when what is written into the cache changes


class FileRecord(BaseModel):
    """One file of an installed asset; ``size`` in bytes, ``mtime_ns`` as ``os.stat`` gives it."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    mtime_ns: int
    sha256: str


class Manifest(BaseModel):
    """What was installed; ``pinned`` are the catalogue's hashes it was made from."""

    model_config = ConfigDict(frozen=True)

    asset: str
    pinned: tuple[str, ...]
    files: tuple[FileRecord, ...]


def folder() -> Path:
    """Return the cache folder: ``COURSEKIT_CACHE``, or the platform's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("coursekit", appauthor=False)


def asset_folder(asset: Asset) -> Path:
    """Return where ``asset`` lies, or will lie."""
    return folder() / "assets" / asset.name


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file ``path`` in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(hashes: dict[str, str]) -> str:
    """Return the hash of several files, given as path to hash; of one file, its own hash.

    Of several it is the SHA-256 of the lines ``<hash>  <path>``, sorted by path.
    """
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()


def is_present(asset: Asset) -> bool:
    """Whether ``asset`` is in the cache, whole, at the catalogue's version.

    Files that changed since they were last hashed are hashed again.
    """
    home = asset_folder(asset)
    manifest = _read_manifest(home)
    if manifest is None or manifest.pinned != _pinned(asset):
        return False
    return all(_is_unchanged(home, record) for record in manifest.files)


def install(asset: Asset, content: Path) -> Path:
    """Make the folder ``content``, which lies in the cache, the cached ``asset``.

    ``content`` is checked to be whole already; it is moved. Returns the asset's folder.
    """
    records = tuple(_record(content, path) for path in sorted(content.rglob("*")) if path.is_file())
    manifest = Manifest(asset=asset.name, pinned=_pinned(asset), files=records)
    with (content / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    for path in (content, *content.rglob("*")):  # a sandboxed user must be able to read them
        path.chmod(0o755 if path.is_dir() else 0o644)
    home = asset_folder(asset)
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.exists():
        home.replace(content.with_name(f"{content.name}.replaced"))
    content.replace(home)
    sync_folder(home.parent)
    return home


@contextmanager
def staging(label: str) -> Iterator[Path]:
    """Give an empty folder in the cache, in which one process at a time works on ``label``.

    It is removed at the end, whatever happens; what a killed run left in it is removed first.
    What the file system refuses is raised as :class:`DiskFullError` or
    :class:`CacheUnwritableError`.
    """
    root = folder()
    work = root / "staging" / label
    with refusals(root):
        (root / "locks").mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(root / "locks" / f"{label}.lock", timeout=LOCK_WAIT_S):
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir(parents=True)
                try:
                    yield work
                finally:
                    shutil.rmtree(work, ignore_errors=True)
        except Timeout:
            raise CacheUnwritableError(
                f"another process has been fetching into {root} for {LOCK_WAIT_S / 60:.0f} "
                "minutes. Wait for it or end it, then try again."
            ) from None


@contextmanager
def refusals(root: Path) -> Iterator[None]:
    """Raise the file system's refusals below ``root`` as errors that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(
                f"no room to write in {root} ({error.strerror}). Free some space, or set "
                f"{CACHE_VARIABLE} to a folder on a larger disk, then try again."
            ) from error
        raise CacheUnwritableError(
            f"the cache folder {root} cannot be written: {error}. Make it writable, or set "
            f"{CACHE_VARIABLE} to a folder that is."
        ) from error


def require_room(size: int) -> None:
    """Raise :class:`DiskFullError` unless ``size`` bytes are free where the cache is."""
    root = folder()
    with refusals(root):
        root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(root).free
    if free < size:
        raise DiskFullError(
            f"{size / 1e6:.0f} MB are needed in {root}, {free / 1e6:.0f} MB are free. Free some "
            f"space, or set {CACHE_VARIABLE} to a folder on a larger disk, then try again."
        )


def _pinned(asset: Asset) -> tuple[str, ...]:
    return (CONVERSION, *(member.sha256 for member in asset.members))


def _read_manifest(home: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((home / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def _record(content: Path, path: Path) -> FileRecord:
    status = path.stat()
    return FileRecord(
        path=path.relative_to(content).as_posix(),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        sha256=sha256_of(path),
    )


def _is_unchanged(home: Path, record: FileRecord) -> bool:
    path = home / record.path
    try:
        status = path.stat()
        if status.st_size != record.size:
            return False
        return status.st_mtime_ns == record.mtime_ns or sha256_of(path) == record.sha256
    except OSError:
        return False
