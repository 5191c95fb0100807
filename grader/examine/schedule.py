"""What each kernel does with each cell of a rebuilt notebook, in the two-kernel examination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.examine.plan import Plan, Where, make
from grader.template import Role, Template, role


@dataclass(frozen=True)
class Step:
    """What is done with one cell.

    The candidate runs the notebook's own text, which may be the student's; ``text`` is the
    instructor's, which the examiner runs. Before a test, ``names`` are bound afresh to the
    candidate's, and ``given`` are the names that given cells have bound in both kernels so far.
    """

    where: Where
    text: str = ""
    names: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


def schedule(t: Template, origins: Sequence[int | None]) -> tuple[Step, ...]:
    """The steps of a notebook whose cells are the instructor's cells ``origins``.

    A cell of the student's own (None) runs in the candidate, and so does everything else that is
    not the instructor's. A given cell that students may change runs in both kernels, as the
    student left it in the candidate and as the instructor wrote it in the examiner.
    """
    steps = _of_template(t, make(t))
    own = Step(Where.CANDIDATE)
    return tuple(own if origin is None else steps[origin] for origin in origins)


def _of_template(t: Template, plan: Plan) -> list[Step]:
    planned = {cell.index: cell for cell in plan.cells}
    given: list[str] = []
    steps = []
    for index, cell in enumerate(t.graded.cells):
        found = planned.get(index)
        if found is None:  # no code, or none that Python can read
            test = cell.cell_type == "code" and role(cell) is Role.TEST
            steps.append(Step(Where.EXAMINER if test else Where.CANDIDATE, cell.source))
            continue
        if found.where is Where.BOTH:
            given += found.binds
        steps.append(Step(found.where, cell.source, found.uses, tuple(given)))
    return steps
