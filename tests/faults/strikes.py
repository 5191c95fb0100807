"""Killing a process of a running `grader` exactly when another one is at a given moment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import psutil

from faults.drivers import Drivers, Ended
from grader.moments import VARIABLE, Moment
from grader.sandbox.mounts import WORK

PATIENCE_S = 60.0
WITH_OTHERS = (Moment.TASK_TAKEN, Moment.KERNELS_STARTED, Moment.TEST_SENT)  # there are new ones


class Victim(StrEnum):
    """A process that can be killed."""

    DRIVER = "driver"
    WORKER = "worker"
    NURSERY = "nursery"  # all workers' zygotes are forked from it
    ZYGOTE = "zygote"
    EXAMINER = "examiner"
    CANDIDATE = "candidate"
    KEEPER = "keeper"  # the candidate's parent


@dataclass(frozen=True)
class Report:
    """Process ``pid`` is at ``moment`` for the ``nth`` time in its run, counted from 1."""

    moment: Moment
    nth: int
    pid: int


@dataclass(frozen=True)
class Run:
    """A command that ended, and the moments it came to."""

    ended: Ended
    reports: tuple[Report, ...]

    @property
    def status(self) -> int:
        return self.ended.status


Act = Callable[[psutil.Process, Report], None]  # the driver, and who is where


class Strikes:
    """Kills, one after another in a run, each while another student's work is in hand.

    A strike is a moment and a victim. The first waits until a process is at its moment, the next
    until a further submission has been recorded.
    """

    def __init__(self, *pairs: tuple[Moment, Victim], skip: int = 0) -> None:
        self.left = list(pairs)
        self._skip = skip  # times that the first moment passes before the first strike
        self._recorded = 0
        self._struck_at = -1
        self._lock = threading.Lock()

    def __call__(self, driver: psutil.Process, report: Report) -> None:
        with self._lock:
            self._recorded += report.moment is Moment.LINE_SYNCED
            if not self.left or report.moment is not self.left[0][0]:
                return
            self._skip -= 1
            if self._skip >= 0 or self._struck_at == self._recorded:
                return
            found = find(self.left[0][1], driver, report.pid)
            if found is not None:
                self.left.pop(0)
                self._struck_at = self._recorded
                strike(found, signal.SIGKILL)


class Bench:
    """Where commands run and are watched: a place for their temporary files, ears for moments."""

    def __init__(self, drivers: Drivers) -> None:
        self._drivers = drivers
        # Short: Unix sockets have names below it. Not in pytest's folders, which are long.
        self.place = Path(tempfile.mkdtemp(prefix="f-", dir="/tmp"))
        self._seen: set[psutil.Process] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.left():
            process.kill()
        shutil.rmtree(self.place, ignore_errors=True)

    def run(self, *words: str | Path, act: Act | None = None, **times: float) -> Run:
        """Run ``grader`` with ``words`` to its end; ``act`` is called at every moment.

        The process at the moment waits until ``act`` returns.
        """
        ears = self.place / "ears"
        scratch = self.place / "tmp"
        scratch.mkdir(exist_ok=True)
        ears.unlink(missing_ok=True)
        about = {VARIABLE: str(ears), "TMPDIR": str(scratch)}
        with Listener(ears) as listener:
            running = self._drivers.start(*words, env=about, said=self.place / "said", **times)
            driver = psutil.Process(running.pid)

            def heard(report: Report) -> None:
                if report.moment in WITH_OTHERS:
                    self._seen.update(_below(driver))
                if act is not None:
                    act(driver, report)

            listener.listen(heard)
            ended = running.wait()
        if listener.problem is not None:
            raise listener.problem
        return Run(ended, tuple(listener.reports))

    def clean(self) -> bool:
        """Whether no process, no file and no mount is left of the commands that ran."""
        return not self.left() and not self.litter()

    def left(self) -> list[psutil.Process]:
        """The processes seen below a driver that are still there after a while."""
        _, alive = psutil.wait_procs([p for p in self._seen if _alive(p)], timeout=PATIENCE_S)
        return [process for process in alive if _alive(process)]

    def litter(self) -> list[str]:
        """Scratch folders, and mounts in the host's view, that commands left behind."""
        mounts = Path("/proc/self/mounts")
        found = [line for line in mounts.read_text().splitlines() if str(self.place) in line]
        return found + [path.name for path in (self.place / "tmp").glob("*")]


class Listener:
    """Hears of moments on a Unix socket; each report is handled by a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.reports: list[Report] = []
        self.problem: BaseException | None = None
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(os.fspath(path))
        self._socket.listen()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._heard: Callable[[Report], None] = lambda report: None

    def __enter__(self) -> Self:
        return self

    def listen(self, heard: Callable[[Report], None]) -> None:
        """Call ``heard`` with each report from now on; who reported waits until it returns."""
        self._heard = heard
        self._start(self._accept)

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=target))
        self._threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self._start(lambda line=line: self._hear(line))  # type: ignore[misc]

    def _hear(self, line: socket.socket) -> None:
        with line, line.makefile() as stream:
            pid, _, name = stream.readline().strip().partition(" ")
            if not name:
                return  # killed while it was about to say it
            moment = Moment(name)
            with self._lock:
                nth = 1 + sum(report.moment is moment for report in self.reports)
                report = Report(moment, nth, int(pid))
                self.reports.append(report)
            try:
                self._heard(report)
            except BaseException as problem:
                self.problem = problem


def find(victim: Victim, driver: psutil.Process, at: int) -> psutil.Process | None:
    """The ``victim`` below ``driver`` that has to do with the process ``at``, if there is one."""
    if victim is Victim.DRIVER:
        return driver
    workers = [child for child in driver.children() if "spawn_main" in _command(child)]
    worker = next((w for w in workers if w.pid == at), workers[0] if workers else None)
    if worker is None or victim is Victim.WORKER:
        return worker
    nursery = next((c for c in driver.children() if _is_zygote(c)), None)
    if victim is Victim.NURSERY:
        return nursery
    below = [*worker.children(), *(nursery.children() if nursery else [])]
    held = _held(worker)
    zygote = next((c for c in below if _is_zygote(c) and c.pid in held), None)
    if zygote is None or victim is Victim.ZYGOTE:
        return zygote
    kept = [(keeper, kernel) for keeper in zygote.children() for kernel in keeper.children()]
    for keeper, kernel in kept:
        if _is_candidate(kernel) is not (victim is Victim.EXAMINER):
            return keeper if victim is Victim.KEEPER else kernel
    return None


def _is_zygote(process: psutil.Process) -> bool:
    return "grader.kernels.zygote" in _command(process)


def _held(process: psutil.Process) -> set[int]:
    """The processes that ``process`` has a descriptor of: a worker has one of its zygote."""
    texts = []
    for entry in Path(f"/proc/{process.pid}/fdinfo").iterdir():
        with suppress(OSError):  # closed by now: another of its threads goes on
            texts.append(entry.read_text())
    lines = (line.partition(":") for text in texts for line in text.splitlines())
    return {int(value) for name, _, value in lines if name == "Pid"}


def _is_candidate(kernel: psutil.Process) -> bool:
    try:
        return Path(kernel.cwd()).name == WORK
    except psutil.AccessDenied:  # it has shut itself in
        return True


def strike(process: psutil.Process, number: signal.Signals = signal.SIGKILL) -> None:
    """Send the signal ``number``, and wait until it has had its effect."""
    process.send_signal(number)
    wanted = psutil.STATUS_STOPPED if number == signal.SIGSTOP else psutil.STATUS_ZOMBIE
    until(lambda: not process.is_running() or process.status() == wanted)


def until(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if condition():
                return
        except psutil.NoSuchProcess:
            return
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def _below(driver: psutil.Process) -> list[psutil.Process]:
    try:
        return driver.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
