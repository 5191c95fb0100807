"""Outputs of cells: only what nbformat allows is kept, streams joined, tracebacks left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.examine.channels import Message, strings

_MOST_COUNTED = 2**53  # what a program in another language reads as it was written
_JSON = re.compile(r"application/(.*\+)?json")  # the kinds of data that nbformat lets be no text


def well_formed(message: Message) -> bool:
    """Whether ``message``, from iopub, has the fields and types that its kind must have.

    nbclient looks at some fields whatever the kind is: these have to be of their types in all.
    """
    content = message["content"]
    try:
        for text in strings(content):
            text.encode("utf-8")  # a lone surrogate cannot be written to a file
    except ValueError:
        return False
    check = _CHECKS.get(message["msg_type"])
    return check is not None and _is_sound(content) and check(content)


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring stream outputs of the same name."""
    merged: list[NotebookNode] = []
    parts: list[str] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            parts.append(output.text)
            continue
        _close(merged, parts)
        merged.append(output)
        parts = [output.text] if output.output_type == "stream" else []
    _close(merged, parts)
    return merged


def _close(merged: list[NotebookNode], parts: list[str]) -> None:
    if merged and parts:
        merged[-1].text = "".join(parts)


def without_tracebacks(notebook: NotebookNode, indices: list[int]) -> NotebookNode:
    """A copy of ``notebook`` whose cells at ``indices`` keep an error's kind but no source lines.

    A traceback quotes the lines around the error, and a warning on stderr the line that caused
    it: of those, every line that also stands in the cell is dropped.
    """
    cleared = nbformat.from_dict(notebook)
    for index in indices:
        cell = cleared.cells[index]
        own = {line.strip() for line in cell.source.splitlines()} - {""}
        for output in cell.outputs:
            if output.output_type == "error":
                output.traceback = []
            elif output.output_type == "stream" and output.name == "stderr":
                kept = [line for line in output.text.splitlines(True) if line.strip() not in own]
                output.text = "".join(kept)
    return cleared


def _is_sound(content: dict[str, Any]) -> bool:
    """Whether the fields that any message may have are of their types where they are there."""
    transient = content.get("transient")
    if transient is not None and not (
        isinstance(transient, dict) and isinstance(transient.get("display_id", ""), str)
    ):
        return False
    return "execution_count" not in content or is_count(content["execution_count"])


def _stream(content: dict[str, Any]) -> bool:
    return content.get("name") in ("stdout", "stderr") and isinstance(content.get("text"), str)


def _data(content: dict[str, Any]) -> bool:
    return (
        isinstance(content.get("data"), dict)
        and isinstance(content.get("metadata"), dict)
        and all(_is_content(kind, value) for kind, value in content["data"].items())
    )


def _is_content(kind: str, value: Any) -> bool:
    return isinstance(value, str) or _JSON.fullmatch(kind) is not None


def _result(content: dict[str, Any]) -> bool:
    return _data(content) and is_count(content.get("execution_count"))


def is_count(value: Any) -> bool:
    """Whether ``value`` is a number that a cell's count of executions can be."""
    return type(value) is int and 0 <= value < _MOST_COUNTED


def _error(content: dict[str, Any]) -> bool:
    trace = content.get("traceback")
    return (
        isinstance(content.get("ename"), str)
        and isinstance(content.get("evalue"), str)
        and isinstance(trace, list)
        and all(isinstance(line, str) for line in trace)
    )


_CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "status": lambda content: isinstance(content.get("execution_state"), str),
    "execute_input": lambda content: is_count(content.get("execution_count")),
    "clear_output": lambda content: True,
    "stream": _stream,
    "display_data": _data,
    "update_display_data": _data,
    "execute_result": _result,
    "error": _error,
}
