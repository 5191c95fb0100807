"""The parts of the sandbox, and which of them this version and host can put in force."""

from __future__ import annotations

from enum import StrEnum

from grader.errors import GraderError

PARTS = ("files", "network", "processes", "ipc", "memory", "disk", "output", "time", "examiner")
WATCHED = ("processes", "memory", "disk", "output", "time")
ALWAYS = ("output", "time")  # the engine's own, under every mode


class Sandbox(StrEnum):
    """What to do where a part of the sandbox is missing."""

    REQUIRE = "require"
    BEST = "best"
    OFF = "off"


def in_force(mode: Sandbox) -> tuple[str, ...]:
    """The parts in force under ``mode``; raise :class:`GraderError` where `require` cannot be."""
    if mode is Sandbox.OFF:
        return ALWAYS
    missing = [part for part in PARTS if part not in WATCHED]
    if mode is Sandbox.REQUIRE and missing:
        raise GraderError(
            f"These parts of the sandbox are not available: {', '.join(missing)}.",
            "Grade work you trust with --sandbox best (results are marked untrusted), or grade "
            "inside a container or virtual machine that holds nothing else.",
        )
    return WATCHED
