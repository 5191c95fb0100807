"""What no cell can do to the grader: time, output, memory, and processes left behind."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
import psutil
import pytest
import zmq

from grader.examine import console
from grader.examine.channels import SLACK_BYTES, limited_context
from grader.examine.evidence import Evidence
from grader.examine.seat import passed_on
from grader.kernels.client import KernelStartError
from grader.results import Reason
from sittings import examine_alone
from small_notebooks import FORGE, Run, small_notebook
from small_work import marked


def test_closing_the_standard_streams_stops_nothing(run: Run) -> None:
    found = run("import os\nos.close(1)\nos.close(2)", ("after", "print('still here')"))
    assert found.evidence["after"] == Evidence(True)


def test_printing_what_cannot_be_encoded_costs_nothing(run: Run) -> None:
    names = [f"prints-{number}" for number in range(5)]
    found = run(*((name, "print('\\ud800')\nprint('x', flush=True)") for name in names))
    assert {name: found.evidence[name] for name in names} == dict.fromkeys(names, Evidence(True))


def test_two_cells_of_one_name_give_no_evidence(run: Run) -> None:
    found = run(("same", "pass"), ("same", "assert False"), ("same", "pass"))
    assert found.evidence["same"].reason is Reason.INTERNAL
    assert not found.evidence["same"].completed


def test_a_cell_over_its_time_is_interrupted_and_later_cells_run(run: Run) -> None:
    found = run(
        "import time\ndef wait(): time.sleep(60)\nwhile True: pass",
        ("slow", "while True: pass"),
        ("stubborn", "try:\n    wait()\nexcept KeyboardInterrupt:\n    done = 1"),
        ("twice", "try:\n    wait()\nexcept BaseException:\n    wait()"),
        ("after", "assert done == 1"),
        cell_s=0.5,
    )
    assert found.evidence["slow"].reason is Reason.TIMEOUT
    assert found.evidence["stubborn"].reason is Reason.TIMEOUT
    assert found.evidence["twice"].reason is Reason.TIMEOUT
    assert found.evidence["after"] == Evidence(True)
    (stopped,) = found.flags  # of the cell that is no test
    assert stopped.kind == "stopped_cell" and stopped.detail.endswith("at the time limit")


DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
STILL = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"


@pytest.mark.parametrize("source", [DEAF, STILL], ids=["ignores the interrupt", "stands still"])
def test_a_cell_that_cannot_be_interrupted_loses_the_kernel(run: Run, source: str) -> None:
    found = run(("deaf", source), ("after", "pass"), cell_s=0.5)
    assert found.evidence["deaf"].reason is Reason.TIMEOUT and found.evidence["deaf"].started
    after = found.evidence["after"]
    assert not after.started and not after.completed and after.reason is Reason.CANDIDATE_LOST


def test_the_notebooks_time_is_limited_as_a_whole(run: Run) -> None:
    nap = "import time\ntime.sleep(1)"
    found = run(nap, nap, ("last", nap), ("never", "pass"), total_s=2.7)
    assert found.evidence["last"].reason is Reason.TIMEOUT
    assert not found.evidence["never"].started


def test_a_process_that_ends_loses_its_cell_and_all_later_ones(run: Run) -> None:
    found = run(
        ("before", "pass"),
        ("ends", "print('last words', flush=True)\nimport os\nos._exit(0)"),
        ("after", "pass"),
    )
    assert found.evidence["before"] == Evidence(True)
    assert found.evidence["ends"].reason is Reason.CANDIDATE_LOST and found.evidence["ends"].started
    assert found.evidence["after"].reason is Reason.CANDIDATE_LOST
    assert not found.evidence["after"].started


FLOODS = {
    "print": "while True: print('x' * 1000)",
    "one message": f"print('x' * {3 * SLACK_BYTES})",
    "display": "from IPython.display import display\nwhile True: display('x')",
    "comm": FORGE + "while True: forge('comm_msg', {'data': {}})",
    "envelope": FORGE + "while True:\n"
    "    _kernel.session.send(_kernel.iopub_socket, 'status', {}, metadata={'x': 'y' * 100000})",
    "no message": "while True: _kernel.iopub_socket.send_multipart([b'x' * 1000] * 9)",
    "file descriptor": "import os\nwhile True: os.write(1, b'x' * 1000)",
    "error": "raise AssertionError('x' * 3_000_000)",
}


@pytest.mark.parametrize("source", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_output_ends_the_kernel(run: Run, source: str) -> None:
    before = psutil.Process().memory_info().rss
    found = run(FORGE, ("flood", source), ("after", "pass"), output_kb=64, cell_s=10)
    assert found.evidence["flood"].reason is Reason.OUTPUT
    assert not found.evidence["after"].started
    assert len(nbformat.writes(found.notebook)) < 2**20
    assert psutil.Process().memory_info().rss - before < 200 * 2**20


def test_a_message_above_the_size_limit_never_arrives() -> None:
    async def receive(port: int) -> tuple[int, bool]:
        context = limited_context(1000)
        receiver = context.socket(zmq.PULL)
        lost = receiver.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        receiver.connect(f"tcp://127.0.0.1:{port}")
        sender.send(b"x" * (SLACK_BYTES + 500))
        accepted = len(await receiver.recv())
        sender.send(b"x" * (SLACK_BYTES + 1500))
        refused = bool(await lost.poll(10_000)) and not await receiver.poll(0)
        context.destroy()
        return accepted, refused

    with zmq.Context() as theirs, theirs.socket(zmq.PUSH) as sender:
        sender.linger = 0
        found = asyncio.run(receive(sender.bind_to_random_port("tcp://127.0.0.1")))
    assert found == (SLACK_BYTES + 500, True)


@pytest.mark.parametrize(
    ("source", "limits", "reason"),
    [
        ("kept = []\nwhile True: kept.append(bytearray(2**22))", {"memory_mb": 300}, Reason.MEMORY),
        (
            "import subprocess, time\n"
            "while True:\n    subprocess.Popen(['sleep', '60'], start_new_session=True)",
            {"processes": 20},
            Reason.PROCESS_LIMIT,
        ),
        (
            "with open('big', 'wb') as f:\n    while True: f.write(b'x' * 2**20)",
            {"disk_mb": 16},
            Reason.DISK,
        ),
    ],
    ids=["memory", "processes", "disk"],
)
def test_what_uses_too_much_is_ended_and_named(
    run: Run, source: str, limits: dict[str, float], reason: Reason
) -> None:
    found = run(("greedy", source), ("after", "pass"), **limits)
    assert found.evidence["greedy"].reason is reason
    assert not found.evidence["after"].started


LEAVE_BEHIND = """
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", MARK],
                 start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvpe(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", MARK], {})
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize("ending", ["", "os._exit(0)", "os.kill(os.getppid(), 9)"])
def test_nothing_that_a_notebook_starts_outlives_it(run: Run, ending: str) -> None:
    mark = f"left-by-{uuid4()}"
    wait = "import time\ntime.sleep(0.5)"  # the watchdog has looked
    run(f"MARK = {mark!r}" + LEAVE_BEHIND, wait, ending)
    assert marked(mark) == []


def test_a_kernel_that_never_becomes_idle_is_lost(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "IDLE_S", 0.3)
    found = run(FORGE + "_kernel._publish_status = lambda *a, **k: None", ("next", "pass"))
    assert not found.evidence["next"].completed


def test_a_kernel_that_cannot_start_is_our_failure(run: Run) -> None:
    with pytest.raises(KernelStartError):
        run("pass", memory_mb=5)


def test_no_socket_or_folder_is_left(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    descriptors = psutil.Process().num_fds()
    examine_alone(small_notebook("open('made', 'w').close()"), workdir=tmp_path)
    assert list((tmp_path / "t").iterdir()) == []
    assert psutil.Process().num_fds() <= descriptors + 1  # asyncio keeps its own


def test_only_named_variables_are_passed_on() -> None:
    ours = {"COURSEKIT_CACHE": "/c", "HF_HUB_OFFLINE": "1", "HF_TOKEN": "x", "COURSE_SECRET": "y"}
    assert passed_on(ours) == {"COURSEKIT_CACHE": "/c", "HF_HUB_OFFLINE": "1"}


def test_a_long_source_is_not_the_students_output(run: Run) -> None:
    assert (
        run(f"text = '{'x' * 300_000}'", ("after", "pass"), output_kb=64)
        .evidence["after"]
        .completed
    )
