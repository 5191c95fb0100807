"""Run a command, and say what it left behind: ``guard.py REPORT SECONDS COMMAND...``.

Every process that outlives its parent becomes this one's child, so none can hide. REPORT gets
JSON: the exit status (None at the time limit), the seconds it took, and the command lines of the
processes, the mounts and the shared memory that were not there before.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36
LEAVE_S = 10.0  # for processes that were told to end


def _mounts() -> set[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {line.split()[4] for line in lines}


def _memory() -> set[str]:
    segments = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    files = (path.name for path in Path("/dev/shm").iterdir())
    return {*files, *(f"segment {line.split()[1]}" for line in segments)}


def _left() -> list[psutil.Process]:
    """The processes that are still there, dead ones collected."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            over = child.status() == psutil.STATUS_ZOMBIE and child.num_threads() < 2
            if not over:
                found.append(child)
            elif child.ppid() == os.getpid():
                os.waitpid(child.pid, os.WNOHANG)
        except (psutil.NoSuchProcess, ChildProcessError):
            continue
    return found


def main() -> None:
    """See above."""
    report, seconds, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    mounts, memory = _mounts(), _memory()
    begin = time.monotonic()
    process = subprocess.Popen(command)
    try:
        status: int | None = process.wait(float(seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        status = None
    took = time.monotonic() - begin
    until = time.monotonic() + LEAVE_S
    while (left := _left()) and time.monotonic() < until:
        time.sleep(0.05)
    lines = [" ".join(child.cmdline()) for child in left]
    for child in left:
        child.kill()
    found = {
        "status": status,
        "seconds": took,
        "processes": lines,
        "mounts": sorted(_mounts() - mounts),
        "memory": sorted(_memory() - memory),
    }
    Path(report).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
