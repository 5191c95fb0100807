"""A kernel that is shut in: what the zygote and the keeper do about it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from uuid import uuid4

import psutil
import pytest
from jupyter_core.utils import run_sync
from nbformat.v4 import new_notebook

from grader.examine.kernel import Kernel, KernelLostError
from grader.examine.run import examine
from grader.examine.seat import Seat
from grader.examine.sitting import Sitting
from grader.kernels.client import KernelStartError, Zygote, ZygoteLostError
from grader.kernels.messages import Role
from grader.outline import Limits
from grader.results import Reason
from grader.sandbox.confine import Confinement, Mechanism
from grader.sandbox.mounts import WORK
from grader.sandbox.view import read_only
from grader.scratch import Scratch
from sandboxed import none_here
from small_kernels import START_S, Asked
from small_work import marked

AS_ROOT = os.getuid() == 0
UID = 0x7000_0123 if AS_ROOT else os.getuid()
MECHANISMS = frozenset(Mechanism) - (frozenset() if AS_ROOT else {Mechanism.IDENTITY})


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote(mechanisms=MECHANISMS)
    try:
        made.start()
        with Scratch(short=True) as folder, made.folder(folder.path, 1, UID):
            if made.bounded(folder.path) is None:
                none_here("this host has no namespaces to give")
        yield made
    finally:
        made.close()


Confined = Callable[..., Asked]


@pytest.fixture
def confined(zygote: Zygote) -> Iterator[Confined]:
    """Starts kernels that are shut in, each in a folder of its own."""
    with ExitStack() as stack:

        def start(
            *, watched: bool = True, cores: frozenset[int] = frozenset(), **small: float
        ) -> Asked:
            limits = Limits(**({"disk_mb": 8, "memory_mb": 512} | small))
            seat = replace(seated(zygote, stack, limits, cores), role=Role.ALONE)
            kernel = Kernel(zygote, seat, limits=limits, watched=watched)
            stack.callback(kernel.end)
            run_sync(kernel.start)(START_S)
            return Asked(kernel)

        yield start


def test_a_kernel_is_the_first_process_and_sees_its_folder_only(confined: Confined) -> None:
    ask = confined()
    look = "import os; print(os.getpid(), os.path.basename(os.getcwd()), os.listdir())"
    assert ask(look) == "1 work []"
    secret = Path(__file__)
    assert ask(f"print(os.path.exists({os.fspath(secret)!r}))") == "False"


def test_what_the_worker_puts_into_the_folder_is_there(zygote: Zygote, confined: Confined) -> None:
    ask = confined()
    folder = ask.kernel._folders[0]
    outside = zygote.bounded(folder)
    assert outside is not None and list(folder.iterdir()) == []
    (outside / WORK / "given").write_text("here")
    (outside / WORK / "given").chmod(0o644)
    assert ask("print(open('given').read())") == "here"


def test_a_kernel_and_what_it_starts_keep_to_their_cores(confined: Confined) -> None:
    usable = os.sched_getaffinity(0)
    one = frozenset({max(usable)})
    ask = confined(cores=one)
    look = "import os, subprocess, sys; print(sorted(os.sched_getaffinity(0)))"
    assert ask(look) == str(sorted(one))
    wider = f"import os; os.sched_setaffinity(0, {sorted(usable)}); print('more')"
    assert ask(wider) == "PermissionError"
    child = f"print(subprocess.run([sys.executable, '-c', {look!r}], capture_output=True).stdout)"
    assert ask(child).strip() == str(f"{sorted(one)}\n".encode())
    assert confined()(look) == str(sorted(usable))


FILL = "with open('big', 'wb') as file:\n    while True: file.write(b'x' * 2**16)"


def test_a_full_disk_is_an_error_there_and_seen_here(confined: Confined) -> None:
    ask = confined(watched=False)
    assert not ask.kernel.disk_full()
    assert ask(FILL) == "OSError"
    assert ask.kernel.disk_full()


def test_a_disk_that_stays_full_ends_the_kernel(confined: Confined) -> None:
    ask = confined()
    with pytest.raises(KernelLostError) as lost:
        ask(f"try:\n{indent(FILL, '    ')}\nexcept OSError:\n    import time; time.sleep(60)")
    assert lost.value.reason is Reason.DISK


def test_files_in_the_folder_count_as_memory(confined: Confined) -> None:
    ask = confined(disk_mb=300, memory_mb=250)
    fill = "with open('big', 'wb') as f:\n    for _ in range(280): f.write(b'x' * 2**20)"
    with pytest.raises(KernelLostError) as lost:
        ask(f"{fill}\nimport time; time.sleep(60)")
    assert lost.value.reason is Reason.MEMORY


def test_the_limit_is_named_also_where_the_connection_was_lost_before(confined: Confined) -> None:
    ask = confined(memory_mb=400)
    leave = (
        "import time\n"
        "from ipykernel.kernelapp import IPKernelApp\n"
        "IPKernelApp.instance().shell_socket.close(linger=0)\n"
        "time.sleep(0.4)\n"  # by now somebody waits whether this process is going to end
        "held = [bytearray(2**24) for _ in range(100)]\n"
        "time.sleep(60)"
    )
    with pytest.raises(KernelLostError) as lost:
        ask(leave)
    assert lost.value.reason is Reason.MEMORY


def test_an_interrupt_reaches_the_first_process_of_a_namespace(confined: Confined) -> None:
    ask = confined()
    run_sync(ask.kernel.interrupt)()  # one between two calls is without effect,
    time.sleep(0.5)  # once it has arrived
    asked = "import time\nprint('waiting', flush=True)\ntime.sleep(60)"

    async def interrupted() -> str:
        request = ask.kernel.execute(asked)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            for _, message in await ask.kernel.channels.take():
                if message["parent_header"].get("msg_id") != request:
                    continue
                if message["content"].get("text", "").startswith("waiting"):
                    await ask.kernel.interrupt()
                if message["msg_type"] == "error":
                    return str(message["content"]["ename"])
            await ask.kernel.channels.wait(0)
            ask.kernel.check()
        return "nothing"

    assert run_sync(interrupted)() == "KeyboardInterrupt"


LEAVE = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # as if its parent's death were no matter
sleep = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
left = subprocess.Popen([sys.executable, "-c", sleep, MARK], start_new_session=True)
"""


@pytest.mark.parametrize("killed", ["keeper", "zygote"])
def test_nothing_outlives_a_killed_keeper_or_zygote(
    zygote: Zygote, confined: Confined, killed: str
) -> None:
    mark = f"confined-{uuid4()}"
    ask = confined()
    ask(f"MARK = {mark!r}{LEAVE}")
    assert len(marked(mark)) == 1
    below = marked(mark)
    line = ask.kernel._line
    assert line is not None and zygote.pid is not None
    psutil.Process(line.keeper if killed == "keeper" else zygote.pid).kill()
    with pytest.raises(KernelLostError if killed == "keeper" else ZygoteLostError):
        ask("import time; time.sleep(60)")
    assert psutil.wait_procs(below, timeout=30)[1] == []


@pytest.mark.parametrize("killed", ["keeper", "kernel"])
def test_a_kill_from_outside_is_known_for_one(confined: Confined, killed: str) -> None:
    ask = confined()
    ask("pass")
    assert ask.kernel._line is not None
    keeper = psutil.Process(ask.kernel._line.keeper)
    [kernel] = keeper.children()
    (keeper if killed == "keeper" else kernel).kill()
    with pytest.raises(KernelLostError):
        ask("import time; time.sleep(60)")
    assert ask.kernel.struck


OWN_ENDS = {
    "exit": "os._exit(137)",
    "crash": "ctypes.string_at(0)",
    "abort": "os.abort()",
    "kill": "libc.kill(1, 9); libc.kill(0, 9); libc.kill(-1, 9); os._exit(1)",
    "kill from below": "os.fork() or [libc.kill(1, 9), os._exit(0)]; os.wait(); os._exit(1)",
    "another program": "os.execv('/bin/sh', ['sh', '-c', 'kill -9 $$; exit 1'])",
}


@pytest.mark.parametrize("end", OWN_ENDS)
def test_no_end_of_its_own_passes_for_a_kill_from_outside(confined: Confined, end: str) -> None:
    ask = confined()
    with pytest.raises(KernelLostError):
        ask("import ctypes, os\nlibc = ctypes.CDLL(None)\n" + OWN_ENDS[end])
    assert not ask.kernel.struck


def test_the_other_side_hears_when_a_kernel_ends(zygote: Zygote, tmp_path: Path) -> None:
    """No keeper and no zygote holds the kernel's end of the boundary."""
    ours, theirs = socket.socketpair()
    with ours:
        kernel = Kernel(
            zygote, Seat(Role.CANDIDATE, tmp_path, {}), limits=Limits(), boundary=theirs
        )
        try:
            run_sync(kernel.start)(START_S)
            theirs.close()
            assert kernel._line is not None
            held = Path(f"/proc/{kernel._line.keeper}/fd").iterdir()
            assert sum(str(entry.readlink()).startswith("socket:") for entry in held) == 1
            kernel.kill()
            ours.settimeout(START_S)
            while ours.recv(4096):
                pass
        finally:
            kernel.end()


def seated(
    zygote: Zygote, stack: ExitStack, limits: Limits, cores: frozenset[int] = frozenset()
) -> Seat:
    """A seat in a new folder that no kernel has yet."""
    folder = stack.enter_context(Scratch(short=True)).path
    if AS_ROOT:
        os.chown(folder, UID, UID)
    stack.enter_context(zygote.folder(folder, limits.disk_mb, UID))
    confinement = Confinement(
        mechanisms=MECHANISMS,
        folder=folder,
        sockets=folder,
        read_only=read_only(folder / "no-cache"),
        uid=UID,
        processes=limits.processes,
        memory_mb=limits.memory_mb,
        disk_mb=limits.disk_mb,
        cores=cores,
    )
    return Seat(Role.CANDIDATE, folder / WORK, {}, confinement)


def test_a_candidate_that_cannot_start_leaves_nothing_behind_for_the_next(
    zygote: Zygote, tmp_path: Path
) -> None:
    """Nor does its examiner, which was starting beside it: the next two start as ever."""
    limits = Limits(disk_mb=1)
    for attempt in range(3):
        for full in (True, False):
            with ExitStack() as stack:
                candidate = seated(zygote, stack, limits)
                assert candidate.confinement is not None
                outside = zygote.bounded(candidate.confinement.folder)
                if full:
                    assert outside is not None
                    fill(outside / WORK / "full")
                workdir = tmp_path / f"{attempt}-{full}"
                workdir.mkdir()
                sitting = Sitting(zygote, candidate, limits, Seat(Role.EXAMINER, workdir, {}), ())
                begin = time.monotonic()
                with pytest.raises(KernelStartError) if full else nullcontext():
                    examine(new_notebook(), sitting)
                assert time.monotonic() - begin < START_S / 3


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))


def test_a_confinement_that_fails_starts_no_kernel(zygote: Zygote, tmp_path: Path) -> None:
    missing = Confinement(
        mechanisms=MECHANISMS,
        folder=tmp_path / "missing",
        sockets=tmp_path,
        read_only=(),
        uid=UID,
        processes=8,
        memory_mb=512,
        disk_mb=8,
    )
    kernel = Kernel(zygote, Seat(Role.ALONE, tmp_path, {}, missing), limits=Limits())
    try:
        with pytest.raises(KernelStartError):
            run_sync(kernel.start)(START_S)
    finally:
        kernel.end()
