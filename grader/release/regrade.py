"""Whether notebooks still have the cells by which submissions were graded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry

from grader import template
from grader.errors import GraderError
from grader.outline import Homework
from grader.template import Role, Template

_ROWS = {
    "graded": ("grade_cells", {Role.TEST, Role.WRITTEN}),
    "solution": ("solution_cells", {Role.SOLUTION, Role.WRITTEN}),
    "task": ("task_cells", {Role.TASK}),
}


def refuse_changed_cells(book: Gradebook, homework: Homework, fresh: Sequence[Template]) -> int:
    """Return how many submissions are in the gradebook; raise where their cells are gone.

    nbgrader refuses such a release too, but only after it has deleted the release folder, and
    without naming the cells.
    """
    try:
        assignment = book.find_assignment(homework.id)
    except MissingEntry:
        return 0
    submissions = len(assignment.submissions)
    if not submissions:
        return 0
    before = {notebook.name: notebook for notebook in assignment.notebooks}
    after = {t.name: t for t in fresh}
    changes = _changes("notebook", set(before), set(after))
    for name in before.keys() & after.keys():
        cells = after[name].graded.cells
        for kind, (attribute, roles) in _ROWS.items():
            old = {row.name for row in getattr(before[name], attribute)}
            changes += _changes(f"{kind} cell", old, _ids(c for c in cells if _has(c, roles)))
        old = {row.name for row in before[name].source_cells}
        changes += _changes("locked cell", old, _ids(c for c in cells if _recorded(c)))
    if changes:
        raise GraderError(
            f"The gradebook holds {submissions} submission(s) of {homework.id}, and since then the "
            f"instructor's notebook changed: {'; '.join(dict.fromkeys(changes))}.",
            "Give the cells their old grade_ids back. Or start this homework's marks anew: keep "
            f"them with `grader export {homework.id} --to csv`, delete them with `nbgrader db "
            f"assignment remove {homework.id} --force`, release, and grade again.",
        )
    return submissions


def _changes(kind: str, old: set[str], new: set[str]) -> list[str]:
    gone = [f"{kind} {name!r} removed" for name in sorted(old - new)]
    return gone + [f"{kind} {name!r} added" for name in sorted(new - old)]


def _ids(cells: Iterator[NotebookNode]) -> set[str]:
    return {name for cell in cells if (name := template.grade_id(cell)) is not None}


def _has(cell: NotebookNode, roles: set[Role]) -> bool:
    return template.role(cell) in roles


def _recorded(cell: NotebookNode) -> bool:
    """Whether nbgrader keeps the text of ``cell`` in the gradebook."""
    return any(template.meta(cell).get(key) for key in ("grade", "solution", "locked", "task"))
