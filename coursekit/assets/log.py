"""Reads what a child process said when it failed."""

from __future__ import annotations

from coursekit.assets.errors import DiskFullError

_NO_ROOM = ("no space left", "disk quota", "file too large", "not enough space", "os error 28")


def disk_full(log: str, doing: str) -> DiskFullError | None:
    """Return the error to raise if ``log`` says that the disk filled up while ``doing``."""
    if not any(sign in log.lower() for sign in _NO_ROOM):
        return None
    return DiskFullError(
        f"the disk filled up while {doing}. Nothing was kept. Free some space, or set "
        "COURSEKIT_CACHE to a folder on a larger disk, then try again."
    )


def last_error(log: str) -> str:
    """Return the last line of ``log`` that says what went wrong, cut to 300 characters."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    chosen = errors or lines or ["it said nothing"]
    return chosen[-1].removeprefix("ERROR: ")[:300]
