"""Where a submission is examined: its folders, furnished, and the kernels that may enter them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit.assets import cache
from coursekit.exchange import VARIABLE as EXCHANGE_VARIABLE
from coursekit.seeds import KEY_VARIABLE
from grader.dispatch import cores
from grader.examine.seat import Seat
from grader.intake import folder as disk
from grader.kernels.client import Zygote
from grader.kernels.messages import Role
from grader.outline import Limits
from grader.results import Isolation
from grader.sandbox.confine import Confinement, Mechanism
from grader.sandbox.mounts import EXCHANGE, WORK
from grader.sandbox.privileges import free_uid
from grader.sandbox.view import SYSTEM, read_only
from grader.scratch import Scratch
from grader.warm import LIBRARIES

_NBGRADERS = {"NBGRADER_EXECUTION": "autograde"}  # by which a cell may know that it is graded


@dataclass(frozen=True)
class Terms:
    """On what terms a class is graded.

    ``key`` is that of the tests' seeds, ``threads`` how many a kernel's libraries may use, and
    ``mechanisms`` what strangers' kernels are shut in with. Without ``watched`` only time and
    output are limited.
    """

    isolation: Isolation
    key: str
    threads: int
    mechanisms: frozenset[Mechanism] = frozenset()
    watched: bool = True


@dataclass(frozen=True)
class Furniture:
    """What lies in the folders: what is in the instructor's folder ``given``, without its
    notebooks, and of the student's folder ``own`` the ``files``. The instructor's come last, over
    the student's."""

    given: Path
    own: Path
    files: tuple[str, ...]


@contextmanager
def seats(
    source: Zygote, terms: Terms, limits: Limits, furniture: Furniture
) -> Iterator[tuple[Seat, Seat | None]]:
    """The seats for one notebook's kernels: the student's, and the examiner's where there is one.

    Their folders exist meanwhile. The student's kernel sees one folder, of bounded size where the
    host allows it; the examiner works in another, which holds what the instructor gives, and
    shares only the exchange folder with it.
    """
    shut_in = bool(terms.mechanisms)
    uid = free_uid() if Mechanism.IDENTITY in terms.mechanisms else os.getuid()
    with ExitStack() as stack:
        folder = stack.enter_context(Scratch(short=True)).path
        if shut_in and Mechanism.IDENTITY in terms.mechanisms:
            os.chown(folder, uid, uid)
        outside = stack.enter_context(source.folder(folder, limits.disk_mb, uid))
        _furnish(outside / WORK, furniture, uid, students=True)
        env = {**LIBRARIES, **_NBGRADERS, EXCHANGE_VARIABLE: str(folder / EXCHANGE)}
        confinement = None
        if shut_in:
            confinement = Confinement(
                mechanisms=terms.mechanisms,
                folder=folder,
                sockets=folder,
                read_only=_visible(),
                uid=uid,
                processes=limits.processes,
                memory_mb=limits.memory_mb,
                disk_mb=limits.disk_mb,
                cores=cores.own(),
            )
        knowing = {**env, KEY_VARIABLE: terms.key}
        if terms.isolation is Isolation.KERNEL:
            yield Seat(Role.ALONE, folder / WORK, knowing, confinement), None
            return
        desk = stack.enter_context(Scratch()).path
        _furnish(desk, furniture, os.getuid(), students=False)
        examiner = Seat(Role.EXAMINER, desk, knowing)
        yield Seat(Role.CANDIDATE, folder / WORK, env, confinement), examiner


def shown(path: Path) -> Path | None:
    """The folder that a student's kernel may read and ``path`` lies in, if there is one."""
    readable = (*map(Path, SYSTEM), *read_only(cache.folder()))
    return next((one for one in readable if path.resolve().is_relative_to(one)), None)


@lru_cache(maxsize=1)
def _visible() -> tuple[Path, ...]:
    return read_only(cache.folder())


def _furnish(target: Path, furniture: Furniture, uid: int, *, students: bool) -> None:
    """Fill the folder ``target``, all of it ``uid``'s.

    Raise ``UnreadableError`` where a student's file is not any more what intake saw.
    """
    for name in furniture.files if students else ():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        with disk.opened(furniture.own, name) as theirs, (target / name).open("xb") as copy:
            shutil.copyfileobj(theirs, copy)
    shutil.copytree(
        furniture.given,
        target,
        ignore=shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints"),
        dirs_exist_ok=True,
    )
    target.chmod(0o700)  # not as open as the instructor's folder may be
    if uid != os.getuid():
        for path in (target, *target.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)
