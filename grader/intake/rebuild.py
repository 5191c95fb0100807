"""The student's answers in the instructor's notebook.

Every cell of the instructor's is in the result once, in the instructor's order and with the
instructor's type and metadata. Locked cells have the instructor's text, hidden tests included;
solution, written and unlocked cells have the student's. The student's own cells stand after the
cell they followed, with empty metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy

from nbformat import NotebookNode

from grader.intake.flags import Kind, flag, show
from grader.intake.match import Matching, match
from grader.intake.parse import Handed, HandedCell
from grader.intake.submission import Rebuilt
from grader.results import Flag
from grader.template import Role, Template, grade_id, meta, role

_SWITCHES = ("grade", "solution", "locked", "task")


def rebuild(template: Template, handed: Handed) -> Rebuilt:
    """Return the notebook to execute, with a flag for every change against what was handed in.

    A cell that the student removed is put back as it was released. A cell that repeats a name is
    a cell of the student's own where the name's cell is the student's to write (JupyterLab makes
    such when a cell is split); where it is locked, it is dropped, or kept as Markdown text if it
    says anything else than the instructor's: it never runs.
    """
    found = match(template, handed.cells)
    flags = [*handed.flags, *_differences(template, handed.cells, found)]
    extras = _extras(template, handed.cells, found)
    out = deepcopy(template.graded)
    out.cells = []
    origins: list[int | None] = []
    names = {cell.get("id") for cell in template.graded.cells}
    fresh = (name for n in range(1, 1_000_000) if (name := f"student-{n}") not in names)

    def add_own(waiting: list[HandedCell]) -> None:
        for cell in waiting:
            made = _own(cell)
            if out.nbformat_minor >= 5:
                made["id"] = next(fresh)
            out.cells.append(made)
            origins.append(None)
        waiting.clear()

    waiting = extras[-1]
    for index, graded in enumerate(template.graded.cells):
        # A stub that is put back comes before the cells written in its stead, a test after them.
        if index in found.anchors or role(graded) is Role.TEST:
            add_own(waiting)
        position = found.handed.get(index)
        answer = None if position is None else handed.cells[position]
        if keeps_own_text(graded):
            out.cells.append(_answered(template.released.cells[index], answer))
        else:
            out.cells.append(deepcopy(graded))
        origins.append(index)
        waiting.extend(extras[index])
    add_own(waiting)
    if out.nbformat_minor < 1 and any("attachments" in cell for cell in out.cells):
        out.nbformat_minor = 1
    return Rebuilt(out, tuple(origins), tuple(flags))


def keeps_own_text(cell: NotebookNode) -> bool:
    """Whether ``cell``, of the instructor's notebook, is the student's to write."""
    what = role(cell)
    unlocked = what is Role.GIVEN and not meta(cell).get("locked")
    return unlocked or what in (Role.SOLUTION, Role.WRITTEN)


def _answered(released: NotebookNode, answer: HandedCell | None) -> NotebookNode:
    # The released cell's metadata holds the checksum of the text that students got, so that
    # nbgrader sees an untouched answer as such even where a mark scheme was cut out of it.
    cell = deepcopy(released)
    if answer is not None:
        cell.source = answer.source
        if cell.cell_type == "markdown":
            cell.pop("attachments", None)
            if answer.attachments:
                cell["attachments"] = _node(answer)
    return cell


def _own(cell: HandedCell) -> NotebookNode:
    made = NotebookNode(cell_type=cell.cell_type, metadata=NotebookNode(), source=cell.source)
    if cell.cell_type == "code":
        made.update(execution_count=None, outputs=[])
    elif cell.attachments:
        made["attachments"] = _node(cell)
    return made


def _node(cell: HandedCell) -> NotebookNode:
    return NotebookNode({name: NotebookNode(b) for name, b in cell.attachments.items()})


def _extras(
    template: Template, cells: Sequence[HandedCell], found: Matching
) -> dict[int, list[HandedCell]]:
    """The student's own cells by the instructor's anchor they follow; -1 for those on top."""
    extras: dict[int, list[HandedCell]] = {i: [] for i in range(-1, len(template.graded.cells))}
    index_of = {position: index for index, position in found.handed.items()}
    anchor = -1
    for position, cell in enumerate(cells):
        if position in index_of:
            if index_of[position] in found.anchors:
                anchor = index_of[position]
        elif position not in found.repeats:
            extras[anchor].append(cell)
        else:
            first = template.released.cells[found.repeats[position]]
            if keeps_own_text(first):
                extras[anchor].append(cell)
            elif cell.source.strip() != first.source.strip():
                extras[anchor].append(_as_text(cell))
    return extras


def _as_text(cell: HandedCell) -> HandedCell:
    runs = re.findall(r"`{3,}", cell.source)
    fence = "`" * (max(map(len, runs), default=2) + 1)
    words = "A cell with the name of a locked cell was handed in twice. The second did not run:"
    return HandedCell("markdown", f"{words}\n\n{fence}\n{cell.source}\n{fence}")


def _differences(template: Template, cells: Sequence[HandedCell], found: Matching) -> list[Flag]:
    flags: list[Flag] = []
    for index, released in enumerate(template.released.cells):
        name = _name(template, index)
        position = found.handed.get(index)
        if position is None:
            flags.append(flag(Kind.MISSING_CELL, f"{name} was put back"))
            continue
        cell = cells[position]
        if index not in found.anchors:
            flags.append(flag(Kind.MOVED_CELL, f"{name} was returned to its place"))
        if cell.cell_type != released.cell_type:
            detail = f"{name} was {cell.cell_type}, is {released.cell_type}"
            flags.append(flag(Kind.RETYPED_CELL, detail))
        if not keeps_own_text(released) and cell.source.strip() != released.source.strip():
            flags.append(flag(Kind.CHANGED_CELL, f"{name} has the instructor's text again"))
        if changed := _changed_metadata(released, cell):
            flags.append(flag(Kind.CHANGED_METADATA, f"{name}: {changed}"))
    for position, index in found.repeats.items():
        place = "own cell" if keeps_own_text(template.released.cells[index]) else "did not run"
        detail = f"cell {position + 1} repeats {_name(template, index)}: {place}"
        flags.append(flag(Kind.DUPLICATE_CELL, detail))
    matched = {*found.handed.values(), *found.repeats}
    extra = [position for position in range(len(cells)) if position not in matched]
    for position in extra:
        if (claimed := cells[position].grade_id) is not None:
            detail = f"cell {position + 1} calls itself {show(claimed)}"
            flags.append(flag(Kind.UNKNOWN_CELL, detail))
    if extra:
        flags.append(flag(Kind.EXTRA_CELLS, f"{len(extra)} in {template.name}"))
    return flags


def _name(template: Template, index: int) -> str:
    cell = template.released.cells[index]
    return f"{template.name}/{grade_id(cell) or cell.get('id') or f'cell {index + 1}'}"


def _changed_metadata(released: NotebookNode, cell: HandedCell) -> str:
    """What differs in the metadata that decides how a cell is run and graded, in a few words."""
    changes: list[str] = []
    mine = released.metadata.get("nbgrader", {})
    if grade_id(released) is not None and cell.grade_id is None:
        changes.append("its name was removed")
    elif mine or cell.marks:
        changes += [key for key in _SWITCHES if bool(mine.get(key)) != bool(cell.marks.get(key))]
        if mine.get("points", 0) != cell.marks.get("points", 0):
            changes.append("points")
    own = set(released.metadata.get("tags", ()))
    if added := sorted(set(cell.tags) - own):
        changes.append(f"tag {show(' '.join(added))} added")
    if own - set(cell.tags):
        changes.append("tags removed")
    return ", ".join(changes)
