"""The nursery: what is imported once serves every worker, and each can lose only its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader.kernels.client import KernelStartError, Zygote
from grader.kernels.messages import Role, StartKernel
from grader.kernels.nursery import Nursery
from small_work import alive

PATIENCE_S = 30.0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def counted(tmp_path: Path) -> tuple[str, dict[str, str], Path]:
    """A preload that notes each import of it, what makes it importable, and its notes."""
    notes = tmp_path / "notes"
    (tmp_path / "counted.py").write_text(
        f"import os\nopen({os.fspath(notes)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
    )
    return "counted", {"PYTHONPATH": os.fspath(tmp_path)}, notes


@pytest.fixture
def nursery(counted: tuple[str, dict[str, str], Path]) -> Iterator[Nursery]:
    made = Nursery(preloads=[counted[0]], env=counted[1])
    yield made
    made.close()


@pytest.fixture
def twins(
    nursery: Nursery, counted: tuple[str, dict[str, str], Path]
) -> Iterator[tuple[Zygote, Zygote]]:
    """Two zygotes from one nursery."""
    preload, env, _ = counted
    made = [Zygote(preloads=[preload], env=env, twin=nursery.twin()) for _ in range(2)]
    for one in made:
        one.start()
    yield made[0], made[1]
    for one in made:
        one.close()


def test_two_zygotes_share_one_import(
    nursery: Nursery, twins: tuple[Zygote, Zygote], counted: tuple[str, dict[str, str], Path]
) -> None:
    one, other = twins
    assert counted[2].read_text().split() == [str(nursery.pid)]
    assert len({one.pid, other.pid, nursery.pid}) == 3
    for pid in (one.pid, other.pid, nursery.pid):
        process = psutil.Process(pid)
        assert process.num_threads() == 1
        kinds = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        assert sum(kind.startswith("socket:") for kind in kinds) == 1


def test_a_zygote_that_dies_is_replaced_and_the_others_go_on(
    twins: tuple[Zygote, Zygote], tmp_path: Path
) -> None:
    one, other = twins
    before, untouched = one.pid, other.pid
    psutil.Process(before).kill()
    until(lambda: one.lost)
    with one.folder(tmp_path, 8, os.getuid()):
        assert one.pid not in (before, None)
    other.start()
    assert other.pid == untouched


def test_a_zygote_goes_when_its_worker_has_gone(nursery: Nursery) -> None:
    control = nursery.twin()
    until(lambda: len(psutil.Process(nursery.pid).children()) == 1)
    twin = psutil.Process(nursery.pid).children()[0]
    control.close()
    until(lambda: not alive(twin))
    assert alive(psutil.Process(nursery.pid))


def test_a_nursery_that_dies_takes_its_zygotes_and_workers_start_their_own(
    nursery: Nursery, twins: tuple[Zygote, Zygote], tmp_path: Path
) -> None:
    one, other = twins
    waiting = Zygote(twin=nursery.twin())  # not asked for anything yet
    before = psutil.Process(one.pid)
    psutil.Process(nursery.pid).kill()
    until(lambda: one.lost and other.lost and not alive(before))
    request = StartKernel(Role.ALONE, tmp_path, {}, {})
    for zygote in (one, waiting):
        zygote.kernel(request).close()
        assert zygote.pid is not None
        zygote.close()


def test_a_preload_that_cannot_be_is_named_by_each_zygote() -> None:
    nursery = Nursery(preloads=["no_such_module"])
    try:
        for _ in range(2):
            zygote = Zygote(preloads=["no_such_module"], twin=nursery.twin())
            with pytest.raises(KernelStartError, match="no_such_module"):
                zygote.start()
            assert zygote.pid is None
    finally:
        nursery.close()


def test_closing_ends_everything(nursery: Nursery, twins: tuple[Zygote, Zygote]) -> None:
    processes = [psutil.Process(pid) for pid in (nursery.pid, twins[0].pid, twins[1].pid)]
    home = Path(processes[0].cwd())
    nursery.close()
    nursery.close()
    until(lambda: not any(map(alive, processes)))
    assert not home.exists()
