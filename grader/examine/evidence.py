"""What examining a notebook yields: for each test cell, what is known of its run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from grader.results import Flag, Reason, Usage
from grader.template import grade_id

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

    ``flags`` tell the instructor what went wrong that cannot be the student's doing. ``struck``
    says that somebody outside killed the student's kernel, so that the evidence is not all.
    """

    notebook: NotebookNode
    evidence: dict[str, Evidence] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    flags: tuple[Flag, ...] = ()
    struck: bool = False

    @property
    def judged(self) -> frozenset[str]:
        """The tests whose outcome the kernel's end left as it is."""
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
