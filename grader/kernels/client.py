"""The worker's side: a zygote to start kernels from."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from grader.errors import GraderError
from grader.kernels.line import Line
from grader.kernels.messages import (
    Answer,
    MountFolder,
    Prepare,
    Request,
    StartKernel,
    UnmountFolder,
    receive_answer,
    send_request,
)
from grader.sandbox.confine import Mechanism
from grader.sandbox.mounts import lay_out
from grader.scratch import Scratch

PREPARE_S = 300.0  # for the preloads to be imported, on a slow disk too
ANSWER_S = 30.0  # for a fork or a mount


class KernelStartError(GraderError):
    """A kernel, or the zygote it comes from, did not start; that is ours, not the student's."""


class ZygoteLostError(GraderError):
    """The zygote ended, and with it the kernels; the submission can be tried again."""

    def __init__(self) -> None:
        super().__init__(
            "The process that kernels are started from ended.",
            "Run grade again; where it happens again, look into the system's log for memory.",
        )


@dataclass(frozen=True)
class _Running:
    process: subprocess.Popen[bytes]
    control: socket.socket
    home: Scratch
    mounts: bool


class Zygote:
    """Starts kernels by forking a process that has imported ``preloads``.

    That process starts at the first use, and again where it has died. ``threads`` is the number
    of threads that libraries may use, ``hash_seed`` is PYTHONHASHSEED, and ``env`` is what of an
    environment the preloads may see. ``mechanisms`` are those that kernels will be confined with.
    """

    def __init__(
        self,
        *,
        preloads: Sequence[str] = (),
        threads: int = 1,
        hash_seed: int = 0,
        env: Mapping[str, str] | None = None,
        mechanisms: frozenset[Mechanism] = frozenset(),
    ) -> None:
        self.threads, self.hash_seed = threads, hash_seed
        self._prepare = Prepare(tuple(preloads), Mechanism.NAMESPACES in mechanisms)
        self._env = {
            "LANG": "C.UTF-8",
            **(env or {}),
            "PYTHONHASHSEED": str(hash_seed),
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": "1",  # it starts its threads when it is imported
        }
        self._running: _Running | None = None
        self._mounted: dict[Path, Path] = {}
        self._lock = Lock()

    @property
    def pid(self) -> int | None:
        """Its process, where it runs."""
        return self._running.process.pid if self._running else None

    @property
    def lost(self) -> bool:
        """Whether it was started and has ended since."""
        return self._running is not None and self._running.process.poll() is not None

    def start(self) -> None:
        """Start it unless it runs. Raises :class:`KernelStartError`."""
        with self._lock:
            self._start()

    def kernel(self, request: StartKernel, boundary: socket.socket | None = None) -> Line:
        """Fork a kernel and return the line to it; it starts while the caller goes on.

        Raises :class:`KernelStartError` and :class:`ZygoteLostError`.
        """
        ours, theirs = socket.socketpair()
        descriptors = [theirs.fileno()] + ([] if boundary is None else [boundary.fileno()])
        try:
            with theirs:
                answer, process = self._ask(request, descriptors)
        except GraderError:
            ours.close()
            raise
        return Line(ours, answer.keeper, process)

    @contextlib.contextmanager
    def folder(self, path: Path, disk_mb: float, uid: int) -> Iterator[Path]:
        """Furnish the empty folder ``path`` for a submission, with a size limit where it can.

        Kernels started meanwhile see it there; yields the path by which this process does.
        """
        self.start()
        running = self._running
        assert running is not None
        if not running.mounts:
            lay_out(path, uid)
            yield path
            return
        self._ask(MountFolder(path, disk_mb, uid))
        outside = Path(f"/proc/{running.process.pid}/root") / path.relative_to("/")
        self._mounted[path] = outside
        try:
            yield outside
        finally:
            del self._mounted[path]
            if running is self._running:  # else it went with the process
                with contextlib.suppress(GraderError):
                    self._ask(UnmountFolder(path))

    def bounded(self, path: Path) -> Path | None:
        """Where this process sees ``path``, which :meth:`folder` gave a hard size limit."""
        return self._mounted.get(path)

    def close(self) -> None:
        """End it and every kernel that came from it. Safe to repeat."""
        with self._lock:
            self._end()

    def _ask(
        self, request: Request, descriptors: Sequence[int] = ()
    ) -> tuple[Answer, subprocess.Popen[bytes]]:
        with self._lock:
            running = self._start()
            try:
                running.control.settimeout(ANSWER_S)
                send_request(running.control, request, descriptors)
                answer = receive_answer(running.control)
            except OSError:  # a timeout too
                answer = None
            if answer is None:
                self._end()
                raise ZygoteLostError
        if answer.error:
            raise KernelStartError(answer.error, answer.remedy)
        return answer, running.process

    def _start(self) -> _Running:
        if self.lost:
            self._end()
        if self._running is None:
            self._running = self._launch()
        return self._running

    def _launch(self) -> _Running:
        home = Scratch()
        folder = os.fspath(home.path)
        ours, theirs = socket.socketpair()
        log = home.path / "stderr"
        env = {"PATH": search_path(), "HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": folder}
        module = [sys.executable, "-m", "grader.kernels.zygote"]
        with theirs, log.open("wb") as stderr:
            process = subprocess.Popen(
                [*module, str(theirs.fileno()), folder],
                pass_fds=(theirs.fileno(),),
                env=env | self._env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        self._running = running = _Running(process, ours, home, mounts=False)
        try:
            ours.settimeout(PREPARE_S)
            send_request(ours, self._prepare)
            answer = receive_answer(ours)
        except OSError:
            answer = None
        if answer is None or answer.error:
            said = log.read_text(encoding="utf-8", errors="replace")[-500:].strip()
            self._end()
            if answer:
                raise KernelStartError(answer.error, answer.remedy)
            raise KernelStartError(
                f"The process that kernels are started from did not start. {said}",
                "Run `grader doctor`.",
            )
        return replace(running, mounts=answer.mounts)

    def _end(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.control.close()
        with contextlib.suppress(OSError):
            running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        running.home.remove()


def search_path() -> str:
    """PATH for a process of ours: this Python's programs, then the system's."""
    binaries = os.fspath(Path(sys.executable).parent)
    return os.pathsep.join([binaries, "/usr/local/bin", "/usr/bin", "/bin"])
