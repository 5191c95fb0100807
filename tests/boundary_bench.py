"""A bench for the boundary: a real candidate process, and test cells run against it."""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import signal
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.examine.boundary.examiner import Session

Make = Callable[..., "Bench"]  # of the student's text; see the fixture `bench`
NURSERY = Path(__file__).with_name("boundary_nursery.py")
KERNEL = NURSERY.with_name("boundary_kernel.py")


@dataclass(frozen=True)
class Outcome:
    """What became of a test cell: the verdict, and what the cell raised."""

    fatal: str | None
    message: str
    idle: bool
    error: BaseException | None

    @property
    def passed(self) -> bool:
        return self.fatal is None and self.error is None


class Bench:
    """An examiner in this process, and a candidate in another one."""

    def __init__(self, session: Session, namespace: dict[str, Any], pid: int) -> None:
        self.session = session
        self.namespace = namespace
        self.pid = pid
        self.given: list[str] = []
        self._cells = 0

    def run(self, source: str) -> None:
        """Run a cell here, as a given cell or a test."""
        self._cells += 1
        name = f"<cell {self._cells} of {self.pid}>"
        text = textwrap.dedent(source)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), self.namespace)

    def cell(self, source: str, *names: str, seconds: float = 20.0) -> Outcome:
        """Run a test cell for which ``names`` refer to the candidate."""
        self.session.begin(names, self.given, seconds)
        error: BaseException | None = None
        try:
            self.run(source)
        except BaseException as raised:
            error = raised
        verdict = json.loads(self.session.verdict())
        return Outcome(verdict["fatal"], verdict["message"], verdict["idle"], error)

    def passes(self, source: str, *names: str) -> None:
        """Run a test cell that must pass."""
        outcome = self.cell(source, *names)
        if outcome.error is not None:
            raise outcome.error
        assert outcome.fatal is None, outcome.message

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
