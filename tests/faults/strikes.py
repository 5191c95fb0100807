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
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from faults.drivers import Drivers, Ended
from faults.small_class import STUDENTS
from faults.victims import KERNELS, OF_WORKER, WITH_KERNELS, Pair, alive, standing
from grader.moments import VARIABLE, Moment

PATIENCE_S = 60.0
WITH_OTHERS = (Moment.TASK_TAKEN, Moment.KERNELS_STARTED, Moment.TEST_SENT)  # there are new ones


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
    """Kills, one after another in a run with one worker, each while another submission is in hand.

    A strike is a moment and a victim. It waits until a process is at that moment and the victim is
    there; for a kernel at a moment of the driver's, until the worker's kernels have started: the
    driver is held meanwhile. A submission that is in hand for the second time, as its worker was
    killed, is spared: no submission is struck twice.
    """

    def __init__(self, *pairs: Pair, skip: int = 0) -> None:
        self.left = list(pairs)
        self._skip = skip  # times that the first moment passes before the first strike
        self._killed: list[psutil.Process] = []
        self._sent = 0  # the number of the submission in hand
        self._busy = False  # whether it is in a worker's hand
        self._struck = 0  # the number of the one in hand at the last strike
        self._awaited = False  # whether the driver is held until there are kernels
        self._turn = threading.Condition()

    def landed(self) -> bool:
        """Whether every strike was made and killed a process."""
        return bool(self._killed) and not self.left and not any(map(alive, self._killed))

    def __call__(self, driver: psutil.Process, report: Report) -> None:
        with self._turn:
            if report.moment is Moment.TASK_SENT:
                self._sent += 1
            if report.moment in (Moment.TASK_SENT, Moment.RESULT_READY):
                self._busy = report.moment is Moment.TASK_SENT
            if self._awaited:
                self._meet(driver, report)
            elif self.left and report.moment is self.left[0][0]:
                self._skip -= 1
                if self._skip < 0 and self._due(report.moment):
                    self._try(driver, report)

    def _due(self, moment: Moment) -> bool:
        return moment is Moment.SUMMARY_WRITTEN or self._struck < self._sent <= len(STUDENTS)

    def _try(self, driver: psutil.Process, report: Report) -> None:
        if self.left[0][1] not in KERNELS or report.moment in OF_WORKER:
            self._strike(driver, report)
        elif self._busy:
            self._awaited = True
            self._turn.wait_for(lambda: not self._awaited, PATIENCE_S)
            self._awaited = False

    def _meet(self, driver: psutil.Process, report: Report) -> None:
        if report.moment in WITH_KERNELS:
            self._awaited = not self._strike(driver, report)
        else:
            self._awaited = self._busy  # a result may be ready without any
        self._turn.notify_all()

    def _strike(self, driver: psutil.Process, report: Report) -> bool:
        found = standing(driver, report.pid).get(self.left[0][1])
        if found is None:
            return False
        strike(found)
        self._killed.append(found)
        self.left.pop(0)
        self._struck = self._sent
        return True


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
        _, there = psutil.wait_procs([p for p in self._seen if alive(p)], timeout=PATIENCE_S)
        return [process for process in there if alive(process)]

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
