"""A zygote's process: how it is started, and how one holds on to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.scratch import Scratch

STDERR = "stderr"  # the file in its home that takes what it says


class Process:
    """A process that is ours to end: a child of this one, or what another program has forked."""

    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self._child = child
        self._descriptor = os.pidfd_open(pid)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.ends_within(0)

    def ends_within(self, seconds: float) -> bool:
        """Wait until it has ended, so long at most; say whether it has."""
        return self._descriptor < 0 or bool(select.select([self._descriptor], [], [], seconds)[0])

    def end(self) -> None:
        """End it, and wait until it has. Safe to repeat."""
        if self._descriptor < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        select.select([self._descriptor], [], [])
        if self._child:
            self._child.wait()
        os.close(self._descriptor)
        self._descriptor = -1


@dataclass(frozen=True)
class Launched:
    """A zygote that was started: its process, the socket to it, and its home folder."""

    process: Process
    control: socket.socket
    home: Scratch

    def said(self) -> str:
        """The last of what it wrote to its standard error."""
        return (
            (self.home.path / STDERR).read_text(encoding="utf-8", errors="replace")[-500:].strip()
        )

    def end(self) -> None:
        """End it and every kernel that came from it; once."""
        self.control.close()
        self.process.end()
        self.home.remove()


def environment(threads: int, hash_seed: int, more: Mapping[str, str] | None) -> dict[str, str]:
    """What a zygote's libraries are told: how many ``threads``, PYTHONHASHSEED, and ``more``."""
    return {
        "LANG": "C.UTF-8",
        **(more or {}),
        "PYTHONHASHSEED": str(hash_seed),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",  # it starts its threads when it is imported
    }


def launch(env: Mapping[str, str]) -> Launched:
    """Start a zygote whose whole environment is ``env`` and a few folders; does not wait for it."""
    home = Scratch()
    folder = os.fspath(home.path)
    ours, theirs = socket.socketpair()
    own = {"PATH": search_path(), "HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": folder}
    with theirs, (home.path / STDERR).open("wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "grader.kernels.zygote", str(theirs.fileno()), folder],
            pass_fds=(theirs.fileno(),),
            env=own | dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    return Launched(Process(child.pid, child), ours, home)


def search_path() -> str:
    """PATH for a process of ours: this Python's programs, then the system's."""
    binaries = os.fspath(Path(sys.executable).parent)
    return os.pathsep.join([binaries, "/usr/local/bin", "/usr/bin", "/bin"])
