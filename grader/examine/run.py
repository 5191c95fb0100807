"""Run a notebook and say, for each of its test cells, what is known of its run.

In this isolation student code and tests share one kernel, and all that is known comes from that
kernel's messages. Code that sets out to forge them can: see the README on `--isolation kernel`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.engines import papermill_engines

from grader.course import Limits
from grader.examine.engine import NAME, CellRun, Trace
from grader.examine.evidence import Evidence, Examined, Value
from grader.examine.outputs import without_tracebacks
from grader.results import Reason

MESSAGE_CHARACTERS = 500
NUMBER_CHARACTERS = 400  # a longer text is no grade, and costly to read as a number

STOPPED = {
    Reason.TIMEOUT: "stopped at the time limit",
    Reason.MEMORY: "stopped: it used more memory than allowed",
    Reason.DISK: "stopped: it wrote more to the disk than allowed",
    Reason.OUTPUT: "stopped: it printed more than allowed",
    Reason.PROCESS_LIMIT: "stopped: it started more processes than allowed",
    Reason.CANDIDATE_LOST: "the notebook's process ended while this cell ran",
}
LOST = {
    Reason.TIMEOUT: "an earlier cell, or all together, used up the time",
    Reason.MEMORY: "an earlier cell used more memory than allowed",
    Reason.DISK: "an earlier cell wrote more to the disk than allowed",
    Reason.OUTPUT: "an earlier cell printed more than allowed",
    Reason.PROCESS_LIMIT: "an earlier cell started more processes than allowed",
    Reason.CANDIDATE_LOST: "the notebook's process ended in an earlier cell",
}
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
# What Python itself says of a name, which cannot hold more of a test than that name.
_NAMED = re.compile(r"name '\w{1,64}' is not defined|No module named '[\w.]{1,64}'", re.ASCII)
# A number in the clothes of another type: the author meant a grade, and it is none.
_DRESSED = re.compile(
    r"np\.(True|False)_|[A-Za-z_][\w.]*\([\[(]*['\"]?[-+]?(\.?\d|nan\b|inf\b)", re.I
)
_DIGITS = re.compile(r"[-+(\[]*\.?\d")
_SPECIAL = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def examine(
    notebook: NotebookNode,
    *,
    limits: Limits,
    workdir: Path,
    env: Mapping[str, str],
    watched: bool = True,
) -> Examined:
    """Run every cell of ``notebook`` in one kernel, in the folder ``workdir``.

    ``env`` is all that the kernel sees of an environment besides PATH, HOME and the like. Without
    ``watched`` only time and output are limited. The notebook given is not changed; in the one
    that comes back, test cells hold no traceback. Raises ``KernelStartError`` where no kernel
    starts, and nothing for whatever the notebook does.
    """
    copy = nbformat.from_dict(notebook)
    copy.metadata["papermill"] = {}
    trace = Trace()
    executed = papermill_engines.execute_notebook_with_engine(
        NAME,
        copy,
        "python3",
        progress_bar=False,
        limits=limits,
        workdir=workdir,
        env=env,
        watched=watched,
        trace=trace,
    )
    for holder in (executed, *executed.cells):
        holder.metadata.pop("papermill", None)
    tests = {index: name for index, cell in enumerate(executed.cells) if (name := test_id(cell))}
    evidence: dict[str, Evidence] = {}
    for index, name in tests.items():
        twice = Evidence(False, reason=Reason.INTERNAL, message="two cells bear this test's name")
        found = judge(trace.cells.get(index), trace.lost)
        evidence[name] = twice if name in evidence else found
    return Examined(without_tracebacks(executed, list(tests)), evidence, trace.usage)


def test_id(cell: NotebookNode) -> str | None:
    """The grade_id of ``cell`` if it is an automatic test, else None."""
    about = cell.metadata.get("nbgrader")
    if cell.cell_type != "code" or not isinstance(about, dict):
        return None
    name = about.get("grade_id")
    return name if about.get("grade") and not about.get("solution") and name else None


def judge(run: CellRun | None, lost: Reason | None) -> Evidence:
    """What the run of a test cell shows. ``lost`` says why later cells did not run at all."""
    if run is None:
        message = f"not run: {LOST[lost]}" if lost else "not run"
        reason = Reason.CANDIDATE_LOST if lost else Reason.NOT_RUN
        return Evidence(False, started=False, reason=reason, message=message)
    if run.stopped:
        return Evidence(False, reason=run.stopped, message=STOPPED[run.stopped])
    if run.status == "ok":
        return _completed(run.results)
    if run.status == "error":
        return _raised(run)
    return Evidence(False, reason=Reason.NOT_RUN, message="not run")


def _completed(results: list[str]) -> Evidence:
    if len(results) > 1:
        message = "the cell gave more than one value, so none counts"
        return Evidence(False, reason=Reason.NOT_PLAIN, message=message)
    if not results:
        return Evidence(True)
    value = plain_number(results[0])
    if value is None and _is_meant_as_number(results[0]):
        message = "the cell's value is not a plain number: wrap it in float(...)"
        return Evidence(False, reason=Reason.NOT_PLAIN, message=message)
    return Evidence(True, value)


def plain_number(text: str) -> Value:
    """``text`` as exactly a bool, int or float, the way Python writes one; None otherwise."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    value = _literal(text)
    return value if type(value) in (bool, int, float) else None


def _is_meant_as_number(text: str) -> bool:
    """Whether ``text``, no plain number, may be one in another dress: its author meant a grade.

    A string, or an object such as a figure, is none, and is as good as no value.
    """
    if _DRESSED.match(text) or (len(text) > NUMBER_CHARACTERS and _DIGITS.match(text)):
        return True
    value = _literal(text)
    return value is not None and not isinstance(value, str | bytes)


def _literal(text: str) -> Any:
    if len(text) > NUMBER_CHARACTERS:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _raised(run: CellRun) -> Evidence:
    if run.error_name == "AssertionError":
        return Evidence(False, reason=Reason.ASSERTION, message=_text(run.error_value))
    name = run.error_name if _NAME.fullmatch(run.error_name) else "an error"
    said = _NAMED.fullmatch(run.error_value)
    message = f"{name}: {said.group()}" if said else name
    return Evidence(False, reason=Reason.EXCEPTION, message=message)


def _text(value: str) -> str:
    plain = _CONTROL.sub("", _ANSI.sub("", value[: 4 * MESSAGE_CHARACTERS]))
    return plain.encode("utf-8", "replace").decode()[:MESSAGE_CHARACTERS].strip()
