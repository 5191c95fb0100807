"""Every model, tokenizer and text of the course: where it comes from and what it must be.

The entries are data only. A :class:`Package` is a file of the Python package index that happens
to carry the material; its code is never run. ``sha256`` pins both that file and what is read
from it, so a cache filled from any source holds the same bytes.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from enum import StrEnum

from coursekit.assets.errors import UnknownAssetError


class Kind(StrEnum):
    """What an asset is."""

    CAUSAL_LM = "causal-lm"
    SENTENCE_ENCODER = "sentence-encoder"
    TOKENIZER = "tokenizer"
    TEXT = "text"
    PARALLEL = "parallel-text"


class Format(StrEnum):
    """How an asset's files are read."""

    GGUF = "GGUF, converted once to safetensors"
    SAFETENSORS = "safetensors and tokenizer.json"
    TOKENIZER_JSON = "tokenizer.json of the tokenizers library"
    RANKS = "tiktoken rank file: base64 token and rank on each line"
    CSV_BZ2 = "CSV compressed with bzip2"
    PLAIN = "plain text files, UTF-8"
    WIKI_XML_BZ2 = "MediaWiki export compressed with bzip2"
    PO = "gettext .po files"


class Rights(StrEnum):
    """What the project may do with an asset's content."""

    OPEN = "may be quoted under its licence"
    RUN_TIME_ONLY = "read at run time, never commit"


@dataclass(frozen=True)
class Package:
    """One file of the package index.

    ``platform`` and ``abi`` are pip's, given where the wheel is built for one platform: the
    data inside is the same for all, so every machine takes this one file. ``size`` in bytes.
    """

    name: str
    version: str
    filename: str
    size: int
    sha256: str
    platform: str | None = None
    abi: str | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether the file is a wheel; otherwise it is a gzipped source archive."""
        return self.filename.endswith(".whl")

    @property
    def requirement(self) -> str:
        """The pinned requirement, ``NAME==VERSION``."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class HubSnapshot:
    """A repository of the model hub at one commit."""

    repository: str
    revision: str


@dataclass(frozen=True)
class Member:
    """One file below the asset's ``root`` in the archive, or several that belong together.

    ``globs`` are shell patterns on the path below ``root``, in which ``*`` also matches slashes.
    ``files`` and ``size`` (bytes) are the totals of what matches. ``sha256`` is the file's hash
    where one file matches; of several, the hash of the lines ``<hash>  <path>`` sorted by path.
    """

    globs: tuple[str, ...]
    files: int
    size: int
    sha256: str

    def matches(self, path: str) -> bool:
        """Whether ``path``, below the asset's root, is one of these files."""
        return any(fnmatch.fnmatchcase(path, glob) for glob in self.globs)


@dataclass(frozen=True)
class Asset:
    """One entry of the catalogue."""

    name: str
    title: str
    kind: Kind
    format: Format
    package: Package
    root: str
    members: tuple[Member, ...]
    licence: str
    rights: Rights
    hub: HubSnapshot | None = None

    @property
    def version(self) -> str:
        """The pinned version of the package, and the hub revision where there is one."""
        suffix = f", hub revision {self.hub.revision}" if self.hub else ""
        return f"{self.package.requirement}{suffix}"

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the asset is looked for, in this order."""
        hub = (f"model hub {self.hub.repository}",) if self.hub else ()
        return ("cache", *hub, f"package file {self.package.filename}")

    @property
    def size(self) -> int:
        """Bytes read from the package file, before any conversion."""
        return sum(member.size for member in self.members)


def get(name: str) -> Asset:
    """Return the catalogue's entry ``name``; raise :class:`UnknownAssetError` if there is none."""
    from coursekit.assets.entries import CATALOGUE

    for asset in CATALOGUE:
        if asset.name == name:
            return asset
    known = ", ".join(asset.name for asset in CATALOGUE)
    raise UnknownAssetError(f"there is no asset named {name!r}. The assets are: {known}.")
