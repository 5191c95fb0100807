"""What a command costs: wall-clock time, CPU time and memory of all the processes it starts.

Linux only: CPU time is counted whole because processes that lose their parent become ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36
LOOK_S = 0.01
MEMORY_S = 0.2
LEFT_S = 10.0


class CommandFailedError(Exception):
    """A measured command failed; the message holds what it said."""


@dataclass(frozen=True)
class Cost:
    """What a command cost. ``done_s`` are the seconds, since its start, at which items were done.

    ``cpu_s`` is user and system time of every process that it started. ``peak_mb`` is the largest
    sum of their memory, shared pages divided among the sharers; None where it was not sampled,
    since sampling takes time of its own.
    """

    wall_s: float
    cpu_s: float
    done_s: tuple[float, ...]
    peak_mb: float | None = None

    def median_s(self, at_once: int) -> float:
        """Median seconds an item: from one done to the ``at_once``-th after it, divided by that."""
        spans = [
            (later - earlier) / at_once
            for earlier, later in zip(self.done_s, self.done_s[at_once:], strict=False)
        ]
        return statistics.median(spans) if spans else float("nan")


def adopt_orphans() -> None:
    """Let every process that a measured command leaves behind become a child of this one."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cost(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    done: Callable[[], int],
    memory: bool = False,
) -> Cost:
    """Run ``command`` to its end, its output into ``log``; ``done`` counts the items done so far.

    Raises :class:`CommandFailedError` where it does not end with status 0.
    """
    times: list[float] = []
    over = threading.Event()
    before = _cpu_s()
    with log.open("wb") as out:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [os.fspath(word) for word in command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

        def note() -> None:
            times.extend([time.perf_counter() - begin] * (done() - len(times)))

        def watch() -> None:
            while not over.wait(LOOK_S):
                note()

        watcher = threading.Thread(target=watch)
        watcher.start()
        peak = _peak_mb(process) if memory else None
        status = process.wait()
        wall_s = time.perf_counter() - begin
    over.set()
    watcher.join()
    note()
    _reap()
    if status != 0:
        tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise CommandFailedError(f"{' '.join(map(str, command))} ended with {status}:\n{tail}")
    return Cost(wall_s, _cpu_s() - before, tuple(times), peak)


def counter(path: Path, mark: bytes) -> Callable[[], int]:
    """A function that says how often ``mark`` stands in the growing file ``path``."""
    offset = found = 0
    rest = b""

    def count() -> int:
        nonlocal offset, found, rest
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(offset)
            text = file.read()
            offset += len(text)
            whole = rest + text
            found += whole.count(mark)
            rest = whole[len(whole) - len(mark) + 1 :] if len(mark) > 1 else b""
        return found

    return count


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    """Wait for the orphans, so that their CPU time is counted."""
    until = time.monotonic() + LEFT_S
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(LOOK_S)


def _peak_mb(process: subprocess.Popen[bytes]) -> float:
    peak = 0.0
    root = psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            tree = [root, *root.children(recursive=True)]
            peak = max(peak, sum(map(_own_mb, tree)))
        time.sleep(MEMORY_S)
    return peak


def _own_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 2**20
    except (psutil.Error, AttributeError):
        return 0.0
