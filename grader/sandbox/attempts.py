"""What a confined process must not be able to do: what an attempt is, and what it is aimed at.

An attempt that returns has succeeded, and the part of the sandbox that it belongs to is not in
force. One that is refused raises :class:`OSError`. Attempts touch only what the prober has laid
out for them, so that they do no harm where they succeed. They are in
:mod:`grader.sandbox.attempts_storage` and :mod:`grader.sandbox.attempts_processes`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.confine import Confinement


@dataclass(frozen=True)
class Target:
    """What the prober, which stands for the examiner, has laid out for the attempts.

    ``private`` is a file in a folder that only its owner may enter, ``public`` one that everybody
    may read and write; ``outside`` a file of the course, if there is one that no view shows.
    ``address`` is where ``secret`` lies in the memory of the process ``pid``.
    """

    pid: int
    secret: bytes
    address: int
    home: Path
    private: Path
    public: Path
    outside: Path | None
    tcp_port: int
    udp_port: int
    abstract: str
    path_socket: Path
    shared_memory: Path
    segment: int
    queue: str
    confinement: Confinement


@dataclass(frozen=True)
class Attempt:
    """An attempt to do what each of ``parts`` forbids."""

    name: str
    parts: tuple[str, ...]
    act: Callable[[Target], None]


ATTEMPTS: list[Attempt] = []  # filled by the modules that define some
# What only the prober can see, because it is about what is left when the process has ended, or
# about what the process looks like from outside.
SURVIVOR = "leave a process behind"
UNSEEN = "hold memory that nobody measures"
SEEN_FROM_OUTSIDE = {SURVIVOR: ("processes",), UNSEEN: ("memory",)}
PROVED_PARTS = ("files", "network", "processes", "ipc", "memory", "disk", "examiner")


def all_parts() -> dict[str, tuple[str, ...]]:
    """The parts that each attempt would break, those seen from outside included."""
    return {one.name: one.parts for one in ATTEMPTS} | SEEN_FROM_OUTSIDE


def attempt(*parts: str) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
    """Register a function as the attempt to do what ``parts`` forbid, named after it."""

    def register(act: Callable[[Target], None]) -> Callable[[Target], None]:
        ATTEMPTS.append(Attempt(act.__name__.replace("_", " "), parts, act))
        return act

    return register


def refusal(message: str) -> OSError:
    """What to raise where a call was let through but did not do its work."""
    return OSError(errno.EACCES, message)
