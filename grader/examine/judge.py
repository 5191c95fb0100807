"""From what the kernels said of a test cell to the evidence of it."""

from __future__ import annotations

import ast
import re
from typing import Any

from grader.examine.boundary import exceptions
from grader.examine.evidence import Evidence, Value
from grader.examine.trace import CellRun
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
_NOT_PLAIN = "the cell's last value is not a plain number: wrap it in float(...)"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?")
_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
# What Python itself says of a name, which cannot hold more of a test than that name.
_NAMED = re.compile(r"name '\w{1,64}' is not defined|No module named '[\w.]{1,64}'", re.ASCII)
# A number in the clothes of another type: the author meant a grade, and it is none.
_DRESSED = re.compile(
    r"np\.(True|False)_|[A-Za-z_][\w.]*\([\[(]*['\"]?[-+]?(\.?\d|nan\b|inf\b)", re.I
)
_DIGITS = re.compile(r"[-+(\[]*\.?\d")
_SPECIAL = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def judge(run: CellRun | None, lost: Reason | None) -> Evidence:
    """What the run of a test cell shows. ``lost`` says why later cells did not run at all."""
    if run is None:
        message = f"not run: {LOST[lost]}" if lost else "not run"
        reason = Reason.CANDIDATE_LOST if lost else Reason.NOT_RUN
        return Evidence(False, started=False, reason=reason, message=message)
    if run.stopped:
        return Evidence(False, reason=run.stopped, message=STOPPED[run.stopped])
    if run.verdict is not None and run.verdict.fatal is not None:
        message = plain_text(run.verdict.message) or STOPPED.get(run.verdict.fatal, "")
        return Evidence(False, reason=run.verdict.fatal, message=message)
    if run.status == "error":
        return _raised(run)
    if run.status != "ok":
        return Evidence(False, reason=Reason.NOT_RUN, message="not run")
    return _shown(run.results) if run.verdict is None else _valued(run)


def _valued(run: CellRun) -> Evidence:
    """Of a test whose last value the examiner took as a value.

    Whatever is not a number fails: it may have come from the student where a number belongs.
    """
    assert run.verdict is not None
    if not run.verdict.plain:
        return Evidence(False, reason=Reason.NOT_PLAIN, message=_NOT_PLAIN)
    return Evidence(True, run.verdict.value)


def _shown(results: list[str]) -> Evidence:
    """Of a test whose last value is known by its display only."""
    if len(results) > 1:
        message = "the cell gave more than one value, so none counts"
        return Evidence(False, reason=Reason.NOT_PLAIN, message=message)
    if not results:
        return Evidence(True)
    value = plain_number(results[0])
    if value is None and _is_meant_as_number(results[0]):
        return Evidence(False, reason=Reason.NOT_PLAIN, message=_NOT_PLAIN)
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
        return Evidence(False, reason=Reason.ASSERTION, message=plain_text(run.error_value))
    name = run.error_name if _NAME.fullmatch(run.error_name) else "an error"
    said = _NAMED.fullmatch(run.error_value)
    message = f"{name}: {said.group()}" if said else name
    return Evidence(False, reason=Reason.EXCEPTION, message=message)


def plain_text(value: str) -> str:
    """``value`` without control characters and escapes, as UTF-8 can write it, cut to length."""
    plain = exceptions.plain_text(_ANSI.sub("", value[: 4 * MESSAGE_CHARACTERS]))
    return plain[:MESSAGE_CHARACTERS].strip()
