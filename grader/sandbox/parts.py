"""The parts of the sandbox, and which of them are in force under the grader's options."""

from __future__ import annotations

from enum import StrEnum

from grader.errors import GraderError
from grader.sandbox.probe import Host

PARTS = ("files", "network", "processes", "ipc", "memory", "disk", "output", "time", "examiner")
ALWAYS = ("output", "time")  # the engine's own, under every mode
WATCHED = ("processes", "memory", "disk")  # measured from outside as well
APART = "examiner"  # only where the tests run in a kernel of their own


class Sandbox(StrEnum):
    """What to do where a part of the sandbox is missing."""

    REQUIRE = "require"
    BEST = "best"
    OFF = "off"


def in_force(mode: Sandbox, host: Host, *, apart: bool) -> tuple[str, ...]:
    """The parts in force under ``mode`` on ``host``, in the order of :data:`PARTS`.

    ``apart`` says that the tests run in a kernel of their own; without it the part `examiner`
    is neither in force nor required. Raise :class:`GraderError` where `require` cannot be.
    """
    if mode is Sandbox.OFF:
        return ALWAYS
    wanted = [part for part in PARTS if part != APART or apart]
    missing = [part for part in wanted if part not in ALWAYS and not host.part(part).in_force]
    if mode is Sandbox.REQUIRE and missing:
        remedies = dict.fromkeys(host.part(part).remedy for part in missing)
        raise GraderError(
            f"These parts of the sandbox cannot be put in force here: {', '.join(missing)}.",
            " ".join(remedies) + " `grader doctor` shows what got through. Work you trust can be "
            "graded with --sandbox best; its results are marked untrusted.",
        )
    return tuple(part for part in wanted if part not in missing)
