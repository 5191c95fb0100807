"""Which cell of a student's notebook is which of the instructor's."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from grader.intake.parse import HandedCell
from grader.template import Template, grade_id


@dataclass(frozen=True)
class Matching:
    """Positions: ``handed`` maps the instructor's cell to the student's.

    ``anchors`` are the instructor's cells whose matches stand in the instructor's order: the
    longest such row. ``repeats`` maps a cell of the student's that has a taken name to the
    instructor's cell of that name.
    """

    handed: dict[int, int]
    anchors: frozenset[int]
    repeats: dict[int, int]


def match(template: Template, cells: Sequence[HandedCell]) -> Matching:
    """Match by grade_id, then by cell id, then by equal type and text.

    The instructor's cells that have neither kind of name are matched by their place last: between
    two anchors, where there are as many of them as unmatched cells, of the same types.
    """
    wanted = template.released.cells
    handed: dict[int, int] = {}
    repeats: dict[int, int] = {}
    named = {name: i for i, cell in enumerate(wanted) if (name := grade_id(cell))}
    for position, cell in enumerate(cells):
        index = named.get(cell.grade_id) if cell.grade_id else None
        if index is None:
            continue
        if index in handed:
            repeats[position] = index
        else:
            handed[index] = position
    by_id = {cell["id"]: i for i, cell in enumerate(wanted) if "id" in cell and i not in handed}
    free = _free(cells, handed, repeats)
    for position in free:
        index = by_id.pop(cells[position].cell_id, None)
        if index is not None:
            handed[index] = position
    texts: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for position in _free(cells, handed, repeats):
        texts[cells[position].cell_type, cells[position].source.strip()].append(position)
    for index, cell in enumerate(wanted):
        same = texts.get((cell.cell_type, cell.source.strip()))
        if index not in handed and cell.source.strip() and same:
            handed[index] = same.popleft()
    _match_by_place(template, cells, handed, repeats)
    return Matching(handed, frozenset(_in_order(handed)), repeats)


def _free(
    cells: Sequence[HandedCell], handed: dict[int, int], repeats: dict[int, int]
) -> list[int]:
    taken = {*handed.values(), *repeats}
    return [position for position in range(len(cells)) if position not in taken]


def _match_by_place(
    template: Template,
    cells: Sequence[HandedCell],
    handed: dict[int, int],
    repeats: dict[int, int],
) -> None:
    wanted = template.released.cells
    edges = [(index, handed[index]) for index in _in_order(handed)]
    spare = _free(cells, handed, repeats)
    ends = [*edges, (len(wanted), len(cells))]
    for (before, above), (after, below) in zip([(-1, -1), *edges], ends, strict=True):
        lost = [
            index
            for index in range(before + 1, after)
            if index not in handed and "id" not in wanted[index] and not grade_id(wanted[index])
        ]
        here = spare[bisect_left(spare, above + 1) : bisect_left(spare, below)]
        types = [wanted[index].cell_type for index in lost]
        if types == [cells[position].cell_type for position in here]:
            handed.update(zip(lost, here, strict=True))


def _in_order(handed: dict[int, int]) -> list[int]:
    """The longest increasing run of ``handed``'s values, by its keys in ascending order."""
    tops: list[int] = []  # the smallest last value of a run of each length
    last: list[int] = []  # its key
    before: dict[int, int | None] = {}
    for index in sorted(handed):
        place = bisect_left(tops, handed[index])
        before[index] = last[place - 1] if place else None
        tops[place : place + 1] = [handed[index]]
        last[place : place + 1] = [index]
    run: list[int] = []
    step = last[-1] if last else None
    while step is not None:
        run.append(step)
        step = before[step]
    return run[::-1]
