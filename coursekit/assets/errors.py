"""What can go wrong with an asset. Every message says what happened and what to do about it."""

from __future__ import annotations


class AssetError(RuntimeError):
    """An asset cannot be had. The message is for the person at the keyboard."""


class UnknownAssetError(AssetError):
    """No asset, or no asset of the wanted kind, has this name."""


class UnreachableError(AssetError):
    """Neither the model hub nor the package index gave the file."""


class PipMissingError(AssetError):
    """This Python has no pip, and pip is what fetches package files."""


class DamagedError(AssetError):
    """A file is cut short, or is not the file that the catalogue names."""


class DiskFullError(AssetError):
    """The cache's file system (or a quota or limit on it) has no room."""


class CacheUnwritableError(AssetError):
    """The cache folder cannot be created or written, or another process holds it too long."""


class ConversionError(AssetError):
    """The fetched file is right, but could not be turned into what the course reads."""
