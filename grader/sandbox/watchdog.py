"""What a submission uses, sampled while it runs, and its end when it uses too much.

The watchdog sees what the process tree has in memory and what lies in its folders. It looks every
tenth of a second, so a limit can be passed for that long; it does not see files that were deleted
while open, nor memory that no process has mapped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import psutil

from grader.course import Limits
from grader.results import Reason

POLL_S = 0.1
DISK_SHARE = 0.05  # of the time may go into measuring folders
ENTRY_BYTES = 1024  # what a file or folder counts at least: an inode is not free
MIB = 2**20


class Watchdog(Thread):
    """Watches the processes below ``root`` and the bytes below ``folders``.

    ``root`` is a process that keeps the others together; it is not counted itself. Without
    ``limits`` the watchdog only measures. At the first limit that is passed it sets ``breach``
    and calls ``end``, once, in its own thread. What the folders hold at the start is free.
    """

    def __init__(
        self,
        root: psutil.Process,
        folders: Sequence[Path],
        limits: Limits | None,
        end: Callable[[], None],
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.breach: Reason | None = None
        self.peak_rss_mb = 0.0
        self._root = root
        self._folders = folders
        self._limits = limits
        self._end = end
        self._stopped = Event()
        self._cpu: dict[psutil.Process, float] = {}
        self._at_start = folder_bytes(folders) if limits else 0
        self._next_disk = 0.0

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU time of every process seen so far, as last seen."""
        return sum(list(self._cpu.values()))

    @property
    def seen(self) -> list[psutil.Process]:
        """Every process that was ever seen below the root."""
        return list(self._cpu)

    def run(self) -> None:
        """Sample until stopped, or until a limit is passed."""
        while not self._stopped.wait(POLL_S):
            self.sample()
            if self.breach is not None:
                self._end()
                return

    def stop(self) -> None:
        """Take a last sample and end the thread."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        if self.is_alive():
            self.join()
        if self.breach is None:
            self.sample()

    def sample(self) -> None:
        """Measure once and set ``breach`` where a limit is passed."""
        tree = descendants(self._root)
        rss_mb = 0.0
        for process in tree:
            with contextlib.suppress(psutil.Error):
                with process.oneshot():
                    times = process.cpu_times()
                    rss_mb += process.memory_info().rss / MIB
                self._cpu[process] = times.user + times.system
        limits = self._limits
        if limits and rss_mb > limits.memory_mb:
            # Forked processes share pages that a plain sum counts for each of them.
            rss_mb = min(rss_mb, proportional_mb(tree))
        self.peak_rss_mb = max(self.peak_rss_mb, rss_mb)
        if limits:
            self.breach = self._passed(limits, rss_mb, len(tree))

    def _passed(self, limits: Limits, rss_mb: float, processes: int) -> Reason | None:
        if rss_mb > limits.memory_mb:
            return Reason.MEMORY
        if processes > limits.processes:
            return Reason.PROCESS_LIMIT
        begin = time.monotonic()
        if begin >= self._next_disk:
            used = folder_bytes(self._folders) - self._at_start
            took = time.monotonic() - begin
            self._next_disk = begin + took / DISK_SHARE
            if used > limits.disk_mb * MIB:
                return Reason.DISK
        return None


def descendants(root: psutil.Process) -> list[psutil.Process]:
    """The processes below ``root``, itself excluded; empty where it is gone."""
    try:
        return root.children(recursive=True)
    except psutil.Error:
        return []


def proportional_mb(processes: Sequence[psutil.Process]) -> float:
    """Resident MiB of ``processes`` with shared pages counted once; their plain sum elsewhere."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            usage = process.memory_full_info()
            total += getattr(usage, "pss", usage.rss) / MIB
    return total


def folder_bytes(folders: Sequence[Path]) -> int:
    """Bytes that everything below ``folders`` takes on the disk; links are not followed."""
    total = 0
    waiting = [os.fspath(folder) for folder in folders]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    blocks = getattr(entry.stat(follow_symlinks=False), "st_blocks", 0)
                    total += max(ENTRY_BYTES, blocks * 512)
    return total


def kill_tree(
    root: psutil.Process, seen: Sequence[psutil.Process], patience_s: float = 5.0
) -> None:
    """End ``root``, what is below it, and what is left of ``seen``; wait until they are gone.

    ``root`` is asked first, because a keeper ends its own tree best; what does not end within a
    second is killed. psutil compares start times, so a reused process id is never hit.
    """
    known = {root, *seen, *descendants(root)}
    with contextlib.suppress(psutil.Error):
        root.terminate()
        root.wait(1.0)
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        known |= set(descendants(root))
        alive = [process for process in known if _is_running(process)]
        if not alive:
            return
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(alive, timeout=0.05)


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
