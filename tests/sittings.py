"""How tests arrange an examination: kernels of a zygote, in a folder of the test's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from grader.examine.evidence import Examined
from grader.examine.run import examine
from grader.examine.schedule import schedule, steps_of
from grader.examine.seat import Seat
from grader.examine.sitting import Sitting
from grader.intake.rebuild import keeps_own_text
from grader.kernels.client import Zygote
from grader.kernels.messages import Role
from grader.outline import Limits
from grader.results import Isolation
from grader.seating import Furniture, Terms, seats
from grader.template import Template, grade_id

Apart = Callable[..., Examined]


def examine_alone(
    notebook: NotebookNode,
    *,
    workdir: Path,
    zygote: Zygote | None = None,
    limits: Limits | None = None,
    env: Mapping[str, str] | None = None,
) -> Examined:
    """Run ``notebook`` in one kernel that is not shut in, of ``zygote`` or of one of its own."""
    with nullcontext(zygote) if zygote else closing(Zygote()) as source:
        seat = Seat(Role.ALONE, workdir, env or {})
        return examine(notebook, Sitting(source, seat, limits or Limits()))


def examine_apart(
    one: Template,
    answers: Mapping[str, str],
    *,
    zygote: Zygote,
    given: Path,
    after: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Examined:
    """Run a submission to ``one`` in two kernels that are not shut in.

    ``answers`` are the student's texts by grade_id, the instructor's where there is none; ``after``
    holds cells of the student's own by the grade_id they follow. ``given`` is the folder of files
    handed out.
    """
    notebook, origins = nbformat.from_dict(one.graded), []
    notebook.cells = []
    for index, cell in enumerate(nbformat.from_dict(one.graded).cells):
        name = grade_id(cell) or ""
        if keeps_own_text(cell):
            cell.source = answers.get(name, one.source.cells[index].source)
        notebook.cells.append(cell)
        origins.append(index)
        if after and name in after:
            notebook.cells.append(new_code_cell(after[name]))
            origins.append(None)
    terms = Terms(Isolation.EXAMINER, key="the tests' key", threads=1)
    limits = limits or Limits(cell_s=20, total_s=60)
    with seats(zygote, terms, limits, Furniture(given, given, ())) as (candidate, examiner):
        sitting = Sitting(zygote, candidate, limits, examiner, schedule(steps_of(one), origins))
        return examine(notebook, sitting)
