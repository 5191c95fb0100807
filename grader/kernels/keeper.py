"""The parent of one kernel: forked by the zygote, it forks the kernel and ends all it started.

With namespaces the kernel is the first process of one of its own, and its end is everyone's. Else
whatever the kernel starts stays below the keeper, also after a double fork or in a new session.
Where the operating system has neither (anything but Linux) only the kernel's session is ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from grader.kernels import kernelapp
from grader.kernels.messages import INTERRUPT, KILL, Report, Role, StartKernel, write_report
from grader.kernels.processes import (
    Signals,
    adopt_orphans,
    children,
    close_all_but,
    die_with_parent,
    kill,
)
from grader.sandbox import confine

FAILURE_CHARACTERS = 2000
# What joins two kernels: `attach(app, socket)` of these modules, imported before any fork.
HOOKS = {
    Role.CANDIDATE: "grader.examine.boundary.candidate",
    Role.EXAMINER: "grader.examine.boundary.examiner",
}


def keep(request: StartKernel, line: int, boundary: int | None) -> NoReturn:
    """Be the keeper of the kernel that ``request`` describes; called in a forked child.

    ``line`` leads to the worker. When it closes, the zygote dies or the worker says so, the kernel
    is ended; when the kernel ends, its status and CPU time are reported.
    """
    try:
        zygote = os.getppid()
        close_all_but([line] if boundary is None else [line, boundary])
        signals = Signals(signal.SIGCHLD, signal.SIGTERM)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with_parent(signal.SIGTERM)
        if os.getppid() != zygote:
            os._exit(1)
        adopt_orphans()
        if request.confinement:
            confine.leave_host(request.confinement)
        kernel = os.fork()
        if kernel == 0:
            signals.drop()
            _become_kernel(request, line, boundary)
        if boundary is not None:
            os.close(boundary)  # so that the other side hears when the kernel's end closes
        _Watch(kernel, line, signals).run(request)
    except BaseException:
        write_report(line, Report(failed=_what_happened()))
    finally:
        os._exit(0)


class _Watch:
    """The wait for a kernel's end."""

    def __init__(self, kernel: int, line: int, signals: Signals) -> None:
        self._kernel = kernel
        self._line = line
        self._signals = signals
        self._status: int | None = None
        self._cpu_s = 0.0
        self._deserted = False

    def run(self, request: StartKernel) -> None:
        """Wait until the kernel ends or has to, end it and what it started, and report."""
        while self._status is None and self._goes_on():
            pass
        self._end_all()
        assert self._status is not None
        write_report(self._line, Report(ended=self._status, cpu_s=self._cpu_s))
        if self._deserted:
            for folder in request.litter:
                shutil.rmtree(folder, ignore_errors=True)

    def _goes_on(self) -> bool:
        ready, _, _ = select.select([self._line, self._signals.descriptor], [], [])
        if self._signals.descriptor in ready:
            if signal.SIGTERM in self._signals.take():
                self._deserted = True
                return False
            while self._reap(os.WNOHANG):
                pass
        if self._line in ready:
            said = self._read()
            if INTERRUPT in said and self._status is None:
                with contextlib.suppress(OSError):
                    os.killpg(self._kernel, signal.SIGINT)
            self._deserted = not said
            return bool(said) and KILL not in said
        return True

    def _read(self) -> bytes:
        try:
            return os.read(self._line, 64)
        except ConnectionError:
            return b""

    def _reap(self, options: int) -> bool:
        try:
            pid, status, used = os.wait4(-1, options)
        except ChildProcessError:
            return False
        if pid:
            self._cpu_s += used.ru_utime + used.ru_stime
        if pid == self._kernel:
            self._status = os.waitstatus_to_exitcode(status)
        return pid != 0

    def _end_all(self) -> None:
        """Kill every process below this one; each that dies hands us its own children."""
        going = True
        while going:
            if self._status is None:
                with contextlib.suppress(OSError):
                    os.killpg(self._kernel, signal.SIGKILL)
                kill([self._kernel])
            kill(children())
            going = self._reap(0)


def _become_kernel(request: StartKernel, line: int, boundary: int | None) -> NoReturn:
    try:
        os.setsid()
        for descriptor in (1, 2):
            os.dup2(0, descriptor)
        die_with_parent(signal.SIGKILL)
        if request.confinement:
            confine.shut_in(request.confinement)
            die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        kernelapp.settle(request.workdir, request.env)
        importable = os.fspath(request.workdir) if request.role is Role.EXAMINER else ""
        kernelapp.run(
            request.connection, importable, _attach(request.role, boundary), lambda: _ready(line)
        )
    except BaseException:  # SystemExit too: a kernel that leaves its loop is over
        write_report(line, Report(failed=_what_happened()))
    finally:
        os._exit(1)


def _attach(role: Role, boundary: int | None) -> Callable[[Any], None]:
    if boundary is None:
        return lambda app: None
    attach = import_module(HOOKS[role]).attach
    return lambda app: attach(app, socket.socket(fileno=boundary))


def _ready(line: int) -> None:
    write_report(line, Report(ready=True))
    os.close(line)


def _what_happened() -> str:
    return traceback.format_exc(limit=-3)[-FAILURE_CHARACTERS:]
