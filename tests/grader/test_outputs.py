"""Messages from a kernel: what is no message of its kind is dropped before anything reads it."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat import validate
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg

from grader.examine.outputs import well_formed

STREAM = {"name": "stdout", "text": "x"}
BUNDLE: dict[str, Any] = {"data": {}, "metadata": {}}
COUNTS: tuple[Any, ...] = (-1, 10**400, 2.5, "a", True, None, {})
SOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "stream": ("stream", STREAM),
    "text": ("display_data", BUNDLE | {"data": {"text/plain": "4"}}),
    "json": ("display_data", BUNDLE | {"data": {"application/json": {"a": [1]}}}),
    "plotly": ("display_data", BUNDLE | {"data": {"application/vnd.plotly.v1+json": {"a": 1}}}),
    "json as text": ("display_data", BUNDLE | {"data": {"text/vnd.plotly.v1.json": "{}"}}),
    "named": ("display_data", BUNDLE | {"transient": {"display_id": "a"}}),
    "unnamed": ("display_data", BUNDLE | {"transient": None}),
    "result": ("execute_result", BUNDLE | {"execution_count": 0}),
    "error": ("error", {"ename": "E", "evalue": "", "traceback": ["x"]}),
}
ODD: dict[str, tuple[str, dict[str, Any]]] = {
    "kind json": ("display_data", BUNDLE | {"data": {"json": 5}}),
    "kind with a blank": ("display_data", BUNDLE | {"data": {"x/y json": {}}}),
    "kind that ends in json": ("display_data", BUNDLE | {"data": {"text/vnd.x.json": {}}}),
    "kind with a line end": ("display_data", BUNDLE | {"data": {"application/json\n": {}}}),
    "metadata of a list": ("display_data", BUNDLE | {"metadata": []}),
    "no data": ("update_display_data", {"metadata": {}}),
    "transient": ("stream", STREAM | {"transient": True}),
    "transient of a list": ("status", {"execution_state": "busy", "transient": ["display_id"]}),
    "transient to clear": ("clear_output", {"transient": "display_id"}),
    "display_id": ("display_data", BUNDLE | {"transient": {"display_id": ["a"]}}),
    "result without count": ("execute_result", BUNDLE),
    "traceback": ("error", {"ename": "E", "evalue": "", "traceback": "x"}),
    "unknown": ("debug_event", {}),
    **{
        f"count {value!r:.9} of {kind}": (kind, content | {"execution_count": value})
        for value in COUNTS
        for kind, content in (
            ("stream", STREAM),
            ("status", {"execution_state": "busy"}),
            ("execute_input", {"code": ""}),
            ("execute_result", BUNDLE),
        )
    },
}


def message(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"msg_type": kind, "header": {"msg_type": kind}, "content": content}


@pytest.mark.parametrize(("kind", "content"), SOUND.values(), ids=SOUND)
def test_a_message_as_kernels_send_them_is_taken(kind: str, content: dict[str, Any]) -> None:
    assert well_formed(message(kind, content))
    output = output_from_msg(message(kind, content))
    validate(new_notebook(cells=[new_code_cell(outputs=[output])]))


@pytest.mark.parametrize(("kind", "content"), ODD.values(), ids=ODD)
def test_a_malformed_message_is_dropped(kind: str, content: dict[str, Any]) -> None:
    assert not well_formed(message(kind, content))
