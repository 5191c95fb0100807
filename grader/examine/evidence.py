"""What examining a notebook yields: for each test cell, what is known of its run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from grader.errors import GraderError
from grader.results import Flag, Reason, Usage
from grader.template import grade_id

EXAMINER_LOST = "examiner_lost"
_BROKEN = (
    "the process that runs the tests ended in this test, each time that it was tried; a file that "
    "changes while the test reads it does that"
)

Value = bool | int | float | None


@dataclass(frozen=True)
class Evidence:
    """What happened to one test cell.

    ``completed`` is true only where the kernel confirmed that the cell ran to its end with status
    ok; ``started`` is false where the cell was not even tried. ``value`` is the cell's last value
    where it is exactly a bool, int or float. ``reason`` says why a cell did not complete, and
    ``message`` says it in words a student may read: the assertion's message (the test author's
    words) or the kind of error, never a traceback.
    """

    completed: bool
    value: Value = None
    reason: Reason | None = None
    message: str = ""
    started: bool = True


@dataclass(frozen=True)
class Examined:
    """One executed notebook with the evidence of its test cells, by grade_id.

    ``flags`` tell the instructor what went wrong that cannot be the student's doing, or need not
    be. The evidence is not all where somebody outside killed the student's kernel (``struck``),
    where the examiner ended in a test (``broken``, the index of its cell), or where it could not
    go on for another reason (``fault``).
    """

    notebook: NotebookNode
    evidence: dict[str, Evidence] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    flags: tuple[Flag, ...] = ()
    struck: bool = False
    broken: int | None = None
    fault: GraderError | None = None

    @property
    def judged(self) -> frozenset[str]:
        """The tests whose outcome a kernel's end left as it is."""
        found = self.evidence.items()
        return frozenset(name for name, e in found if e.reason is not Reason.CANDIDATE_LOST)

    def taking(self, other: Examined, tests: Collection[str]) -> Examined:
        """This run with what ``other``, of the same notebook, shows of ``tests``."""
        notebook = nbformat.from_dict(self.notebook)
        for index, cell in enumerate(other.notebook.cells):
            if grade_id(cell) in tests:
                notebook.cells[index] = cell
        taken = {name: found for name, found in other.evidence.items() if name in tests}
        flags = tuple(dict.fromkeys(self.flags + other.flags))
        return Examined(notebook, self.evidence | taken, self.usage.then(other.usage), flags)

    def failing(self, index: int) -> Examined:
        """This run, with the test at ``index`` failed, as the examiner ended in it.

        Where the test was judged all the same, that stands. The instructor gets a flag in any
        case: nothing says whether the student's code, the test or somebody outside ended it.
        """
        name = str(grade_id(self.notebook.cells[index]))
        failed = Evidence(False, reason=Reason.INTERNAL, message=_BROKEN)
        found = {} if name in self.judged else {name: failed}
        detail = f"the process that runs the tests ended in {name}, which is not tried again"
        flags = tuple(dict.fromkeys((*self.flags, Flag(kind=EXAMINER_LOST, detail=detail))))
        return Examined(self.notebook, self.evidence | found, self.usage, flags)
