"""What a forked child does to shut itself in, before it reads a word of a student's.

A keeper calls :func:`leave_host` and forks the process to confine, which calls :func:`shut_in`.
Every mechanism of the confinement is applied; what fails raises :class:`ConfinementError` and must
end the process. Nothing here imports a module late: a view has no grader to import from.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.sandbox import landlock, namespaces, privileges, seccomp
from grader.sandbox.view import View


class Mechanism(StrEnum):
    """Ways to confine a process; a host may lack some."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    IDENTITY = "identity"  # another user id: root's to give


class ConfinementError(Exception):
    """This host does not let ``mechanism`` be applied, for the reason ``error``."""

    def __init__(self, mechanism: Mechanism, error: OSError) -> None:
        super().__init__(f"{mechanism}: {error}")
        self.mechanism = mechanism
        self.error = error


@dataclass(frozen=True)
class Confinement:
    """How one process is to be confined.

    ``folder`` is all it may write and ``sockets`` where its kernel's sockets are; ``read_only``
    is what it may read besides the system's programs. ``uid`` is whose ``folder`` is, as
    :func:`user_for` gives it. ``processes``, ``memory_mb`` and ``disk_mb`` are the submission's
    limits, ``cores`` the processor cores that it has for itself; empty stands for all.
    """

    mechanisms: frozenset[Mechanism]
    folder: Path
    sockets: Path
    read_only: tuple[Path, ...]
    uid: int
    processes: int
    memory_mb: float
    disk_mb: float
    cores: frozenset[int] = frozenset()

    def view(self) -> View:
        """The paths it may see."""
        return View(read_only=self.read_only, folder=self.folder, sockets=self.sockets)


def user_for(mechanisms: Collection[Mechanism]) -> int:
    """Whom a process confined by ``mechanisms`` is to be: nobody else at all, or this user.

    Raise :class:`ConfinementError` where there is nobody to be.
    """
    if Mechanism.IDENTITY not in mechanisms:
        return os.geteuid()
    with _applying(Mechanism.IDENTITY):
        return privileges.free_uid()


def warm_up() -> None:
    """Do once what is the same for every confinement; for a process that forks many."""
    landlock.abi()
    if seccomp.supported():
        for own_root in (True, False):
            seccomp.program(platform.machine(), own_root=own_root)


def leave_host(confinement: Confinement) -> None:
    """Leave the host's namespaces; for the keeper, before it forks the process to confine."""
    if Mechanism.NAMESPACES in confinement.mechanisms:
        with _applying(Mechanism.NAMESPACES):
            namespaces.leave()


def shut_in(confinement: Confinement) -> None:
    """Shut this process in; it must have one thread. Its working folder is then the root."""
    used = confinement.mechanisms
    own_root = Mechanism.NAMESPACES in used
    uid, gid = os.getuid(), os.getgid()
    if confinement.cores:
        os.sched_setaffinity(0, confinement.cores)
    if Mechanism.IDENTITY in used:
        uid = gid = confinement.uid
    privileges.leave_session()
    privileges.limit(
        confinement.processes,
        confinement.disk_mb,
        own_count=own_root or Mechanism.IDENTITY in used,
    )
    if own_root:
        with _applying(Mechanism.NAMESPACES):
            namespaces.enter(confinement.view(), uid, gid)
    rules = None
    if Mechanism.LANDLOCK in used:  # made while every folder on the way is still open to us
        with _applying(Mechanism.LANDLOCK):
            rules = landlock.rules(confinement.view(), own_root=own_root)
    privileges.lock_capabilities()
    if Mechanism.IDENTITY in used:
        with _applying(Mechanism.IDENTITY):
            privileges.become(uid)
    os.umask(0o077)
    privileges.drop_capabilities()
    if rules is not None:
        with _applying(Mechanism.LANDLOCK):
            landlock.enforce(rules)
    if Mechanism.SECCOMP in used:
        with _applying(Mechanism.SECCOMP):
            seccomp.install(own_root=own_root)


@contextlib.contextmanager
def _applying(mechanism: Mechanism) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfinementError(mechanism, error) from error
