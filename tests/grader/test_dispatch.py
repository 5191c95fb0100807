"""Dispatching to workers: each task has an outcome, and no process is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from grader.dispatch.cores import share, threads_a_worker
from grader.dispatch.local import Lost, run
from grader.examine.evidence import Examined
from small_work import (
    Lamp,
    alive,
    begun,
    driver,
    endless_notebook,
    lit,
    long_notebook,
    marked,
    unpicklable,
    work,
)

PATIENCE_S = 30.0


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def _workers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    ]


def test_each_task_has_its_own_outcome() -> None:
    tasks = ["a", "killed", "b", "raises", "exits", "leaves", "c", "hangs"]
    results = dict(run(tasks, work, workers=2, deadline_s=8))
    assert results == {
        "a": "did a",
        "b": "did b",
        "c": "did c",
        "raises": Lost("ValueError: no such thing"),
        "leaves": Lost("SystemExit: 2"),
        "killed": Lost("its worker process ended 2 times"),
        "exits": Lost("its worker process ended 2 times"),
        "hangs": Lost("no result within 8 s"),
    }
    assert _workers() == []


def test_a_task_whose_worker_is_killed_once_is_done_on_the_second_try(tmp_path: Path) -> None:
    task = f"killed once {tmp_path / 'marker'}"
    assert dict(run([task, "a"], work, workers=1, deadline_s=60)) == {
        task: f"did {task}",
        "a": "did a",
    }


def test_a_result_that_cannot_cross_is_lost_with_the_reason() -> None:
    [(_, result)] = run(["x"], unpicklable, workers=1, deadline_s=60)
    assert isinstance(result, Lost) and "pickle" in result.reason


def test_no_task_starts_no_process() -> None:
    assert list(run([], work, workers=2, deadline_s=1)) == []


def test_a_worker_takes_its_equipment_before_its_first_task_and_alone_has_it() -> None:
    lamps: list[Lamp] = []

    def equip() -> Lamp:
        lamps.append(Lamp())
        return lamps[-1]

    results = list(run(["a", "b"], lit, workers=1, deadline_s=60, equip=equip))
    [lamp] = lamps
    assert [result for _, result in results] == [str(pid) for pid in lamp.seen()] * 2


def test_a_worker_has_its_next_task_before_a_result_is_looked_at(tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in "abc"]
    for number, (task, _) in enumerate(run(tasks, begun, workers=1, deadline_s=60), start=1):
        assert task == tasks[number - 1]
        _until(lambda count=number: len(list(tmp_path.iterdir())) == min(count + 1, len(tasks)))


def test_workers_share_the_cores() -> None:
    cores = os.cpu_count() or 1
    assert threads_a_worker(cores) == 1 and threads_a_worker(1) == cores
    [(_, result)] = run(["threads"], work, workers=1, deadline_s=60)
    assert result == str(cores)


def test_no_two_workers_run_students_code_on_the_same_core() -> None:
    workers = len(os.sched_getaffinity(0))
    tasks = [f"cores {number}" for number in range(2 * workers)]
    shares = {result for _, result in run(tasks, work, workers=workers, deadline_s=60)}
    assert shares == ({""} if workers == 1 else {str(one) for one in os.sched_getaffinity(0)})


def test_with_more_workers_than_cores_each_has_a_core_and_all_are_used() -> None:
    usable = os.sched_getaffinity(0)
    shares = [share(place, 3 * len(usable)) for place in range(3 * len(usable))]
    assert all(len(one) == 1 for one in shares) and frozenset().union(*shares) == usable


def test_without_a_number_there_is_a_worker_for_each_core() -> None:
    cores = os.cpu_count() or 1
    results = run(["a", *["hangs"] * cores], work, workers=0, deadline_s=600)
    first, number = next(results), len(_workers())
    results.close()  # type: ignore[attr-defined]
    assert first == ("a", "did a") and number == cores


def test_a_caller_that_stops_early_leaves_no_worker() -> None:
    results = run(["a", "hangs"], work, workers=2, deadline_s=600)
    assert next(results) == ("a", "did a")
    results.close()  # type: ignore[attr-defined]
    assert _workers() == []


def test_a_notebook_in_a_worker_is_interrupted_as_anywhere(tmp_path: Path) -> None:
    """A worker ignores Ctrl-C; its kernels must not."""
    [(_, result)] = run([str(tmp_path)], endless_notebook, workers=1, deadline_s=60)
    assert isinstance(result, Examined)
    assert result.notebook.cells[1].outputs[0].text == "went on\n"


def test_a_worker_over_its_deadline_takes_its_kernel_with_it(tmp_path: Path) -> None:
    mark = f"deadline-{uuid4()}"
    [(_, result)] = run([(str(tmp_path), mark)], long_notebook, workers=1, deadline_s=25)
    assert isinstance(result, Lost) and (tmp_path / "ready").exists()
    _until(lambda: not marked(mark))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_the_end_of_the_driver_ends_workers_kernels_and_what_they_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    mark = f"driver-{uuid4()}"
    process = driver(tmp_path, mark)
    try:
        _until((tmp_path / "ready").exists)
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(marked(mark)) == 3 and len(below) >= 5  # the driver has the mark too
        process.send_signal(number)
        process.wait(PATIENCE_S)
        _until(lambda: not any(map(alive, below)))
        assert marked(mark) == []
        private = Path((tmp_path / "ready").read_text()).parent
        assert private.name.startswith("grade-") and not private.exists()
    finally:
        process.kill()


def test_a_killed_worker_takes_its_kernel_with_it(tmp_path: Path) -> None:
    mark = f"worker-{uuid4()}"
    process = driver(tmp_path, mark)
    try:
        _until((tmp_path / "ready").exists)
        started = [p for p in marked(mark) if p.pid != process.pid]
        [worker] = [
            child
            for child in psutil.Process(process.pid).children()
            if any("spawn_main" in part for part in child.cmdline())
        ]
        worker.kill()
        _until(lambda: not any(map(alive, started)))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
