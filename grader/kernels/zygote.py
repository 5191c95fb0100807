"""The process that kernels are forked from: ``python -m grader.kernels.zygote``.

It is exec'ed with an environment that holds nothing secret, imports what a homework needs, and then
forks: kernels for a worker, or twins of itself that do so. It never starts a thread, never makes a
CUDA context and never runs a student's code itself. It ends with whom it serves, and with the
process that started it, and every kernel ends with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from grader.imports import kept
from grader.kernels import keeper, kernelapp
from grader.kernels.messages import (
    Answer,
    MountFolder,
    Prepare,
    Request,
    StartKernel,
    Twin,
    UnmountFolder,
    receive_request,
    send_answer,
)
from grader.kernels.processes import (
    Signals,
    adopt_orphans,
    children,
    close_all_but,
    die_with_parent,
    kill,
    threads,
)
from grader.sandbox.mounts import mount_folder, own_mounts, unmount_folder

BAD_PRELOAD = "Take it out of the homework's `preloads` in course.toml"


class RefusedError(Exception):
    """A request that cannot be done; its arguments are an answer's error and remedy."""


class Zygote:
    """Serves whoever is at the other end of ``control``."""

    def __init__(self, control: int) -> None:
        close_all_but([control])
        self._control = socket.socket(fileno=control)
        self._parent = os.getppid()
        self._signals = Signals(signal.SIGCHLD, signal.SIGTERM)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
        die_with_parent(signal.SIGTERM)
        adopt_orphans()
        self._children: set[int] = set()  # keepers, and twins
        self._mounted: set[Path] = set()

    def serve(self) -> None:
        """Do what is asked until there is nobody to ask."""
        while self._wait():
            received = receive_request(self._control)
            if received is None:
                return
            request, descriptors = received
            try:
                answer = self._do(request, descriptors)
            except RefusedError as refused:
                answer = Answer(*refused.args)
            except OSError as error:
                answer = Answer(f"{type(request).__name__}: {error}")
            for descriptor in descriptors:
                os.close(descriptor)
            try:
                send_answer(self._control, answer)
            except OSError:
                return

    def _wait(self) -> bool:
        """Wait for a request; say whether to go on."""
        while True:
            control, signals = self._control.fileno(), self._signals.descriptor
            ready, _, _ = select.select([control, signals], [], [])
            if signals in ready:
                # Linux sends one, too, when only the thread that started us ends.
                if signal.SIGTERM in self._signals.take() and os.getppid() != self._parent:
                    return False
                self._reap()
            if control in ready:
                return True

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._children.discard(pid)
        kill(set(children()) - self._children)  # what lost its keeper has no business here

    def _do(self, request: Request, descriptors: list[int]) -> Answer:
        match request:
            case Prepare():
                return _prepare(request)
            case Twin():
                self._twin(*descriptors)
            case StartKernel():
                return Answer(keeper=self._kernel(request, *descriptors))
            case MountFolder():
                mount_folder(request.folder, request.disk_mb, request.uid)
                self._mounted.add(request.folder)
            case UnmountFolder():
                unmount_folder(request.folder)
                self._mounted.discard(request.folder)
        return Answer()

    def _twin(self, control: int) -> None:
        if not self._fork():
            serve(control)

    def _kernel(self, request: StartKernel, line: int, boundary: int | None = None) -> int:
        if pid := self._fork():
            return pid
        keeper.keep(request, line, boundary)

    def _fork(self) -> int:
        pid = os.fork()
        if pid:
            self._children.add(pid)
        else:
            self._control.detach()  # it is closed with all others, and its number used again
            self._signals.drop()
        return pid

    def clear(self) -> None:
        """Take away what a worker, now gone, has left: there is nobody else to do it."""
        for folder in self._mounted:
            with contextlib.suppress(OSError):
                unmount_folder(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _prepare(request: Prepare) -> Answer:
    with kept():
        _preload(request)
        mounts = request.mounts and own_mounts()
        kernelapp.remember_modules()
    return Answer(mounts=mounts, zygote=os.getpid())


def _preload(request: Prepare) -> None:
    for name in (*keeper.HOOKS.values(), *request.preloads):
        try:
            import_module(name)
        except BaseException as error:  # a library may raise anything, SystemExit too
            raise RefusedError(
                f"The preload {name!r} cannot be imported: {type(error).__name__}: {error}",
                f"{BAD_PRELOAD}, or install what it needs.",
            ) from None
        if (count := threads()) > 1:
            raise RefusedError(
                f"The preload {name!r} starts threads ({count - 1}), and a process with threads "
                "cannot be forked safely.",
                f"{BAD_PRELOAD}; the notebook's own import of it works as before.",
            )


def serve(control: int, home: str | None = None) -> NoReturn:
    """Serve whoever is at the other end of ``control``; delete the folder ``home`` after."""
    zygote = Zygote(control)
    zygote.serve()
    zygote.clear()
    if home:
        shutil.rmtree(home, ignore_errors=True)
    os._exit(0)


def main(control: int, home: str) -> NoReturn:
    """Be a zygote, in a program of its own."""
    del sys.path[0]  # the folder it was started in
    sys.modules.pop("rfc3987_syntax", None)  # left out by the grader; a student may import it
    kernelapp.import_late()
    serve(control, home)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
