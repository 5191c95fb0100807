"""What counts as a passed test, and what its failure says."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

import nbformat
import pytest

from grader.examine.evidence import Evidence, Examined
from grader.examine.judge import judge, plain_number
from grader.examine.trace import CellRun
from grader.results import Reason
from sittings import examine_alone
from small_notebooks import FORGE, Run, graded_cell, small_notebook

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
