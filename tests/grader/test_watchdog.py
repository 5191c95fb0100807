"""The watchdog: limits on memory, processes and disk, and measurements."""

from __future__ import annotations

import math
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.outline import Limits
from grader.results import Reason
from grader.sandbox.processes import MIB, below, kill_seen, proportional_mb
from grader.sandbox.watchdog import SOCKETS, UNREAD_MB, Watchdog, folder_bytes
from small_work import alive

# A parent that starts one child which says that it is ready and then waits for its input to close.
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
READY = "print('ready', flush=True); input()"


class Tree:
    """A process with one child that runs ``source``."""

    def __init__(self, source: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, f"{source}\n{READY}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.root = psutil.Process(self.process.pid)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def watchdog(self, folder: Path, **limits: float) -> Watchdog:
        return Watchdog(self.root.pid, [folder], Limits(**limits), lambda: None)

    def end(self) -> None:
        kill_seen(below(self.root.pid))
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@pytest.fixture
def tree(request: pytest.FixtureRequest) -> Iterator[Tree]:
    made = Tree(getattr(request, "param", "pass"))
    yield made
    made.end()


def test_what_stays_within_its_limits_goes_on(tree: Tree, tmp_path: Path) -> None:
    watchdog = tree.watchdog(tmp_path)
    watchdog.sample()
    assert watchdog.breach is None and watchdog.peak_rss_mb > 1


TABLES = (  # a byte read of each 2 MiB of 128 GiB: nothing resident, and 256 MiB of page tables
    "import mmap\n"
    "kept = mmap.mmap(-1, 2**37, flags=mmap.MAP_PRIVATE | 0x4000, prot=mmap.PROT_READ)\n"
    "for place in range(0, 2**37, 2**21): kept[place]"
)


@pytest.mark.skipif(sys.platform != "linux", reason="page tables are known on Linux only")
@pytest.mark.parametrize("tree", [TABLES], indirect=True)
def test_page_tables_are_memory(tree: Tree, tmp_path: Path) -> None:
    watchdog = tree.watchdog(tmp_path, memory_mb=200)
    watchdog.sample()
    assert watchdog.breach is Reason.MEMORY and watchdog.peak_rss_mb > 250


LEADERLESS = (  # a process whose first thread has ended, and 200 MiB of another one's
    "import ctypes, os, threading, time\n"
    "told, tell = os.pipe()\n"
    "def hold():\n"
    "    kept = b'x' * (200 * 2**20)\n"
    "    os.write(tell, b'x')\n"
    "    time.sleep(600)\n"
    "if os.fork() == 0:\n"
    "    threading.Thread(target=hold).start()\n"
    "    ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)\n"
    "os.read(told, 1)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil looks")
@pytest.mark.parametrize("tree", [LEADERLESS], indirect=True)
def test_a_process_that_looks_like_a_zombie_but_lives_counts_and_is_ended(
    tree: Tree, tmp_path: Path
) -> None:
    watchdog = tree.watchdog(tmp_path, memory_mb=150)
    watchdog.sample()
    assert watchdog.breach is Reason.MEMORY
    kept = max(watchdog.seen, key=lambda one: one.rss_mb)
    assert psutil.Process(kept.pid).status() == psutil.STATUS_ZOMBIE
    kill_seen([kept])
    until = time.monotonic() + 10
    while any(one.pid == kept.pid for one in below(tree.root.pid)):
        assert time.monotonic() < until, "it lives"
        time.sleep(0.02)


CHURN = (  # short-lived processes one after another, never more than eight at a time
    "import os, threading, time\n"
    "def churn():\n"
    "    while True:\n"
    "        child = os.fork()\n"
    "        if child == 0:\n"
    "            time.sleep(0.001)\n"
    "            os._exit(0)\n"
    "        os.waitpid(child, 0)\n"
    "for _ in range(8): threading.Thread(target=churn, daemon=True).start()"
)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil looks")
@pytest.mark.parametrize("tree", [CHURN], indirect=True)
def test_processes_that_lived_one_after_another_do_not_count_together(tree: Tree) -> None:
    assert max(len(below(tree.root.pid)) for _ in range(300)) <= 9


@pytest.mark.skipif(sys.platform != "linux", reason="pages are divided on Linux only")
def test_pages_are_not_divided_where_that_would_take_long(tree: Tree) -> None:
    """Whoever has several times the limit by a plain sum is over it, or makes us look for ever."""
    plain = sum(process.memory_mb for process in below(tree.root.pid))
    assert proportional_mb(below(tree.root.pid), plain / 2) < plain
    assert proportional_mb(below(tree.root.pid), plain / 100) == pytest.approx(plain, rel=0.05)


SWAPPED = (  # 200 MiB, all of it pushed out
    "import mmap, random\n"
    "kept = mmap.mmap(-1, 200 * 2**20, flags=mmap.MAP_PRIVATE)\n"
    "for place in range(0, len(kept), 2**20):\n"
    "    kept[place : place + 2**20] = random.randbytes(2**20)\n"
    "kept.madvise(21)"
)


@pytest.mark.skipif(psutil.swap_memory().free < 250 * MIB, reason="nothing can be swapped out here")
@pytest.mark.parametrize("tree", [SWAPPED], indirect=True)
def test_memory_that_was_swapped_out_is_memory(tree: Tree, tmp_path: Path) -> None:
    assert sum(process.rss_mb for process in below(tree.root.pid)) < 150
    watchdog = tree.watchdog(tmp_path, memory_mb=150)
    watchdog.sample()
    assert watchdog.breach is Reason.MEMORY and watchdog.peak_rss_mb > 200


def test_a_kernel_has_few_sockets(tree: Tree, tmp_path: Path) -> None:
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    watchdog = Watchdog(tree.root.pid, [], Limits(), lambda: None, sockets=sockets)
    for number in range(SOCKETS):
        (sockets / str(number)).touch()
    watchdog.sample()
    assert watchdog.breach is None
    (sockets / "one-more").touch()
    watchdog.sample()
    assert watchdog.breach is Reason.DISK


def test_what_a_kernel_makes_this_process_hold_is_output(tree: Tree, tmp_path: Path) -> None:
    """libzmq keeps the frames of a message that has no end, and tells nobody."""
    watchdog = Watchdog(tree.root.pid, [tmp_path], Limits(), lambda: None, sockets=tmp_path)
    watchdog.sample()
    assert watchdog.breach is None
    held = bytearray(b"x") * int((UNREAD_MB + 32) * MIB)
    watchdog.sample()
    assert watchdog.breach is Reason.OUTPUT and held


@pytest.mark.parametrize("tree", ["kept = b'x' * (200 * 2**20)"], indirect=True)
def test_memory_of_the_whole_tree_counts(tree: Tree, tmp_path: Path) -> None:
    watchdog = tree.watchdog(tmp_path, memory_mb=150)
    watchdog.sample()
    assert watchdog.breach is Reason.MEMORY


FORKS = """
import os
import signal
kept = b'x' * (60 * 2**20)
for _ in range(4):
    if os.fork() == 0:
        os.read(0, 1)
        os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="shares of memory are known on Linux only")
@pytest.mark.parametrize("tree", [FORKS], indirect=True)
def test_pages_that_forked_processes_share_count_once(tree: Tree, tmp_path: Path) -> None:
    watchdog = tree.watchdog(tmp_path, memory_mb=200)
    watchdog.sample()
    assert watchdog.breach is None
    assert 60 < watchdog.peak_rss_mb < 200


@pytest.mark.parametrize("tree", [FORKS], indirect=True)
def test_processes_are_counted(tree: Tree, tmp_path: Path) -> None:
    few = tree.watchdog(tmp_path, processes=4)
    few.sample()
    enough = tree.watchdog(tmp_path, processes=5)
    enough.sample()
    assert (few.breach, enough.breach) == (Reason.PROCESS_LIMIT, None)
    both = tree.watchdog(tmp_path, processes=4, memory_mb=10)
    both.sample()
    assert both.breach is Reason.PROCESS_LIMIT, "which is told without looking into each of them"


def test_only_what_is_added_to_the_folder_counts(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(os.urandom(3 * MIB))
    watchdog = tree.watchdog(tmp_path, disk_mb=2)
    watchdog.sample()
    assert watchdog.breach is None
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "added").write_bytes(os.urandom(3 * MIB))
    later = tree.watchdog(tmp_path, disk_mb=2)
    later._at_start = watchdog._at_start
    later.sample()
    assert later.breach is Reason.DISK


def test_many_empty_files_count_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(os.urandom(MIB))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    for number in range(100):
        (inside / str(number)).touch()
    assert 100 * 1024 <= folder_bytes([inside]) < MIB


def test_a_folder_that_cannot_be_measured_counts_as_full(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(deep)
        for _ in range(30):  # a path longer than the system takes
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.fchdir(before)
        os.close(before)
    assert folder_bytes([deep]) == math.inf


UNNAMED = """
import os, tempfile
held = tempfile.TemporaryFile(dir={folder!r})
held.write(os.urandom(3 * 2**20))
held.flush()
"""
IN_MEMORY = """
import os
import signal
held = os.memfd_create("held")
for _ in range(200):
    os.write(held, b"x" * 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="open files are known on Linux only")
def test_files_without_a_name_count(tmp_path: Path) -> None:
    tree = Tree(UNNAMED.format(folder=os.fspath(tmp_path)))
    try:
        watchdog = tree.watchdog(tmp_path, disk_mb=2)
        watchdog.sample()
        assert list(tmp_path.iterdir()) == [] and watchdog.breach is Reason.DISK
    finally:
        tree.end()


@pytest.mark.skipif(sys.platform != "linux", reason="such files exist on Linux only")
@pytest.mark.parametrize("tree", [IN_MEMORY], indirect=True)
def test_files_in_memory_that_nobody_maps_count_as_memory(tree: Tree, tmp_path: Path) -> None:
    watchdog = tree.watchdog(tmp_path, memory_mb=150)
    watchdog.sample()
    assert watchdog.breach is Reason.MEMORY


@pytest.mark.parametrize(
    "tree",
    [
        "import threading\nfor _ in range(100):\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()"
    ],
    indirect=True,
)
def test_a_hundred_threads_count_as_several_processes(tree: Tree, tmp_path: Path) -> None:
    few, enough = tree.watchdog(tmp_path, processes=5), tree.watchdog(tmp_path, processes=8)
    few.sample()
    enough.sample()
    assert (few.breach, enough.breach) == (Reason.PROCESS_LIMIT, None)


def test_a_breach_ends_the_tree_once(tree: Tree, tmp_path: Path) -> None:
    calls: list[int] = []

    def end() -> None:
        calls.append(1)
        kill_seen(watchdog.seen)

    watchdog = Watchdog(tree.root.pid, [tmp_path], Limits(memory_mb=1), end)
    started = tree.root.children(recursive=True)
    watchdog.start()
    watchdog.join(30)
    assert calls == [1] and watchdog.breach is Reason.MEMORY
    psutil.wait_procs(started, timeout=10)
    assert started and not any(map(alive, started))


@pytest.mark.parametrize("tree", ["sum(range(5_000_000))"], indirect=True)
def test_without_limits_it_only_measures(tree: Tree, tmp_path: Path) -> None:
    watchdog = Watchdog(tree.root.pid, [tmp_path], None, lambda: None)
    watchdog.start()
    watchdog.stop()
    assert watchdog.breach is None and watchdog.peak_rss_mb > 1 and watchdog.cpu_s > 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil looks")
def test_looking_at_a_process_while_it_ends_is_no_error() -> None:
    """A process may go between two looks at it, and /proc has an error of its own for that."""
    shown = mmap.mmap(-1, 8)
    until = time.monotonic() + 5
    parent = os.fork()
    if parent == 0:
        while True:
            child = os.fork()
            if child == 0:
                time.sleep(0.0003)
                os._exit(0)
            shown[:] = child.to_bytes(8, "little")
            os.waitpid(child, 0)
    try:
        while time.monotonic() < until:
            below(int.from_bytes(shown[:], "little") or parent)
    finally:
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
