"""The instructor's notebook as the grader needs it: what was handed out, with and without tests.

:mod:`grader.versions` makes it; what a worker needs of it is here, without the second that
importing nbgrader takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import nbformat
from nbformat import NotebookNode


class Role(StrEnum):
    """What a cell of the instructor's notebook is for."""

    GIVEN = "given"  # the instructor's code or text, locked or not, worth nothing
    SOLUTION = "solution"  # the student's code
    TEST = "test"  # the instructor's, worth points
    WRITTEN = "written"  # the student's text or code, graded by a person
    TASK = "task"  # an nbgrader task: the student adds cells below it, a person grades


@dataclass(frozen=True)
class Template:
    """One notebook of an assignment, as handed out.

    ``source`` is the instructor's own text, solutions included; ``graded`` is the handed-out
    notebook with the hidden tests still in it; ``released`` is what students got. All three have
    the same cells in the same order.
    """

    name: str
    source: NotebookNode
    graded: NotebookNode
    released: NotebookNode

    @property
    def max_score(self) -> float:
        """Points that can be reached, manual ones included."""
        return sum(points(cell) for cell in self.graded.cells)

    def without(self, tag: str) -> Template:
        """The same notebook without the cells that carry ``tag``."""
        kept = [tag not in cell.metadata.get("tags", ()) for cell in self.source.cells]

        def cut(nb: NotebookNode) -> NotebookNode:
            out = nbformat.from_dict(nb)
            out.cells = [cell for cell, keep in zip(out.cells, kept, strict=True) if keep]
            return out

        return Template(self.name, cut(self.source), cut(self.graded), cut(self.released))


def meta(cell: NotebookNode) -> NotebookNode:
    """nbgrader's metadata of ``cell``, empty where it has none."""
    return cell.metadata.get("nbgrader", NotebookNode())


def grade_id(cell: NotebookNode) -> str | None:
    """The name nbgrader knows ``cell`` by, if any."""
    value = meta(cell).get("grade_id")
    return value if isinstance(value, str) else None


def role(cell: NotebookNode) -> Role:
    """What ``cell``, from the instructor's notebook, is for."""
    about = meta(cell)
    if about.get("task"):
        return Role.TASK
    if about.get("solution"):
        return Role.WRITTEN if about.get("grade") else Role.SOLUTION
    return Role.TEST if about.get("grade") else Role.GIVEN


def test_id(cell: NotebookNode) -> str | None:
    """The grade_id of ``cell`` if it is an automatic test, else None."""
    about = cell.metadata.get("nbgrader")
    if cell.cell_type != "code" or not isinstance(about, dict):
        return None
    name = about.get("grade_id")
    return name if about.get("grade") and not about.get("solution") and name else None


def points(cell: NotebookNode) -> float:
    """Points ``cell`` is worth; 0 for a cell that is not graded."""
    about = meta(cell)
    return float(about.get("points", 0)) if about.get("grade") or about.get("task") else 0.0


def part(name: str) -> str:
    """The part of a homework that the cell called ``name`` belongs to: the text up to a ``-``."""
    return name.split("-", 1)[0]
