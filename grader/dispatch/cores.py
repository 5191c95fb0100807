"""How the machine's processor cores are shared out among workers.

What a student's code computes in many processes then slows down nothing but itself.
"""

from __future__ import annotations

import os

_own: frozenset[int] = frozenset()


def or_all(workers: int) -> int:
    """``workers``, or the number of cores that this process may use where it is 0."""
    return workers or len(_usable())


def threads_a_worker(workers: int) -> int:
    """Threads that each of ``workers`` processes may use so that all together fill the cores."""
    return max(1, or_all(0) // workers)


def share(place: int, workers: int) -> frozenset[int]:
    """The cores for the one in ``place``, from 0, of so many ``workers``; empty stands for all.

    With more workers than cores some share one. Where the system cannot tell cores apart, and for
    a worker alone, it is all of them.
    """
    if workers == 1 or not hasattr(os, "sched_getaffinity"):
        return frozenset()
    usable, each = _usable(), threads_a_worker(workers)
    return frozenset(usable[(place * each + number) % len(usable)] for number in range(each))


def take(cores: frozenset[int]) -> None:
    """Note that ``cores`` are this process's share, for :func:`own`; the process keeps all."""
    global _own
    _own = cores


def own() -> frozenset[int]:
    """The cores for the student code that this process has run; empty stands for all."""
    return _own


def _usable() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
