"""A forked kernel: as fresh as one that was started, and gone without a trace."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from coursekit.seeds import KEY_VARIABLE
from grader.examine.channels import OutputLimitError
from grader.examine.kernel import Kernel, KernelLostError
from grader.examine.seat import Seat
from grader.kernels.client import KernelStartError, Zygote, ZygoteLostError
from grader.kernels.messages import Role
from grader.outline import Limits
from grader.results import Reason
from grader.sandbox.processes import below
from small_kernels import Start
from small_work import alive, marked

PATIENCE_S = 30.0

# A kernel's answer to each of these must not be what the kernel before it made of it.
STATE = {
    "os.getpid()": "pass",
    "os.environ.get('MADE')": "os.environ['MADE'] = 'x'",
    "'made' in globals()": "made = 1",
    "getattr(json, 'made', 0)": "json.made = 1",
    "[p.name for p in pathlib.Path(tempfile.gettempdir()).iterdir() if p.name == 'left']": (
        "pathlib.Path(tempfile.gettempdir(), 'left').touch()"
    ),
    "os.getcwd() == os.environ['HOME']": "os.chdir('/')",
    "torch.get_num_threads()": "torch.set_num_threads(1)",
}
IMPORTS = "import json, os, pathlib, random, sys, tempfile\nimport numpy as np, torch\n"
LOOK = IMPORTS + "print([" + ", ".join(STATE) + "][1:])"


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_kernel_knows_nothing_of_the_one_before(zygote: Zygote, start: Start) -> None:
    first = start(zygote)
    before = first(LOOK)
    first("\n".join(STATE.values()))
    assert first(LOOK) != before
    assert start(zygote)(LOOK) == before


def test_a_kernel_is_forked_with_the_libraries_loaded(zygote: Zygote, start: Start) -> None:
    assert start(zygote)("import sys; print('torch' in sys.modules)") == "True"


@pytest.mark.parametrize("draw", ["random.random()", "np.random.rand()", "torch.rand(1).item()"])
def test_code_without_a_seed_draws_the_same_at_each_grading_and_nothing_of_the_examiners(
    zygote: Zygote, start: Start, draw: str
) -> None:
    code = f"{IMPORTS}print({draw})"
    key = {KEY_VARIABLE: "a-key"}
    assert start(zygote)(code) == start(zygote)(code)
    assert start(zygote, env=key)(code) not in (
        start(zygote)(code),
        start(zygote, env={KEY_VARIABLE: "another"})(code),
    )


def test_no_descriptor_of_ours_is_in_a_kernel(zygote: Zygote, start: Start) -> None:
    """Its pipes and sockets are its own, and it has no other file open."""
    ours = socket.socketpair()
    for one in ours:
        one.set_inheritable(True)
    with ours[0], ours[1]:
        ask = start(zygote)
        found = ask(
            "import os, collections\n"
            "held = collections.Counter()\n"
            "for name in os.listdir('/proc/self/fd'):\n"
            "    try: held[os.readlink('/proc/self/fd/' + name)] += 1\n"
            "    except OSError: pass\n"
            "print(sorted({k.split(':')[0] for k in held if not k.startswith('anon_inode')}))\n"
            "print(sorted(k for k, n in held.items() if k.startswith('pipe') and n < 2))"
        )
        assert found.splitlines()[1] == "[]"
        assert set(eval(found.splitlines()[0])) <= {"/dev/null", "pipe", "socket"}
        assert zygote.pid is not None
        theirs = _inodes(zygote.pid) | _inodes(os.getpid())
        [kernel] = psutil.Process(ask.kernel._line.keeper).children()  # type: ignore[union-attr]
        assert not theirs & _inodes(kernel.pid)


def _inodes(pid: int) -> set[str]:
    """The sockets and pipes of a process, by number."""
    links = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.add(str(entry.readlink()))
        except OSError:
            continue
    return {link for link in links if link.startswith(("socket:", "pipe:"))}


def test_a_kernel_has_its_own_session_and_answers_to_signals_as_python_does(
    bare: Zygote, start: Start
) -> None:
    found = start(bare)(
        "import os, signal\n"
        "print(os.getsid(0) == os.getpid() == os.getpgid(0))\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
        "print([signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGCHLD)] == [0, 0])\n"
        "print(signal.set_wakeup_fd(-1) >= -1, signal.pthread_sigmask(0, []))"
    )
    assert found.split("\n") == ["True", "True", "True", "True set()"]


def test_a_kernel_sees_no_environment_but_what_it_is_given(
    bare: Zygote, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "ours")
    ask = start(bare)
    assert ask("import os; print(os.environ.get('COURSE_SECRET'), os.environ['GIVEN'])") == (
        "None yes"
    )
    shell = "import subprocess; print(subprocess.run('env', capture_output=True, text=True).stdout)"
    assert "ours" not in ask(shell) and "GIVEN=yes" in ask(shell)
    assert "OPENBLAS" not in ask(shell)  # that is the zygote's own
    secrets = Path(f"/proc/{bare.pid}/environ").read_bytes()
    assert b"ours" not in secrets


def test_hash_seed_and_threads_are_those_asked_for(zygote: Zygote, start: Start) -> None:
    told = start(zygote)(
        "import subprocess, sys, torch\n"
        "print(hash('abc'), torch.get_num_threads())\n"
        "print(subprocess.run([sys.executable, '-c', 'print(hash(\"abc\"))'],"
        " capture_output=True, text=True).stdout)"
    ).split()
    command = [sys.executable, "-c", "print(hash('abc'))"]
    done = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, capture_output=True, check=True)
    assert told == [done.stdout.decode().strip(), "2", done.stdout.decode().strip()]


def test_modules_beside_the_notebook_can_be_imported_but_shadow_nothing_loaded(
    zygote: Zygote, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "work" / "torch.py").write_text("__version__ = 'mine'")
    (tmp_path / "work" / "beside.py").write_text("here = True")
    look = "import torch, beside; print(torch.__version__ == 'mine', beside.here)"
    assert start(zygote)(look) == "False True"


def test_the_examiner_imports_from_its_own_folder_only(
    bare: Zygote, start: Start, tmp_path: Path
) -> None:
    """Not from where a test happens to be: it may have gone where the candidate can write."""
    writable = tmp_path / "writable"
    writable.mkdir()
    (writable / "trap.py").write_text("print('caught')")
    (tmp_path / "work" / "helper.py").write_text("here = True")
    move = f"import os; os.chdir({os.fspath(writable)!r})\n"
    look = "import helper\nprint(helper.here)\nimport trap"
    assert start(bare, Role.EXAMINER)(move + look) == "True\nModuleNotFoundError"
    assert start(bare, Role.ALONE)(move + "import trap") == "caught"


def test_a_kernel_whose_descriptors_are_used_up_lives(bare: Zygote, start: Start) -> None:
    """A connection that came now would end it: libzmq aborts where it cannot accept one."""
    hold = (
        "import os, resource, time\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))\n"
        "held = []\n"
        "try:\n"
        "    while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "except OSError:\n"
        "    time.sleep(1)\n"
        "    for number in held: os.close(number)\n"
        "print('lives')"
    )
    assert start(bare)(hold) == "lives"


def test_a_kernels_end_is_noticed_at_once(bare: Zygote, start: Start) -> None:
    kernel = start(bare).kernel

    async def ended() -> bool:
        kernel.execute("import os; os._exit(3)")
        until = time.monotonic() + PATIENCE_S
        while await kernel.channels.wait(until):
            await kernel.channels.take()
        return time.monotonic() < until

    assert run_sync(ended)()
    with pytest.raises(KernelLostError) as lost:
        kernel.check()
    assert lost.value.reason is Reason.CANDIDATE_LOST


def test_time_of_processes_that_were_killed_counts(bare: Zygote, start: Start) -> None:
    ask = start(bare)
    burn = "import time\nwhile time.process_time() < 0.5: pass\n"
    ask(
        "import os, subprocess, sys\n"
        f"burn = {burn!r}\n"
        "command = [sys.executable, '-c', burn + \"print(1, flush=True); time.sleep(600)\"]\n"
        "left = [subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)"
        " for _ in range(2)]\n"
        "for one in left: one.stdout.readline()"
    )
    ask.kernel.end()
    assert ask.kernel.usage.cpu_s >= 1.0


def test_time_of_processes_that_came_and_went_counts(bare: Zygote, start: Start) -> None:
    ask = start(bare)
    spent = ask(
        "import resource, subprocess, sys\n"
        "for _ in range(8): subprocess.run([sys.executable, '-c', 'pass'])\n"
        "both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
        "print(sum(sum(resource.getrusage(who)[:2]) for who in both))"
    )
    ask.kernel.end()
    assert ask.kernel.usage.cpu_s >= float(spent)


def test_temporary_files_go_where_the_kernel_is_told(tmp_path: Path, start: Start) -> None:
    """Also where a preload has asked for the place, which Python remembers."""
    (tmp_path / "asks.py").write_text("import tempfile\ntempfile.gettempdir()")
    with closing(Zygote(preloads=["asks"], env={"PYTHONPATH": os.fspath(tmp_path)})) as zygote:
        look = "import os, tempfile; print(tempfile.gettempdir() == os.environ['TMPDIR'])"
        assert start(zygote)(look) == "True"


LEAVE = """
import os, signal, subprocess, sys
sleep = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", sleep, MARK], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", sleep, MARK])
    os._exit(0)
os.wait()
import time
while len([1 for p in os.listdir("/proc") if p.isdigit() and os.path.exists(f"/proc/{p}/cmdline")
           and MARK.encode() in open(f"/proc/{p}/cmdline", "rb").read().split(b"\\0")]) < 2:
    time.sleep(0.02)
"""


@pytest.mark.parametrize("ending", ["pass", "os._exit(0)", "os.kill(os.getppid(), 9)"])
def test_nothing_that_a_kernel_starts_outlives_it(bare: Zygote, start: Start, ending: str) -> None:
    mark = f"kernel-{uuid4()}"
    ask = start(bare)
    ask(f"MARK = {mark!r}" + LEAVE)
    line = ask.kernel._line
    assert line is not None and len(marked(mark)) == 2
    assert {process.pid for process in marked(mark)} <= {one.pid for one in below(line.keeper)}
    ask.kernel.execute(f"import os\n{ending}")
    if ending != "pass":
        with pytest.raises(KernelLostError):
            ask("import time; time.sleep(60)")
    else:
        ask.kernel.end()
    _until(lambda: not marked(mark))


def test_a_kernel_that_is_killed_is_lost_and_the_next_one_starts(
    bare: Zygote, start: Start
) -> None:
    ask = start(bare)
    assert ask.kernel._line is not None
    [process] = psutil.Process(ask.kernel._line.keeper).children()
    process.kill()
    with pytest.raises(KernelLostError):
        ask("print(1)")
    assert start(bare)("print(1)") == "1"


def test_a_zygotes_death_is_ours_and_the_next_kernel_has_a_new_one(
    bare: Zygote, start: Start
) -> None:
    ask = start(bare)
    first = bare.pid
    assert first is not None and ask.kernel._line is not None
    started = psutil.Process(first).children(recursive=True)
    os.kill(first, 9)
    with pytest.raises(ZygoteLostError):
        ask("import time; time.sleep(60)")
    _until(lambda: not any(map(alive, started)))
    assert start(bare)("print(1)") == "1" and bare.pid != first


def test_jupyters_manager_finds_interrupts_and_ends_kernels(bare: Zygote, start: Start) -> None:
    manager = start(bare).kernel.manager
    assert isinstance(manager, AsyncKernelManager)

    async def life() -> tuple[bool, bool]:
        lived = await manager.is_alive()
        await manager.interrupt_kernel()
        await manager.shutdown_kernel(now=True)
        return lived, await manager.is_alive()

    assert run_sync(life)() == (True, False)


def test_two_kernels_start_at_the_same_time(bare: Zygote, tmp_path: Path) -> None:
    pair = [
        Kernel(bare, Seat(role, tmp_path, {}), limits=Limits())
        for role in (Role.ALONE, Role.EXAMINER)
    ]

    async def both() -> list[object]:
        return list(await asyncio.gather(*(kernel.start(PATIENCE_S) for kernel in pair)))

    try:
        assert len(run_sync(both)()) == 2
    finally:
        for kernel in pair:
            kernel.end()


def test_a_limit_that_leaves_no_room_is_our_failure(bare: Zygote, start: Start) -> None:
    with pytest.raises(KernelStartError, match="memory"):
        start(bare, limits=Limits(memory_mb=5))


REPLIES = """
import time
kernel = get_ipython().kernel
for _ in range(40):
    kernel.session.send(
        kernel.shell_stream, "execute_reply", {"status": "ok", "more": "x" * 2**16},
        parent=kernel.get_parent("shell"), ident=kernel._parent_ident["shell"],
    )
time.sleep(0.5)
"""


def test_replies_that_nobody_asked_for_count_as_output(bare: Zygote, start: Start) -> None:
    ask = start(bare, limits=Limits(output_kb=1024))
    assert ask("print('one')") == "one"
    with pytest.raises(OutputLimitError):
        ask(REPLIES)


def test_the_one_reply_to_each_request_counts_little(bare: Zygote, start: Start) -> None:
    ask = start(bare)
    for _ in range(8):
        assert ask("raise ValueError('x' * 10_000)") == "ValueError"
    assert (
        ask.kernel.channels.received < 8 * 30_000
    )  # with what the replies say again it is 320,000


def test_a_kernel_leaves_no_descriptor_folder_or_thread(bare: Zygote, tmp_path: Path) -> None:
    def once() -> None:
        kernel = Kernel(bare, Seat(Role.ALONE, tmp_path, {}), limits=Limits())
        run_sync(kernel.start)(PATIENCE_S)
        assert kernel._scratch.path.exists()
        kernel.end()
        kernel.end()
        assert not kernel._scratch.path.exists()

    once()
    me = psutil.Process()
    before = me.num_fds(), me.num_threads()
    once()
    assert (me.num_fds(), me.num_threads()) == before
    assert bare.pid is not None
    zygote = psutil.Process(bare.pid)
    _until(lambda: zygote.children() == [])  # it collects them when it hears of their end
