"""What examining and scoring one submission yields, before anything of it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nbformat import NotebookNode

from grader.results import CellResult, Flag, Isolation, Status, Usage


@dataclass(frozen=True)
class Outcome:
    """One submission as a worker hands it to the driver.

    ``cells`` holds one result for each graded cell of every notebook of the assignment, with 0
    points where the submission was rejected or the notebook is missing. ``notebooks`` maps the
    names of the notebooks that were handed in to the executed ones, hidden tests still in them.
    ``submitted`` knows its time zone, or is None where the time is unknown. ``error`` says why a
    submission was rejected, in words for the student, or what failed.
    """

    student: str
    status: Status
    fingerprint: str
    error: str = ""
    cells: tuple[CellResult, ...] = ()
    notebooks: Mapping[str, NotebookNode] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    usage: Usage = field(default_factory=Usage)
    submitted: datetime | None = None
    isolation: Isolation = Isolation.KERNEL
    sandbox: tuple[str, ...] = ()
