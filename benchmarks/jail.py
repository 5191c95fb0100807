"""A place in which nbgrader and a hostile submission may do to each other what they like.

``jail.py SPEC`` builds it: a file system in memory, users, processes and a network of its own,
from which nothing of the machine can be written or called. Inside, nbgrader and student code share
everything, as they do where nbgrader is used. It ends after the seconds, and with the memory, that
the specification allows. Root on Linux only.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from grader.sandbox import mounts
from grader.sandbox.confine import Confinement, Mechanism, leave_host, shut_in
from grader.sandbox.privileges import free_uid

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
LOOK_S = 0.05
REPORT = "report.json"


@dataclass(frozen=True)
class Spec:
    """What is jailed: ``command`` in a copy of ``folder``, whose ``report.json`` goes to ``out``.

    ``read_only`` is what it may see of the machine. Ends after ``seconds``, or ``memory_mb``.
    """

    folder: str
    out: str
    command: list[str]
    read_only: list[str]
    seconds: float
    memory_mb: float
    disk_mb: float = 128
    processes: int = 64


def main() -> None:
    """Run the specification named on the command line."""
    spec = Spec(**json.loads(Path(sys.argv[1]).read_text()))
    place = Path(spec.out) / "jail"
    sockets = Path(spec.out) / "sockets"
    place.mkdir()
    sockets.mkdir()
    uid = free_uid()
    confinement = Confinement(
        mechanisms=frozenset({Mechanism.NAMESPACES, Mechanism.IDENTITY}),
        folder=place,
        sockets=sockets,
        read_only=tuple(map(Path, spec.read_only)),
        uid=uid,
        processes=spec.processes,
        memory_mb=spec.memory_mb,
        disk_mb=spec.disk_mb,
    )
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # whatever is orphaned becomes ours, and is ended
    mounts.enter_own_mounts()
    mounts.mount_folder(place, spec.disk_mb, uid)
    work = place / mounts.WORK
    shutil.copytree(spec.folder, work, dirs_exist_ok=True, symlinks=True)
    for path in (work, *work.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)
    pid = os.fork()
    if pid == 0:
        _keep(confinement, spec, work)
    ended = _watch(pid, spec)
    found = work / REPORT
    report = {}
    if found.is_file() and not found.is_symlink():
        report = json.loads(found.read_text())
    (Path(spec.out) / REPORT).write_text(json.dumps({**report, "ended": ended}))


def _keep(confinement: Confinement, spec: Spec, work: Path) -> None:
    try:
        leave_host(confinement)
        _loopback()
        pid = os.fork()
        if pid == 0:
            shut_in(confinement)
            os.chdir(work)
            os.execve(spec.command[0], spec.command, _environment(work))
        os.waitpid(pid, 0)
    finally:
        os._exit(0)


def _environment(work: Path) -> dict[str, str]:
    folder = os.fspath(work.parent)
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": f"{folder}/tmp",
        "TMPDIR": f"{folder}/tmp",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _loopback() -> None:
    """Bring up the loopback device, over which nbgrader talks to its kernel."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        asked = struct.pack("16sh", b"lo", 0) + b"\0" * 24
        flags = struct.unpack("16sh", fcntl.ioctl(one, SIOCGIFFLAGS, asked)[:18])[1]
        fcntl.ioctl(one, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP) + b"\0" * 24)


def _watch(pid: int, spec: Spec) -> str:
    """Wait for the end, and bring it about where it has to be; say how it came."""
    until = time.monotonic() + spec.seconds
    ended = "by itself"
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            ended = "time"
        elif _memory_mb() > spec.memory_mb:
            ended = "memory"
        if ended != "by itself":
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(LOOK_S)
    while left := psutil.Process().children(recursive=True):
        for child in left:
            if child.is_running():
                child.kill()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        time.sleep(0.01)
    return ended


def _memory_mb() -> float:
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


if __name__ == "__main__":
    main()
