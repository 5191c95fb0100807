"""What a submission uses, sampled while it runs, and its end when it uses too much.

The watchdog sees what the process tree has in memory or swap, page tables included, what lies in
its folders, and what its messages cost this process. It looks every tenth of a second, so a limit
can be passed for that long. What no process has mapped, opened or filed, such as a full socket
buffer, it does not see.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from threading import Event, Thread

from grader.outline import Limits
from grader.results import Reason
from grader.sandbox.processes import MIB, Process, below, own_mb, proportional_mb, unlinked

POLL_S = 0.1
DISK_SHARE = 0.02  # of the time may go into measuring folders and open files
ENTRY_BYTES = 1024  # what a file or folder counts at least: an inode is not free
FULL = 0.99  # of a bounded file system
THREADS_PER_PROCESS = 16  # so many threads count as one process
SOCKETS = 16  # that a kernel may have in its sockets' folder; it needs five
UNREAD_MB = 256.0  # by which this process may grow meanwhile: libzmq keeps an unfinished message


class Watchdog(Thread):
    """Watches the processes below the process ``root`` and the bytes below ``folders``.

    ``root`` keeps the others together; it is not counted itself. Where the folders lie on a file
    system of their own with a limit of its own, ``bounded`` is where it is mounted; its content is
    in memory and counts as such. ``sockets`` is the folder of a stranger's kernel's sockets: it may
    not fill that, nor this process with messages. Without ``limits`` the watchdog only measures. At
    the first limit that is passed it sets ``breach`` and calls ``end``, once, in its own thread.
    What the folders hold at the start is free.
    """

    def __init__(
        self,
        root: int,
        folders: Sequence[Path],
        limits: Limits | None,
        end: Callable[[], None],
        *,
        bounded: Path | None = None,
        sockets: Path | None = None,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.breach: Reason | None = None
        self.peak_rss_mb = 0.0
        self._root = root
        self._folders = folders
        self._limits = limits
        self._end = end
        self._bounded = bounded
        self._sockets = sockets
        self._own_mb = own_mb()
        self._stopped = Event()
        self._seen: dict[tuple[int, float], Process] = {}
        self._at_start = folder_bytes(folders) if limits and not bounded else 0.0
        self._devices = {folder.stat().st_dev for folder in folders if folder.exists()}
        self._unfiled_mb = 0.0
        self._next_disk = 0.0

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU time of every process seen so far, as last seen."""
        return sum(process.cpu_s for process in self.seen)

    @property
    def seen(self) -> list[Process]:
        """Every process that was ever seen below the root."""
        return list(self._seen.values())

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
        tree = below(self._root)
        self._seen.update({(process.pid, process.started): process for process in tree})
        used_mb = sum(process.memory_mb for process in tree)
        limits = self._limits
        if limits is None:
            self.peak_rss_mb = max(self.peak_rss_mb, used_mb)
            return
        if _count(tree) > limits.processes:  # first: to look into so many takes its time
            self.breach = Reason.PROCESS_LIMIT
            return
        full, filed_mb = _file_system(self._bounded)
        disk = self._disk(limits, tree)
        filed_mb += self._unfiled_mb
        if used_mb + filed_mb > limits.memory_mb:
            # Forked processes share pages that a plain sum counts for each of them.
            used_mb = min(used_mb, proportional_mb(tree, limits.memory_mb))
        self.peak_rss_mb = max(self.peak_rss_mb, used_mb + filed_mb)
        if used_mb + filed_mb > limits.memory_mb:
            self.breach = Reason.MEMORY
        elif full or disk or _crowded(self._sockets):
            self.breach = Reason.DISK
        elif self._sockets and own_mb() - self._own_mb > UNREAD_MB:
            self.breach = Reason.OUTPUT

    def _disk(self, limits: Limits, tree: Sequence[Process]) -> bool:
        """Measure files, where it is time to; say whether they are more than allowed."""
        begin = time.monotonic()
        if begin < self._next_disk:
            return False
        nameless = unlinked(tree)
        filed: float = sum(nameless.pop(device, 0) for device in self._devices)
        self._unfiled_mb = sum(nameless.values()) / MIB
        if not self._bounded:
            filed += folder_bytes(self._folders) - self._at_start
        self._next_disk = begin + (time.monotonic() - begin) / DISK_SHARE
        return not self._bounded and filed > limits.disk_mb * MIB


def _count(tree: Sequence[Process]) -> int:
    """How many processes ``tree`` counts as: many threads are as good as one more."""
    threads = sum(process.threads for process in tree)
    return max(len(tree), threads // THREADS_PER_PROCESS)


def _file_system(mounted: Path | None) -> tuple[bool, float]:
    """Whether the file system at ``mounted`` is full, and how many MiB are used of it."""
    if mounted is None:
        return False, 0.0
    try:
        about = os.statvfs(mounted)
    except OSError:
        return False, 0.0
    used = about.f_blocks - about.f_bfree
    full = used >= FULL * about.f_blocks or about.f_ffree == 0
    return full, used * about.f_frsize / MIB


def _crowded(sockets: Path | None) -> bool:
    """Whether more lies in the folder ``sockets`` than a kernel needs, or somebody hides it."""
    if sockets is None:
        return False
    try:
        with os.scandir(sockets) as entries:
            return len(list(islice(entries, SOCKETS + 1))) > SOCKETS
    except FileNotFoundError:
        return False
    except OSError:
        return True


def is_full(mounted: Path | None) -> bool:
    """Whether nothing more can be written to the file system at ``mounted``."""
    return _file_system(mounted)[0]


def folder_bytes(folders: Sequence[Path]) -> float:
    """Bytes that everything below ``folders`` takes on the disk; links are not followed.

    Infinite where a folder cannot be read: somebody hides something.
    """
    total = 0.0
    waiting = [os.fspath(folder) for folder in folders]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    total += _entry_bytes(entry)
        except (FileNotFoundError, NotADirectoryError):
            continue  # it went while we looked
        except OSError:
            return math.inf
    return total


def _entry_bytes(entry: os.DirEntry[str]) -> int:
    try:
        blocks: int = getattr(entry.stat(follow_symlinks=False), "st_blocks", 0)
    except FileNotFoundError:
        return 0
    return max(ENTRY_BYTES, blocks * 512)
