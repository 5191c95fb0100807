"""What each kernel does with each cell of a rebuilt notebook, in the two-kernel examination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.examine.plan import Where, make
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


def schedule(steps: Sequence[Step], origins: Sequence[int | None]) -> tuple[Step, ...]:
    """The steps of a notebook whose cells are the instructor's cells ``origins``.

    ``steps`` are those of the instructor's cells. A cell of the student's own (None) runs in the
    candidate.
    """
    own = Step(Where.CANDIDATE)
    return tuple(own if origin is None else steps[origin] for origin in origins)


def steps_of(t: Template) -> tuple[Step, ...]:
    """What is done with each cell of ``t``; the same for every submission.

    A given cell that students may change runs in both kernels, as the student left it in the
    candidate and as the instructor wrote it in the examiner.
    """
    planned = {cell.index: cell for cell in make(t).cells}
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
    return tuple(steps)
