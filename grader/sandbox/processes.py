"""What the processes below another use, read so that looking ten times a second costs little."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

PROC = Path("/proc")
MIB = 2**20
LOOKS = 6  # again where a process ended meanwhile: its children then have another parent
# What may go into dividing shared pages among their sharers: whoever maps the same few pages a
# million times makes it slow, and takes more meanwhile. Then a plain sum counts.
DIVIDED_CPU_S, DIVIDED_S = 0.5, 2.0
SEVERAL_TIMES = 4
_TELLS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_MB = (os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096) / MIB
_GONE = ("Z", "X")


@dataclass(frozen=True)
class Process:
    """One process as it was seen. ``pid`` and ``started`` together are never used again.

    ``tables_mb`` are the MiB of its page tables and ``swapped_mb`` of what was swapped out, which
    no resident size counts: reading one byte of every page of an empty mapping fills the tables.
    ``place`` is where /proc tells more about it.
    """

    pid: int
    started: float
    cpu_s: float  # of its own, without its children's
    rss_mb: float
    threads: int
    tables_mb: float = 0.0
    swapped_mb: float = 0.0
    place: str = ""

    @property
    def memory_mb(self) -> float:
        """All that it has in memory or swap, in MiB; what it shares with others included."""
        return self.rss_mb + self.tables_mb + self.swapped_mb


def below(root: int) -> list[Process]:
    """The living processes below ``root``, itself excluded; empty where it is gone."""
    if not _TELLS_CHILDREN:
        return _below_slowly(root)
    looks: list[list[Process]] = []
    ended: set[int] = set()
    while len(looks) < LOOKS:
        found, gone = _look(root)
        looks.append(found)
        if gone <= ended:
            break
        ended |= gone
    # One of them, not all together: what lived one after another was never there at once.
    return max(looks, key=lambda found: sum(process.memory_mb for process in found))


def _look(root: int) -> tuple[list[Process], set[int]]:
    """What lives below ``root``, and the ids of what has ended, collected or not."""
    found: list[Process] = []
    ended: set[int] = set()
    waiting, known = [root], {root}
    while waiting:
        for pid in _children(waiting.pop()):
            if pid in known:
                continue
            process = _read(pid)  # at once: it may live for a ten thousandth of a second
            if process is None:
                ended.add(pid)
            else:
                found.append(process)
            known.add(pid)
            waiting.append(pid)
    return found, ended


def _children(pid: int) -> Iterator[int]:
    """The children of every thread of ``pid``."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # a tenth of a Path's time
            with contextlib.suppress(OSError):
                yield from map(int, _text(f"/proc/{pid}/task/{thread}/children").split())


def _text(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123  # as above
        return file.read()


def _read(pid: int) -> Process | None:
    """What /proc says of ``pid``; None where it has ended, collected or not.

    Where its first thread has ended and another has not, it looks like a zombie that has nothing:
    the other thread tells.
    """
    place = f"/proc/{pid}"
    try:
        fields = own = _fields(place)
        if fields[0] in _GONE:
            place = _living_thread(place)
            own = _fields(place)
        status = _text(f"{place}/status")
    except OSError:
        return None
    return Process(
        pid=pid,
        started=float(fields[19]),
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS,
        rss_mb=int(own[21]) * _PAGE_MB,
        threads=int(fields[17]),
        tables_mb=_told_mb(status, "VmPTE"),
        swapped_mb=_told_mb(status, "VmSwap"),
        place=place,
    )


def _fields(place: str) -> list[str]:
    """The fields of the file ``stat`` at ``place`` from the third on, as proc(5) has them."""
    return _text(f"{place}/stat").rpartition(")")[2].split()


def _living_thread(place: str) -> str:
    """Where /proc tells about a living thread of the process at ``place``; it has one or ended."""
    for thread in os.listdir(f"{place}/task"):  # noqa: PTH208  # as above
        with contextlib.suppress(OSError):
            if _fields(f"{place}/task/{thread}")[0] not in _GONE:
                return f"{place}/task/{thread}"
    raise ProcessLookupError(place)


def _told_mb(text: str, name: str) -> float:
    """What the line ``name`` of ``text`` gives in kB, in MiB; 0 where there is none."""
    _, found, after = text.partition(f"\n{name}:")
    return int(after.split(maxsplit=1)[0]) / 1024 if found else 0.0


def own_mb() -> float:
    """Resident MiB of this process; 0 where /proc does not tell."""
    with contextlib.suppress(OSError):
        return _told_mb(_text("/proc/self/status"), "VmRSS")
    return 0.0


def _below_slowly(root: int) -> list[Process]:
    """As :func:`below`, on systems whose /proc does not tell a process's children."""
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(root).children(recursive=True)
        told = (_read(one.pid) if PROC.is_dir() else _ask(one) for one in children)
        return [process for process in told if process is not None]
    return []


def _ask(process: psutil.Process) -> Process | None:
    """As :func:`_read`, where there is no /proc."""
    with contextlib.suppress(psutil.Error), process.oneshot():
        if process.status() != psutil.STATUS_ZOMBIE:
            times = process.cpu_times()
            return Process(
                pid=process.pid,
                started=process.create_time(),
                cpu_s=times.user + times.system,
                rss_mb=process.memory_info().rss / MIB,
                threads=process.num_threads(),
            )
    return None


def kill_seen(processes: Iterable[Process]) -> None:
    """End those of ``processes`` that still run."""
    for process in processes:
        now = _read(process.pid) if PROC.is_dir() else process
        if now is not None and now.started == process.started:
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)


def proportional_mb(processes: Iterable[Process], most_mb: float) -> float:
    """Resident MiB of ``processes``, pages that several share counted once where that is known.

    It is not asked of a process that alone seems to have several times ``most_mb``, nor of any
    more once that has taken long.
    """
    total, until, cpu_until = 0.0, time.monotonic() + DIVIDED_S, time.thread_time() + DIVIDED_CPU_S
    for process in processes:
        quick = time.monotonic() < until and time.thread_time() < cpu_until
        ask = quick and process.memory_mb < SEVERAL_TIMES * most_mb
        total += _proportional(process) if ask else process.memory_mb
    return total


def _proportional(process: Process) -> float:
    with contextlib.suppress(OSError):  # it may not let itself be looked into
        told = _text(f"{process.place}/smaps_rollup")
        if shared := _told_mb(told, "Pss"):
            return shared + _told_mb(told, "SwapPss") + process.tables_mb
    return process.memory_mb


def unlinked(processes: Iterable[Process]) -> dict[int, int]:
    """Bytes of the files without a name that ``processes`` hold open, by device.

    Such a file is in no folder, and may be in memory only. Files of a process that does not let
    itself be looked into are not counted.
    """
    found: dict[tuple[int, int], int] = {}
    for process in processes:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"{process.place}/fd"):
                with contextlib.suppress(OSError):
                    about = entry.stat()
                    if about.st_nlink == 0 and stat.S_ISREG(about.st_mode):
                        found[about.st_dev, about.st_ino] = about.st_blocks * 512
    total: dict[int, int] = {}
    for (device, _), size in found.items():
        total[device] = total.get(device, 0) + size
    return total
