"""Who can be killed in a run of `grader grade`, when each of them is there, and how to find it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import psutil

from grader.moments import Moment
from grader.sandbox.mounts import WORK


class Victim(StrEnum):
    """A process that can be killed."""

    DRIVER = "driver"
    NURSERY = "nursery"  # all workers' zygotes are forked from it
    WORKER = "worker"
    ZYGOTE = "zygote"
    EXAMINER = "examiner"
    CANDIDATE = "candidate"
    KEEPER = "keeper"  # the candidate's parent


Pair = tuple[Moment, Victim]  # when, and who

EVERY = tuple(moment for moment in Moment if moment is not Moment.PAGE_WRITTEN)  # of `grade`
OF_PAGES = (Moment.FILE_WRITTEN, Moment.PAGE_WRITTEN)  # of `feedback` and `report`
OF_WORKER = EVERY[EVERY.index(Moment.TASK_TAKEN) : EVERY.index(Moment.RESULT_TAKEN)]
OF_DRIVER = tuple(moment for moment in EVERY if moment not in OF_WORKER)
RECORD = EVERY[EVERY.index(Moment.TRANSACTION_OPEN) :]
WITH_KERNELS = EVERY[EVERY.index(Moment.KERNELS_STARTED) : EVERY.index(Moment.EXAMINE_DONE)]
WITH_WORKER = EVERY[:-1]  # the summary is written when all workers have ended
KERNELS = (Victim.EXAMINER, Victim.CANDIDATE, Victim.KEEPER)
# While the driver is at one of its moments, a worker may be at any of its own.
_MEANWHILE = tuple(m for m in OF_DRIVER if m in WITH_WORKER)
THERE: dict[Victim, tuple[Moment, ...]] = {
    Victim.DRIVER: EVERY,
    Victim.NURSERY: EVERY,
    Victim.WORKER: WITH_WORKER,
    Victim.ZYGOTE: WITH_WORKER,
    **dict.fromkeys(KERNELS, (*_MEANWHILE, *WITH_KERNELS)),
}
BELOW = tuple(victim for victim in Victim if victim is not Victim.DRIVER)
A_HAND = 3  # strikes that one run of the small class has room for, wherever they come


def deal(seed: int) -> list[tuple[Pair, ...]]:
    """All pairs below the driver, shuffled into hands of up to ``A_HAND`` for one run each."""
    pairs: list[Pair] = [(moment, victim) for victim in BELOW for moment in THERE[victim]]
    return _hands(pairs, random.Random(f"all {seed}"))


def share(among: tuple[Moment, ...]) -> list[tuple[Pair, ...]]:
    """As :func:`deal`, with one moment ``among`` these for each victim, and always the same.

    A strike at a worker, or at what its kernels come from, is left out where the driver records:
    where in its own work the worker is then, is luck.
    """
    choose = random.Random(f"share of {len(among)}")
    pairs: list[Pair] = []
    for victim in BELOW:
        luck = () if victim in KERNELS else OF_DRIVER[1:-1]
        there = [m for m in THERE[victim] if m in among and m not in luck]
        pairs.append((choose.choice(there), victim))
    return _hands(pairs, choose)


def _hands(pairs: list[Pair], choose: random.Random) -> list[tuple[Pair, ...]]:
    choose.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[1] is not Victim.NURSERY)  # of that a run has one
    count = -(-len(pairs) // A_HAND)
    hands = [pairs[number::count] for number in range(count)]
    for hand in hands:
        choose.shuffle(hand)
        hand.sort(key=lambda pair: pair[0] is Moment.SUMMARY_WRITTEN)  # there is nobody after that
    return [tuple(hand) for hand in hands]


def standing(driver: psutil.Process, at: int) -> dict[Victim, psutil.Process]:
    """Who is there below ``driver`` that has to do with the process ``at``."""
    found = {Victim.DRIVER: driver}
    with suppress(psutil.NoSuchProcess, FileNotFoundError):  # it ends while we look
        for victim, process in _below(driver, at):
            found[victim] = process
    return {victim: process for victim, process in found.items() if alive(process)}


def _below(driver: psutil.Process, at: int) -> Iterator[tuple[Victim, psutil.Process]]:
    children = [(child, _command(child)) for child in driver.children()]
    nursery = next((child for child, command in children if _ZYGOTE in command), None)
    if nursery is not None:
        yield Victim.NURSERY, nursery
    workers = [child for child, command in children if "spawn_main" in command]
    worker = next((one for one in workers if at in (one.pid, driver.pid)), None)
    if worker is None:
        return
    yield Victim.WORKER, worker
    zygotes = [*worker.children(), *(nursery.children() if nursery else [])]
    held = _held(worker)
    zygote = next((one for one in zygotes if one.pid in held and _ZYGOTE in _command(one)), None)
    if zygote is None:
        return
    yield Victim.ZYGOTE, zygote
    for keeper in zygote.children():
        for kernel in keeper.children():
            if _is_candidate(kernel):
                yield Victim.KEEPER, keeper
                yield Victim.CANDIDATE, kernel
            else:
                yield Victim.EXAMINER, kernel


_ZYGOTE = "grader.kernels.zygote"


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


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def alive(process: psutil.Process) -> bool:
    """Whether ``process`` runs, or could: a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
