"""What kernels are forked from: processes that have imported what the homework names.

A run starts its nursery first of all, so that what takes longest, the imports of torch and the
like, goes on beside the driver's own. For that this module is quick to import itself.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from coursekit.assets import cache
from grader.dispatch import cores
from grader.kernels.client import Zygote
from grader.kernels.nursery import Nursery
from grader.outline import Homework
from grader.sandbox.confine import Mechanism

LIBRARIES = {  # what the libraries that a kernel has loaded go by
    cache.CACHE_VARIABLE: str(cache.folder()),
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class Warm:
    """What a zygote is before any kernel comes from it."""

    preloads: tuple[str, ...]
    threads: int
    hash_seed: int

    @classmethod
    def of(cls, homework: Homework, workers: int) -> Self:
        """What most kernels of ``homework`` come from with ``workers``, 0 for one for each core."""
        threads = cores.threads_a_worker(cores.or_all(workers))
        return cls(homework.preloads, threads, homework.hash_seed)


@dataclass(frozen=True)
class Handover:
    """A zygote for one worker, forked by the driver's nursery; it crosses to that worker."""

    warm: Warm
    control: socket.socket

    def __call__(self) -> None:
        """In the worker: have :func:`zygote` use it."""
        _handed_over[self.warm] = self.control

    def close(self) -> None:
        """In the driver: leave it to the worker alone."""
        self.control.close()


_handed_over: dict[Warm, socket.socket] = {}


class Nest:
    """A nursery that imports from the moment it is made, and has a zygote for each worker."""

    def __init__(self, warm: Warm) -> None:
        self.warm = warm
        self._nursery = Nursery(
            preloads=warm.preloads, threads=warm.threads, hash_seed=warm.hash_seed, env=LIBRARIES
        )
        self._nursery.start()

    def equip(self) -> Handover:
        """A zygote for one more worker."""
        return Handover(self.warm, self._nursery.twin())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the nursery with all that came from it."""
        self._nursery.close()


@lru_cache(maxsize=4)
def zygote(warm: Warm, mechanisms: frozenset[Mechanism]) -> Zygote:
    """This process's zygote for kernels that are shut in with ``mechanisms``."""
    return Zygote(
        preloads=warm.preloads,
        threads=warm.threads,
        hash_seed=warm.hash_seed,
        env=LIBRARIES,
        mechanisms=mechanisms,
        twin=_handed_over.pop(warm, None),
    )
