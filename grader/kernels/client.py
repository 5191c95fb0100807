"""The worker's side: a zygote to start kernels from."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from grader.errors import GraderError
from grader.kernels.launch import Launched, Process, environment, launch
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

PREPARE_S = 300.0  # for the preloads to be imported, on a slow disk too
ANSWER_S = 30.0  # for a fork or a mount
LEAVE_S = 1.0  # for a process whose end was just felt


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
    process: Process
    control: socket.socket
    mounts: bool
    launched: Launched | None  # None for a twin that a nursery forked

    def end(self) -> None:
        if self.launched:
            self.launched.end()
        else:
            self.control.close()
            self.process.end()


class Zygote:
    """Starts kernels by forking a process that has imported ``preloads``.

    That process starts at the first use, and again where it has died. ``threads`` is the number
    of threads that libraries may use, ``hash_seed`` is PYTHONHASHSEED, and ``env`` is what of an
    environment the preloads may see. ``mechanisms`` are those that kernels will be confined with.
    ``twin`` is the socket to a zygote that a :class:`~grader.kernels.nursery.Nursery` has forked;
    it serves until it dies.
    """

    def __init__(
        self,
        *,
        preloads: Sequence[str] = (),
        threads: int = 1,
        hash_seed: int = 0,
        env: Mapping[str, str] | None = None,
        mechanisms: frozenset[Mechanism] = frozenset(),
        twin: socket.socket | None = None,
    ) -> None:
        self.threads, self.hash_seed = threads, hash_seed
        self.losses = 0  # how often its process was found to have ended
        self._prepare = Prepare(tuple(preloads), Mechanism.NAMESPACES in mechanisms)
        self._env = environment(threads, hash_seed, env)
        self._twin = twin
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
        return self._running is not None and self._running.process.over

    def lost_since(self, losses: int) -> bool:
        """Whether its process has ended since there were so many ``losses``, or just ends."""
        going = self._running is not None and self._running.process.ends_within(LEAVE_S)
        return self.losses > losses or going

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

    def _ask(self, request: Request, descriptors: Sequence[int] = ()) -> tuple[Answer, Process]:
        with self._lock:
            running = self._start()
            try:
                running.control.settimeout(ANSWER_S)
                send_request(running.control, request, descriptors)
                answer = receive_answer(running.control)
            except OSError:  # a timeout too
                answer = None
            if answer is None:
                self._lose()
                raise ZygoteLostError
        if answer.error:
            raise KernelStartError(answer.error, answer.remedy)
        return answer, running.process

    def _start(self) -> _Running:
        if self.lost:
            self._lose()
        if self._running is None:
            self._running = self._adopt() or self._launch()
        return self._running

    def _lose(self) -> None:
        self.losses += 1
        self._end()

    def _adopt(self) -> _Running | None:
        """Take the twin that waits for us, if there is one and it lives."""
        control, self._twin = self._twin, None
        if control is None:
            return None
        with contextlib.ExitStack() as stack:
            stack.callback(control.close)
            answer = self._prepared(control)
            if answer is None:
                return None
            try:
                process = Process(answer.zygote)
            except ProcessLookupError:
                return None
            stack.pop_all()
        return _Running(process, control, answer.mounts, None)

    def _launch(self) -> _Running:
        launched = launch(self._env)
        try:
            answer = self._prepared(launched.control)
        except BaseException:
            launched.end()
            raise
        if answer is None:
            said = launched.said()
            launched.end()
            raise KernelStartError(
                f"The process that kernels are started from did not start. {said}",
                "Run `grader doctor`.",
            )
        return _Running(launched.process, launched.control, answer.mounts, launched)

    def _prepared(self, control: socket.socket) -> Answer | None:
        """Its answer when it has imported everything; None where it is gone.

        Raises :class:`KernelStartError` where it cannot import everything.
        """
        try:
            control.settimeout(PREPARE_S)
            send_request(control, self._prepare)
            answer = receive_answer(control)
        except OSError:  # a timeout too
            return None
        if answer is not None and answer.error:
            raise KernelStartError(answer.error, answer.remedy)
        return answer

    def _end(self) -> None:
        running, self._running = self._running, None
        if running:
            running.end()
