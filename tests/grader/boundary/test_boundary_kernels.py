"""The boundary between two real kernels, driven as the engine drives them."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from boundary_bench import KERNEL

SESSION = "__import__('grader.examine.boundary.examiner', fromlist=['get_session']).get_session()"
STUDENT = """
import asyncio, threading
def add(x, y): return x + y
class Own:
    def _repr_mimebundle_(self, **_): return {"text/plain": "100"}
    def __repr__(self): return "100"
own = Own()
def spin():
    while True: pass
def where(): return threading.current_thread() is threading.main_thread()
def say(x): print(x)
"""


class Kernel:
    """A kernel process and a client of it."""

    def __init__(self, role: str, end: socket.socket, folder: Path) -> None:
        file = folder / f"{role}.json"
        self.process = subprocess.Popen(
            [sys.executable, os.fspath(KERNEL), role, str(end.fileno()), os.fspath(file)],
            pass_fds=[end.fileno()],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
            stderr=subprocess.DEVNULL,
        )
        end.close()
        self.file = file
        self.client = BlockingKernelClient()

    def connect(self) -> None:
        until = time.monotonic() + 60
        while not self.file.exists() or not self.file.read_text().endswith("}"):
            assert self.process.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        self.client.load_connection_file(os.fspath(self.file))
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, source: str, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a cell; return the reply's content and the messages of its outputs."""
        outputs: list[dict[str, Any]] = []
        reply = self.client.execute_interactive(
            source, output_hook=outputs.append, stop_on_error=False, timeout=60, **options
        )
        return reply["content"], outputs

    def end(self) -> None:
        self.client.stop_channels()
        self.process.kill()
        self.process.wait()


class Pair:
    """The two kernels of one submission."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        self.candidate = Kernel("candidate", theirs, folder)
        self.examiner = Kernel("examiner", ours, folder)
        self.candidate.connect()
        self.examiner.connect()

    def test(self, source: str, *names: str, seconds: float = 30.0) -> tuple[Any, Any, Any]:
        """Run a test cell: its verdict, its reply and its outputs."""
        begin = f"{SESSION}.begin({list(names)!r}, [], {seconds})"
        self.examiner.run(begin, silent=True, store_history=False)
        content, outputs = self.examiner.run(source)
        asked, _ = self.examiner.run(
            "", silent=True, user_expressions={"verdict": f"{SESSION}.verdict()"}
        )
        text = asked["user_expressions"]["verdict"]["data"]["text/plain"]
        return json.loads(ast.literal_eval(text)), content, outputs


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("kernels"))
    content, _ = made.candidate.run(STUDENT)
    assert content["status"] == "ok"
    yield made
    made.candidate.end()
    made.examiner.end()


def test_a_test_cell_reaches_the_students_code_in_its_main_thread(pair: Pair) -> None:
    verdict, content, _ = pair.test("assert add(1, y=2) == 3 and where()", "add", "where")
    assert content["status"] == "ok"
    assert verdict == {"fatal": None, "message": "", "value": None, "raised": None, "idle": True}


def test_what_a_call_prints_is_an_output_of_the_test_cell(pair: Pair) -> None:
    _, _, outputs = pair.test("say('hello')", "say")
    streams = [o["content"]["text"] for o in outputs if o["msg_type"] == "stream"]
    assert "".join(streams) == "hello\n"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 / 4", {"type": "float", "repr": "0.25"}),
        ("3", {"type": "int", "repr": "3"}),
        ("True", {"type": "bool", "repr": "True"}),
        ("float('nan')", {"type": "float", "repr": "nan"}),
        ("None", None),
        ("1;", None),
        ("[0.5]", {"type": "other", "repr": "[0.5]"}),
        ("'0.5'", {"type": "other", "repr": "'0.5'"}),
        ("type('Number', (float,), {})(1)", {"type": "other", "repr": "1.0"}),
        ("own", {"type": "reference", "repr": ""}),
        ("add(1, 2)", {"type": "int", "repr": "3"}),
    ],
)
def test_the_value_of_a_cell_is_taken_by_its_exact_type(
    pair: Pair, source: str, value: dict[str, str] | None
) -> None:
    verdict, _, _ = pair.test(source, "own", "add")
    assert verdict["value"] == value and verdict["fatal"] is None


def test_showing_a_reference_runs_nothing_of_the_students(pair: Pair) -> None:
    for source in ("own", "[own]", "print(own)", "display(own)"):
        verdict, content, outputs = pair.test(source, "own")
        assert content["status"] == "ok" and verdict["fatal"] is None
        assert "100" not in json.dumps([o["content"] for o in outputs if "data" in o["content"]])


def test_the_exception_that_ended_a_cell_is_told(pair: Pair) -> None:
    verdict, content, _ = pair.test("own, add\nassert add(1, 1) == 3", "add", "own")
    assert verdict["raised"] == "AssertionError" == content["ename"] and verdict["fatal"] is None
    verdict, _, _ = pair.test("1 1")
    assert verdict["raised"] == "SyntaxError"
    verdict, _, _ = pair.test("1")
    assert verdict["raised"] is None


def test_a_helper_beside_is_found_in_the_cells_source(pair: Pair) -> None:
    verdict, content, _ = pair.test(
        """
from coursekit.beside import beside

@beside
def measure(add, values):
    import threading
    values.append(add(1, 2))
    return values

assert measure(add, [0]) == [0, 3]
""",
        "add",
    )
    assert content["status"] == "ok", content
    assert verdict["fatal"] is None


def test_the_interrupt_of_the_engine_ends_the_call_and_the_kernel_goes_on(pair: Pair) -> None:
    pid = pair.candidate.process.pid
    timer = threading.Timer(0.3, os.kill, (pid, signal.SIGINT))
    timer.start()
    verdict, _, _ = pair.test("spin()", "spin", seconds=0.3)
    timer.join()
    assert verdict["fatal"] == "timeout" and verdict["idle"]
    os.kill(pid, signal.SIGINT)  # between cells it does nothing
    content, _ = pair.candidate.run("add(2, 2)")
    assert content["status"] == "ok"
    verdict, _, _ = pair.test("assert add(2, 2) == 4", "add")
    assert verdict["fatal"] is None


def test_a_cell_of_the_student_can_still_be_interrupted(pair: Pair) -> None:
    timer = threading.Timer(0.3, os.kill, (pair.candidate.process.pid, signal.SIGINT))
    timer.start()
    content, _ = pair.candidate.run("spin()")
    timer.join()
    assert content["ename"] == "KeyboardInterrupt"


def test_names_follow_the_candidates_cells(pair: Pair) -> None:
    pair.candidate.run("later = [1]")
    assert pair.test("assert later == [1]", "later")[1]["status"] == "ok"
    pair.candidate.run("del later")
    assert pair.test("later", "later")[1]["ename"] == "NameError"


def test_cells_that_await_leave_the_candidate_answering(pair: Pair) -> None:
    content, _ = pair.candidate.run("await asyncio.sleep(0.01)\nasync def go(): return 1")
    assert content["status"] == "ok"
    assert pair.test("assert add(1, 1) == 2", "add")[0]["fatal"] is None
