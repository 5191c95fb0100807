"""Work done by processes on this machine: one slow, killed or broken task costs only itself.

Each worker has a pipe of its own: no lock is shared, so a worker killed or stopped at any moment,
even while it sends a result, leaves the others alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Generic, Protocol, TypeVar

from grader import imports, scratch
from grader.dispatch import cores
from grader.moments import Moment, moment

T = TypeVar("T")
R = TypeVar("R")

TASKS_A_WORKER = 50  # then a fresh process takes its place
TRIES = 2
LENGTH_BYTES = 8  # before each result
CHUNK_BYTES = 2**20  # taken of a result at once
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PR_SET_PDEATHSIG = 1

_spawn = multiprocessing.get_context("spawn")


class Equipment(Protocol):
    """Something that the driver has for one worker; it crosses to it."""

    def __call__(self) -> None:
        """Take it, in the worker, before its first task."""

    def close(self) -> None:
        """Let go of it, in the driver, once it has crossed."""


@dataclass(frozen=True)
class Lost:
    """No result came for a task, and why: the work raised, hung, or its process went twice."""

    reason: str


def run(
    tasks: Sequence[T],
    work: Callable[[T], R],
    *,
    workers: int,
    deadline_s: float,
    equip: Callable[[], Equipment] | None = None,
) -> Iterator[tuple[T, R | Lost]]:
    """Yield each task with its result, in the order in which they are done.

    ``work`` and the tasks cross to fresh processes, so ``work`` is a module's function. A task
    whose process disappears is tried once more; one that takes longer than ``deadline_s`` seconds,
    or raises, is not. Where the caller stops early (Ctrl-C, for one) all processes are ended.
    ``workers`` of 0 means one for each core. ``equip`` is called here for each process, and what
    it returns is taken there. Workers have their next tasks before a result is yielded.
    """
    most = max(1, min(cores.or_all(workers), len(tasks)))
    waiting = deque((task, 1) for task in tasks)
    team: list[_Worker[T, R]] = []
    done: list[tuple[T, R | Lost]] = []
    try:
        while waiting or any(worker.busy for worker in team):
            while waiting and sum(worker.busy for worker in team) < most:
                idle = next((worker for worker in team if not worker.busy), None)
                if idle is None:
                    taken = {worker.place for worker in team}
                    place = next(free for free in range(most) if free not in taken)
                    idle = _Worker(work, place, most, equip)
                    team.append(idle)
                idle.give(*waiting.popleft(), deadline_s)
            yield from done
            done = []
            for worker in _due([worker for worker in team if worker.busy]):
                if not worker.hear():
                    continue
                task, tries = worker.take_back()
                result = worker.result()
                if result is None and tries < TRIES:
                    waiting.append((task, tries + 1))
                elif result is None:
                    done.append((task, Lost(f"its worker process ended {tries} times")))
                else:
                    done.append((task, result))
                if worker.spent:
                    worker.end()
                    team.remove(worker)
        yield from done
    finally:
        for worker in team:
            worker.end()
        scratch.sweep()  # what workers that were killed had no time to remove


class _Worker(Generic[T, R]):
    """The process in one ``place`` of a team of ``most``, and the task that it has."""

    def __init__(
        self,
        work: Callable[[T], R],
        place: int,
        most: int,
        equip: Callable[[], Equipment] | None,
    ) -> None:
        self.place = place
        self.connection, theirs = _spawn.Pipe()
        equipment = equip() if equip else None
        threads, share = cores.threads_a_worker(most), cores.share(place, most)
        arguments = (theirs, pickle.dumps(work), threads, share, os.getpid(), equipment)
        self.process = _spawn.Process(target=_serve, args=arguments, name="grader-worker")
        self.process.start()
        theirs.close()
        if equipment:
            equipment.close()
        self.until = 0.0
        self._deadline_s = 0.0
        self._given = 0
        self._heard = bytearray()
        self._lost = False
        self._task: tuple[T, int] | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None

    @property
    def spent(self) -> bool:
        """Whether it should get no further task."""
        return self._lost or self._given >= TASKS_A_WORKER

    def give(self, task: T, tries: int, deadline_s: float) -> None:
        self._task = (task, tries)
        self._given += 1
        self._deadline_s = deadline_s
        self.until = time.monotonic() + deadline_s
        with contextlib.suppress(OSError):  # if it is gone, its pipe says so when looked at
            self.connection.send(task)
        moment(Moment.TASK_SENT)

    def take_back(self) -> tuple[T, int]:
        assert self._task is not None
        task, self._task = self._task, None
        return task

    def hear(self) -> bool:
        """Take what it has sent by now; say whether its task is over, with a result or without.

        Never waits: a worker may stop in the middle of a result and still be there.
        """
        if self.connection.poll():
            try:
                chunk = os.read(self.connection.fileno(), CHUNK_BYTES)
            except OSError:
                chunk = b""
            self._heard += chunk
            self._lost = not chunk
        return self._lost or self._whole or self.until <= time.monotonic()

    @property
    def _whole(self) -> bool:
        end = LENGTH_BYTES + int.from_bytes(self._heard[:LENGTH_BYTES])
        return len(self._heard) >= max(end, LENGTH_BYTES)

    def result(self) -> R | Lost | None:
        """What it sent; ``Lost`` where its time is over, None where the process is gone."""
        if self._whole:
            answer: R | Lost = pickle.loads(self._heard[LENGTH_BYTES:])
            self._heard.clear()
            return answer
        if self._lost:
            return None
        self._lost = True
        return Lost(f"no result within {self._deadline_s:g} s")

    def end(self) -> None:
        """End it; what it holds is in its tasks' results, and the kernel it has ends with it."""
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _due(team: list[_Worker[T, R]]) -> list[_Worker[T, R]]:
    """Wait for those of ``team`` that have sent something, are gone, or are over their time."""
    first = min(worker.until for worker in team)
    ready = wait([worker.connection for worker in team], max(0.0, first - time.monotonic()))
    now = time.monotonic()
    return [worker for worker in team if worker.connection in ready or worker.until <= now]


def _serve(
    connection: Connection,
    pickled: bytes,
    threads: int,
    share: frozenset[int],
    driver: int,
    equipment: Equipment | None,
) -> None:
    """A worker's life: tasks in, results of the ``pickled`` work out, until the pipe closes."""
    cores.take(share)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    for name in THREADS:
        os.environ[name] = str(threads)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # stopped or not
        if os.getppid() != driver:
            os._exit(1)
    if equipment:
        equipment()
    with imports.kept():  # those of the work's module
        work: Callable[[T], R] = pickle.loads(pickled)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        moment(Moment.TASK_TAKEN)
        answer = _answer(work, task)
        moment(Moment.RESULT_READY)
        _send(connection, answer)
        moment(Moment.RESULT_SENT)


def _send(connection: Connection, answer: bytes) -> None:
    """Send ``answer``, after its length: in two halves, so that tests can stop in between."""
    frame = len(answer).to_bytes(LENGTH_BYTES) + answer
    with os.fdopen(connection.fileno(), "wb", closefd=False) as pipe:
        pipe.write(frame[: len(frame) // 2])
        pipe.flush()
        moment(Moment.RESULT_HALF_SENT)
        pipe.write(frame[len(frame) // 2 :])


def _answer(work: Callable[[T], R], task: T) -> bytes:
    try:
        return pickle.dumps(work(task))
    except BaseException as error:  # SystemExit too: a worker has nothing better to do
        return pickle.dumps(Lost(f"{type(error).__name__}: {error}"))
