"""Running a notebook: what counts as a passed test, and what no cell can do to the grader."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
import psutil
import pytest
import zmq
from nbformat import NotebookNode

from grader.examine import console
from grader.examine.channels import SLACK_BYTES, limited_context
from grader.examine.evidence import Evidence, Examined
from grader.examine.judge import judge, plain_number
from grader.examine.kernel import KernelStartError, passed_on
from grader.examine.run import ENGINE
from grader.examine.trace import CellRun
from grader.results import Reason
from sittings import examine_alone
from small_notebooks import Run, graded_cell, small_notebook
from small_work import marked

FORGE = """
from ipykernel.kernelapp import IPKernelApp
_kernel = IPKernelApp.instance().kernel
def forge(kind, content):
    session = _kernel.session
    session.send(_kernel.iopub_socket, kind, content, parent=_kernel.get_parent("shell"))
"""

ORDINARY: list[str | tuple[str, str]] = [
    "import os, sys\ndef double(x):\n    return 2 * x",
    "1 / 0",
    ("passes", "assert double(2) == 4"),
    ("fails", "assert double(2) == 5, 'two times two is \\x1b[31mfour\\x1b[0m'"),
    ("fails-bare", "HIDDEN_INPUT = 7\nassert double(HIDDEN_INPUT) == 0"),
    ("fails-long", "assert False, 'x' * 5000"),
    ("stub", "raise NotImplementedError('the hidden input was 7')"),
    ("no-name", "undefined_function(1)"),
    ("odd-name", "raise type('x = 7; y', (Exception,), {})('boo')"),
    ("leaves", "raise SystemExit(0)"),
    ("interrupts", "raise KeyboardInterrupt"),
    ("asks", "input('name? ')"),
    ("syntax", "def"),
    ("half", "double(0.25)"),
    ("true", "double(2) == 4"),
    ("false", "double(2) == 5"),
    ("whole", "2"),
    ("nan", "float('nan')"),
    ("inf", "-float('inf')"),
    ("text", "'all tests passed'"),
    ("picture", "object()"),
    ("dressed", "type('Fraction', (), {'__repr__': lambda self: 'Fraction(1, 2)'})()"),
    ("twice", "sys.displayhook(True)\n0.5"),
    ("stderr", "import warnings\nwarnings.warn('careful')\nprint('oh', file=sys.stderr)"),
    ("empty", ""),
    "exit()",
    "quit()",
    "import time\ntime.sleep(0.2)",  # IPython stops a tenth of a second after exit()
    ("after-exit", "assert double(1) == 2"),
    "from IPython.display import clear_output, display\nhandle = display('mine', display_id='a')",
    ("updates", "handle.update('changed by a later cell')\nclear_output()\nprint('kept')"),
    FORGE,
    "session, socket = _kernel.session, _kernel.iopub_socket\n"
    'lone = rb\'{"name": "stdout", "text": "\\ud800"}\'\n'
    "for text in (b'[' * 100_000, b'{', b'\\xff', b'NaN', b'[]', lone):\n"
    "    whole = session.serialize(session.msg('stream', parent=_kernel.get_parent('shell')))\n"
    "    session.send_raw(socket, [*whole[2:-1], text], ident=b'stream')",
    "kinds = ('display_data', 'execute_result', 'stream', 'error', 'nonsense', 'comm_open')\n"
    "for content in ({'data': 7}, {'data': {'text/plain': [1]}, 'metadata': None}, {}):\n"
    "    for kind in kinds: forge(kind, content)",
    "bundle = {'data': {}, 'metadata': {}, 'transient': {'display_id': 'b'}}\n"
    "stream = {'name': 'stdout', 'text': 'malformed'}\n"
    "for count in (-1, 2.5, 'a', True, 10**400, {}):\n"
    "    forge('status', {'execution_state': 'busy', 'execution_count': count})\n"
    "    forge('stream', stream | {'execution_count': count})\n"
    "    forge('execute_input', {'code': '', 'execution_count': count})\n"
    "for kind in ('stream', 'status', 'clear_output', 'display_data', 'error'):\n"
    "    for transient in (True, 'a', [1], {'display_id': 5}, {'display_id': ['b']}):\n"
    "        forge(kind, bundle | stream | {'execution_state': 'busy', 'transient': transient})\n"
    "for mime in ('json', 'x/y json', 'text/vnd.x.json', 'a+json', 'application/json\\n'):\n"
    "    for kind in ('display_data', 'display_data', 'update_display_data', 'execute_result'):\n"
    "        forge(kind, bundle | {'data': {mime: {'a': [1]}}, 'execution_count': 1})\n"
    "for metadata in ([], 3, None, 'a'): forge('display_data', bundle | {'metadata': metadata})",
    ("after-forging", "assert double(3) == 6"),
    "loaded = 'debugpy' in sys.modules",
    ("no-debugger", "assert not loaded"),
    "from beside_it import ANSWER",
    ("imports-from-folder", "assert ANSWER == 42"),
    "print(os.environ)",
    ("environment", "assert 'COURSE_SECRET' not in os.environ and os.environ['GIVEN'] == 'yes'"),
    ("own-python", "assert os.environ['PATH'].split(os.pathsep)[0] in sys.executable"),
    ("tidy-home", "assert set(os.listdir()) == {'beside_it.py', '__pycache__'}"),
]


COMPLETED = [
    "passes",
    "text",
    "picture",
    "stderr",
    "empty",
    "after-exit",
    "updates",
    "after-forging",
    "no-debugger",
    "imports-from-folder",
    "environment",
    "own-python",
    "tidy-home",
]


@pytest.fixture(scope="module")
def ordinary() -> Examined:
    """One run of many cells, none of which may disturb another."""
    notebook = small_notebook(*ORDINARY)
    skipped = graded_cell("skipped", "assert double(2) == 5, 'it ran'")
    skipped.metadata["tags"] = ["skip-execution", "raises-exception"]
    notebook.cells.append(skipped)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", "ours")
        Path(folder, "beside_it.py").write_text("ANSWER = 42\n")
        return examine_alone(notebook, workdir=Path(folder), env={"GIVEN": "yes"})


@pytest.mark.parametrize("name", COMPLETED)
def test_a_cell_that_runs_to_its_end_is_completed(ordinary: Examined, name: str) -> None:
    assert ordinary.evidence[name] == Evidence(True)


@pytest.mark.parametrize(
    ("name", "value"), [("half", 0.5), ("true", True), ("false", False), ("whole", 2)]
)
def test_the_last_value_is_kept_where_it_is_a_plain_number(
    ordinary: Examined, name: str, value: float
) -> None:
    found = ordinary.evidence[name]
    assert found.completed and found.value == value and type(found.value) is type(value)


def test_values_that_are_no_number_are_kept_for_score_to_refuse(ordinary: Examined) -> None:
    nan, inf = ordinary.evidence["nan"].value, ordinary.evidence["inf"].value
    assert isinstance(nan, float) and math.isnan(nan) and inf == -math.inf


@pytest.mark.parametrize("name", ["dressed", "twice"])
def test_a_value_that_is_ambiguous_or_of_another_type_counts_nothing(
    ordinary: Examined, name: str
) -> None:
    found = ordinary.evidence[name]
    assert not found.completed and found.reason is Reason.NOT_PLAIN and found.value is None


@pytest.mark.parametrize(
    ("name", "reason", "message"),
    [
        ("fails", Reason.ASSERTION, "two times two is four"),
        ("fails-bare", Reason.ASSERTION, ""),
        ("fails-long", Reason.ASSERTION, "x" * 500),
        ("stub", Reason.EXCEPTION, "NotImplementedError"),
        ("no-name", Reason.EXCEPTION, "NameError: name 'undefined_function' is not defined"),
        ("odd-name", Reason.EXCEPTION, "an error"),
        ("leaves", Reason.EXCEPTION, "SystemExit"),
        ("interrupts", Reason.EXCEPTION, "KeyboardInterrupt"),
        ("asks", Reason.EXCEPTION, "StdinNotImplementedError"),
        ("syntax", Reason.EXCEPTION, "SyntaxError"),
        ("skipped", Reason.ASSERTION, "it ran"),
    ],
)
def test_a_failure_says_what_the_author_wrote_or_the_kind_of_error(
    ordinary: Examined, name: str, reason: Reason, message: str
) -> None:
    assert ordinary.evidence[name] == Evidence(False, reason=reason, message=message)


def _outputs(examined: Examined, name: str) -> str:
    cells = examined.notebook.cells
    cell = next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    return json.dumps(cell.outputs)


def test_outputs_of_test_cells_quote_no_line_of_the_test(ordinary: Examined) -> None:
    assert "HIDDEN_INPUT" not in _outputs(ordinary, "fails-bare")
    assert "careful" in _outputs(ordinary, "stderr")
    assert "warnings.warn" not in _outputs(ordinary, "stderr")


def test_a_cell_changes_no_other_cells_outputs(ordinary: Examined) -> None:
    shown = [cell for cell in ordinary.notebook.cells if "display_id" in cell.source]
    assert [output.data["text/plain"] for output in shown[0].outputs] == ["'mine'"]
    assert "kept" in _outputs(ordinary, "updates")


def test_malformed_messages_leave_no_trace(ordinary: Examined) -> None:
    nbformat.validate(ordinary.notebook)
    [forging] = [cell for cell in ordinary.notebook.cells if "'malformed'" in cell.source]
    assert forging.outputs == []
    assert 0 < forging.execution_count < 1000


def test_the_executed_notebook_can_be_written_and_read(ordinary: Examined) -> None:
    text = nbformat.writes(ordinary.notebook)
    text.encode("utf-8")
    nbformat.validate(nbformat.reads(text, as_version=4))


def test_what_a_run_used_is_measured(ordinary: Examined) -> None:
    used = ordinary.usage
    assert used.wall_s > 0 and used.cpu_s > 0.1 and used.peak_rss_mb > 30 and used.device == "cpu"


def test_the_notebook_given_is_left_as_it_was(run: Run, tmp_path: Path) -> None:
    notebook = small_notebook(("shown", "print(1)"))
    before = nbformat.writes(notebook)
    examine_alone(notebook, workdir=tmp_path)
    assert nbformat.writes(notebook) == before


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
        ("after", "assert done == 1"),
        cell_s=0.5,
    )
    assert found.evidence["slow"].reason is Reason.TIMEOUT
    assert found.evidence["stubborn"].reason is Reason.TIMEOUT
    assert found.evidence["after"] == Evidence(True)


DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
STILL = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"


@pytest.mark.parametrize("source", [DEAF, STILL], ids=["ignores the interrupt", "stands still"])
def test_a_cell_that_cannot_be_interrupted_loses_the_kernel(run: Run, source: str) -> None:
    found = run(("deaf", source), ("after", "pass"), cell_s=0.5)
    assert found.evidence["deaf"].reason is Reason.TIMEOUT and found.evidence["deaf"].started
    after = found.evidence["after"]
    assert not after.started and not after.completed and after.reason is Reason.CANDIDATE_LOST


def test_the_notebooks_time_is_limited_as_a_whole(run: Run) -> None:
    nap = "import time\ntime.sleep(0.4)"
    found = run(nap, nap, ("last", nap), ("never", "pass"), total_s=0.9)
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


@pytest.mark.parametrize("text", ["9" * 10_000, "(" * 300, "1+2j", "'1'", "[1]", "1 2", "", "None"])
def test_other_texts_are_no_number(text: str) -> None:
    assert plain_number(text) is None


@pytest.mark.parametrize("text", ["1" + "0" * 500, "1+2j", "array([2.])", "[1]", "tensor(0.5)"])
def test_a_number_in_another_dress_counts_nothing(text: str) -> None:
    found = judge(CellRun(status="ok", results=[text]), None)
    assert not found.completed and found.reason is Reason.NOT_PLAIN


@pytest.mark.parametrize("text", ["'all well'", "<Figure size 640x480 with 1 Axes>", "None"])
def test_a_value_that_is_no_number_at_all_is_as_good_as_none(text: str) -> None:
    assert judge(CellRun(status="ok", results=[text]), None) == Evidence(True)


def _papermill(notebook: NotebookNode, folder: Path) -> subprocess.CompletedProcess[str]:
    nbformat.write(notebook, folder / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", ENGINE, "in.ipynb", "out.ipynb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_papermill_runs_a_notebook_with_the_engine(tmp_path: Path) -> None:
    done = _papermill(small_notebook("open('here', 'w').write('x')", "print(6 * 7)"), tmp_path)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "42\n"
    assert executed.cells[1].metadata.papermill.status == "completed"
    assert (tmp_path / "here").exists()


def test_papermill_reports_an_error_after_running_all_cells(tmp_path: Path) -> None:
    done = _papermill(small_notebook("1 / 0", "print('went on')"), tmp_path)
    assert done.returncode != 0 and "ZeroDivisionError" in done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert any("went on" in json.dumps(cell.get("outputs", [])) for cell in executed.cells)


def test_a_long_source_is_not_the_students_output(run: Run) -> None:
    assert (
        run(f"text = '{'x' * 300_000}'", ("after", "pass"), output_kb=64)
        .evidence["after"]
        .completed
    )
