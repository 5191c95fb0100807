"""Runs of `grader grade` on the small class, as all tests of whole runs give the command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.strikes import Act, Bench, Run
from grader.moments import Moment
from recorded import HW

NIGHTLY = bool(os.environ.get("NIGHTLY"))  # then the heavy tests run as well
GRADE = ("grade", HW, "--isolation", "examiner", "--sandbox", "best")


@dataclass(frozen=True)
class Undisturbed:
    """A class graded by a run that nobody disturbed."""

    root: Path
    run: Run
    state: dict[str, Any]

    def times(self, moment: Moment) -> int:
        """How often the run came to ``moment``."""
        return sum(report.moment is moment for report in self.run.reports)


def graded(
    bench: Bench, root: Path, *words: str, act: Act | None = None, workers: int = 1, **times: float
) -> Run:
    """Grade the class at ``root`` as far as it is not; ``act`` is called at every moment."""
    where = ("--workers", str(workers), "--course", root)
    return bench.run(*GRADE, *where, *words, act=act, **times)
