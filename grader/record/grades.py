"""What the gradebook is to say of one notebook by itself, beside what people say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from grader.gradebook import graded_cells
from grader.results import CellResult
from grader.template import Role, Template, grade_id, meta, role

NO_RESPONSE = "No response."  # nbgrader's words


def answers(handed_in: NotebookNode | None, template: Template) -> dict[str, bool] | None:
    """For each cell of the student's, whether it differs from the released one; None if missing."""
    if handed_in is None:
        return None
    own = {name: cell for cell in template.released.cells if (name := grade_id(cell))}
    found = {}
    for cell in handed_in.cells:
        name = grade_id(cell) or ""
        if name in own and role(own[name]) in (Role.SOLUTION, Role.WRITTEN):
            written = nbformat.from_dict({**own[name], "source": cell.source})
            found[name] = meta(own[name]).get("checksum") != compute_checksum(written)
    return found


def auto_scores(
    template: Template, results: Iterable[CellResult], answered: Mapping[str, bool] | None
) -> dict[str, float | None]:
    """Points by the machine for each graded cell, None where a person has to give them.

    ``answered`` is what :func:`answers` returned. Raises :class:`ValueError` where a cell has no
    result, or points that it cannot have.
    """
    mine = {result.grade_id: result for result in results if result.notebook == template.name}
    scores: dict[str, float | None] = {}
    for name, cell in graded_cells(template).items():
        if answered is None:
            scores[name] = 0.0
        elif name not in mine:
            raise ValueError(f"no result for the cell {name} of {template.name}")
        elif role(cell) in (Role.WRITTEN, Role.TASK):
            scores[name] = None if answered.get(name, True) else 0.0
        else:
            result = mine[name]
            if not (math.isfinite(result.points) and 0 <= result.points <= result.max_points):
                raise ValueError(f"{result.points} points for the cell {name} of {template.name}")
            scores[name] = result.points
    return scores


def auto_comments(
    template: Template, rejected: str, answered: Mapping[str, bool] | None
) -> dict[str, str | None]:
    """The comment of the machine for each cell that has one.

    ``rejected``, the reason why a submission was, or empty, goes to the first of them;
    "No response." to those that nothing was written in.
    """
    comments: dict[str, str | None] = {}
    for cell in template.released.cells:
        if role(cell) in (Role.SOLUTION, Role.WRITTEN, Role.TASK):
            name = grade_id(cell) or ""
            is_answered = answered is not None and answered.get(name, True)
            comments[name] = rejected or (None if is_answered else NO_RESPONSE)
            rejected = ""
    return comments
