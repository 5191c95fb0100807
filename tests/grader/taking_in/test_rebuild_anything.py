"""Whatever is done to a notebook, the instructor's cells are all there, once and in order."""

from __future__ import annotations

from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st

import intake_course as little
from grader.intake.rebuild import keeps_own_text
from grader.template import Role, Template, grade_id, role
from intake_course import graded

Handful = st.lists(
    st.tuples(
        st.integers(-2, 8),  # which released cell; below 0 a cell of the student's own
        st.sampled_from(["", "text", "type", "tags", "strip", "forge", "steal"]),
        st.integers(0, 8),
    ),
    max_size=24,
)


def mangled(template: Template, handful: list[tuple[int, str, int]]) -> Any:
    nb = little.released(template)
    cells = []
    for number, (index, change, other) in enumerate(handful):
        own = nbformat.v4.new_code_cell(f"own_{number} = 1", id=f"own-{number}")
        cell = own if index < 0 else nbformat.from_dict(template.released.cells[index])
        if change == "text":
            cell.source = f"changed_{number} = 1"
        elif change == "type":
            kind = ("code", "markdown", "raw")[other % 3]
            cell.cell_type = kind
        elif change == "tags":
            cell.metadata.tags = ["skip-execution", "parameters"]
        elif change == "strip":
            cell.metadata, cell["id"] = {}, f"strip-{number}"
        elif change == "forge":
            cell.metadata.nbgrader = {"grade_id": "forged", "grade": True, "points": 99}
        elif change == "steal":
            cell.metadata.nbgrader = template.released.cells[other].metadata.get("nbgrader", {})
        cells.append(cell)
    nb.cells = cells
    return nb


@settings(max_examples=100, deadline=None, derandomize=True)
@given(handful=Handful)
def test_whatever_is_done_every_cell_of_the_instructors_is_there_once_in_order(
    template: Template, nameless: Template, handful: list[tuple[int, str, int]]
) -> None:
    for original in (template, nameless):
        nb = mangled(original, handful)
        made, _ = graded(original, nb)
        texts = {cell.source for cell in nb.cells}
        left = iter(made.cells)
        for index, cell in enumerate(original.graded.cells):
            released = original.released.cells[index]
            name = grade_id(cell) or cell.get("id")
            if name is None:  # a nameless cell: it must be there, in its order
                next(c for c in left if c.metadata == released.metadata)
                continue
            here = next(c for c in left if name in (grade_id(c), c.get("id")))
            if keeps_own_text(cell):
                assert {**here, "source": ""} == {**released, "source": ""}
                assert here.source == released.source or here.source in texts
            else:
                assert here == cell
        names = [name for cell in made.cells if (name := grade_id(cell))]
        assert len(names) == len(set(names))
        others = len(made.cells) - len(original.graded.cells)
        assert sum(cell.metadata == {} for cell in made.cells) >= others >= 0
        tests = [c.source for c in original.graded.cells if role(c) is Role.TEST]
        assert [c.source for c in made.cells if role(c) is Role.TEST] == tests


@settings(max_examples=60, deadline=None, derandomize=True)
@given(order=st.permutations(range(9)), own=st.lists(st.integers(0, 9), max_size=5))
def test_in_any_order_each_answer_is_kept_and_own_cells_follow_each_other(
    template: Template, order: list[int], own: list[int]
) -> None:
    nb = little.released(template)
    for name in ("double", "why", "imports", "try"):
        little.cell(nb, name).source = f"answer to {name}"
    nb.cells = [nb.cells[index] for index in order]
    for number, place in enumerate(sorted(own)):
        nb.cells.insert(place + number, nbformat.v4.new_code_cell(f"own {number}"))
    made, _ = graded(template, nb)
    for name in ("double", "why", "imports", "try"):
        assert little.cell(made, name).source == f"answer to {name}"
    ours = [cell.source for cell in made.cells if cell.id.startswith("student-")]
    assert ours == [f"own {number}" for number in range(len(own))]
