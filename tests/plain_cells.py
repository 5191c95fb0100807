"""Runs a notebook's cells as they stand, without the grader: as a call, or in a fresh process."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterable

Cell = tuple[str, bool, str]  # its name, whether it is a test, its text


def failing(cells: Iterable[Cell]) -> set[str]:
    """The names of the tests that fail; any other cell must run."""
    space: dict[str, object] = {}
    failed = set()
    for name, is_test, text in cells:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, name, "exec"), space)
        except Exception as error:
            if not is_test:
                raise AssertionError(f"{name} does not run") from error
            failed.add(name)
    return failed


if __name__ == "__main__":
    print(*failing(json.load(sys.stdin)))
