"""The process a kernel is started through; run as a script, never imported by the grader.

It forks: the child becomes the kernel, the parent waits for it. Whatever the kernel starts stays
below the parent, also after a double fork or in a new session, so that when the kernel ends, or
the grader's worker does, everything ends. Where the operating system has no such notion
(anything but Linux) only the kernel's process group is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PROC = Path("/proc")


def main(arguments: list[str]) -> None:
    """Fork the kernel, wait for it, end what it left behind and exit as it did."""
    worker = int(os.environ.get("JPY_PARENT_PID", "0"))
    signal.signal(signal.SIGTERM, _leave)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _die_with(worker, signal.SIGTERM)
    keeper = os.getpid()
    kernel = os.fork()
    if kernel == 0:
        _become_kernel(keeper, arguments)
        return
    with contextlib.suppress(OSError):  # the kernel does it too: whoever comes first
        os.setpgid(kernel, kernel)
    signal.signal(signal.SIGINT, lambda number, frame: _signal_group(kernel, number))
    status, told = 1, False
    try:
        pid = 0
        while pid != kernel:
            pid, status = os.waitpid(-1, 0)
    except SystemExit:
        told = True
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all(kernel)
        if told:  # perhaps by the worker's death, and then nobody else removes the kernel's folder
            shutil.rmtree(Path(arguments[arguments.index("-f") + 1]).parent, ignore_errors=True)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _become_kernel(keeper: int, arguments: list[str]) -> None:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with(keeper, signal.SIGKILL)
    os.environ["JPY_PARENT_PID"] = str(keeper)
    del sys.path[0]  # this script's folder
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # most of a kernel's start otherwise
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(arguments)
    del sys.modules["debugpy"]
    setattr(app.shell, "ask_exit", lambda: None)  # noqa: B010  # exit() in a cell ends nothing
    app.start()


def _die_with(parent: int, number: int) -> None:
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it went before we asked
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _leave(number: int, frame: FrameType | None) -> None:
    # Linux sends one as each thread of the worker ends; a second must not stop what this begins.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(group, number)


def _end_all(kernel: int) -> None:
    """Kill every process below this one; each that dies hands us its own children."""
    while True:
        _signal_group(kernel, signal.SIGKILL)
        for pid in _children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _children() -> list[int]:
    me, found = str(os.getpid()), []
    for entry in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):  # it may end while we look
            fields = entry.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            if fields[1] == me:
                found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
