"""What the kernels said while a notebook ran: the raw material of the evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.errors import GraderError
from grader.examine.console import Request
from grader.examine.verdict import Verdict
from grader.results import Reason, Usage


@dataclass
class CellRun:
    """What was said of one cell. ``status`` is the kernel's reply's, empty where none came.

    ``results`` are the texts of its execute_result messages, and ``verdict`` is the examiner's,
    where there was one: each is read only in its own isolation. ``failed_apart`` names the error
    that a given cell met in the examiner too, where no student's text ever ran.
    """

    status: str = ""
    error_name: str = ""
    error_value: str = ""
    results: list[str] = field(default_factory=list)
    verdict: Verdict | None = None
    failed_apart: str = ""
    stopped: Reason | None = None  # why we, or a kernel's death, ended the cell

    def answered(self, request: Request) -> None:
        """Note the kernel's reply."""
        self.status = request.status
        self.error_name, self.error_value = request.error_name, request.error_value


@dataclass
class Trace:
    """The run of a notebook: its code cells by index, those never sent to a kernel left out.

    ``broken`` is the index of the test in which the examiner's process ended; ``fault`` is why the
    examiner could not go on elsewhere.
    """

    cells: dict[int, CellRun] = field(default_factory=dict)
    lost: Reason | None = None  # why the kernels ended before the notebook did
    struck: bool = False  # whether somebody outside killed the student's kernel
    broken: int | None = None
    fault: GraderError | None = None
    usage: Usage = field(default_factory=Usage)
