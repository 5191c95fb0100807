"""Does a homework's grading catch wrong answers, and never fault right ones?

Beside each homework, ``tests/submissions/<homework>/`` holds mutants (small wrong edits of the
reference), and alternatives (correct, written differently). :func:`verify` grades them, the
reference and the untouched release through the same pipeline as students' work:

- the reference and every alternative must get every automatic point,
- every mutant must lose points in the parts it names and in no other part,
- the untouched release must get nothing.

Every case is graded under each isolation, and both must give each cell the same points. Cells
tagged ``experiment``, which train, run only for the reference and for one alternative; and for the
mutants of such a cell, which are graded only on demand.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict

from grader import template
from grader.course import Course
from grader.dispatch import local
from grader.errors import GraderError
from grader.outcome import Outcome
from grader.outline import Homework
from grader.pipeline import EXPERIMENT, Job, Pipeline, sittings
from grader.results import CellResult, Isolation, Status, Verdict
from grader.sandbox.probe import probe
from grader.seating import Terms
from grader.template import Role, Template
from grader.variants import Variant, alternatives, mutants
from grader.versions import templates
from grader.warm import Nest, Warm

_THREADS = 1  # a kernel's, so that as many cases as there are cores run side by side
_HASH_SEED = 0  # both except where right answers are repeated under several


class Kind(StrEnum):
    """What a case is, and so what it must get."""

    REFERENCE = "reference"
    ALTERNATIVE = "alternative"
    MUTANT = "mutant"
    RELEASE = "release"


class Case(BaseModel):
    """One graded case: what it had to lose, what it lost, and whether that is right.

    ``points``, ``lost`` and ``messages`` are those of the two-kernel examination; ``disagree``
    names the cells to which the single kernel gave other points.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    about: str
    seed: str
    hash_seed: int
    threads: int
    experiment: bool
    points: float
    max_points: float
    expected: tuple[str, ...]  # parts that must lose points
    lost: tuple[str, ...]  # parts that lost points
    messages: tuple[str, ...]
    disagree: tuple[str, ...]
    wall_s: float
    ok: bool


class Verification(BaseModel):
    """All cases of one homework."""

    model_config = ConfigDict(frozen=True)

    homework: str
    cases: tuple[Case, ...]

    @property
    def ok(self) -> bool:
        """Whether every case got what it must get."""
        return all(case.ok for case in self.cases)


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: Kind
    variant: Variant
    experiment: bool = False
    seed: str = "public"
    hash_seed: int = _HASH_SEED
    threads: int = _THREADS


def verify(
    course: Course,
    homework: Homework,
    *,
    submissions: Path,
    workers: int = 0,
    seeds: int = 1,
    experiment: bool = False,
    evidence: Path | None = None,
) -> Iterator[Case]:
    """Grade every case of ``homework`` and yield it as it is done.

    ``submissions`` is the folder with ``<homework>/mutants`` and ``<homework>/alternatives``.
    ``workers`` of 0 means one for each core.
    With ``seeds`` above 1 the reference and the alternatives run under that many keys of the
    tests' seeds, under two hash seeds in turn and on one thread and two. ``experiment`` grades the
    mutants of the experiment as well. ``evidence`` is a folder that receives the executed notebook
    of every case.
    """
    known = templates(course, homework)
    folder = submissions / homework.id
    plans = _plans(folder, known, seeds, experiment=experiment)
    pipeline = Pipeline(homework, tuple(known), course.source / homework.id)
    with (
        tempfile.TemporaryDirectory(prefix="verify-") as temporary,
        Nest(Warm(homework.preloads, _THREADS, _HASH_SEED)) as nest,
    ):
        jobs = {
            _job(plan, folder, isolation): plan
            for number, plan in enumerate(plans)
            for folder in [_hand_in(known, plan, Path(temporary) / str(number))]
            for isolation in Isolation
        }
        came_in: dict[str, dict[Isolation, Outcome]] = defaultdict(dict)
        deadline = sittings(homework) * (homework.limits.total_s + 60)
        for job, came in local.run(
            list(jobs),
            pipeline,
            workers=workers,
            deadline_s=deadline * len(known),
            equip=nest.equip,
        ):
            plan = jobs[job]
            if not isinstance(came, Outcome):
                raise GraderError(f"{plan.variant.name}: {came.reason}", "Run verify again.")
            if evidence is not None:
                _keep(came, evidence / homework.id / job.student / job.terms.isolation)
            both = came_in[job.student]
            both[job.terms.isolation] = came
            if len(both) == len(Isolation):
                yield _judge(plan, **both)


def _plans(folder: Path, known: list[Template], seeds: int, *, experiment: bool) -> list[_Plan]:
    reference = Variant(name="reference", about="the instructor's solution", cells={})
    correct = [
        _Plan(kind=Kind.REFERENCE, variant=reference),
        *(_Plan(kind=Kind.ALTERNATIVE, variant=one) for one in alternatives(folder)),
    ]
    tagged = {
        template.grade_id(cell)
        for one in known
        for cell in one.source.cells
        if EXPERIMENT in cell.metadata.get("tags", ())
    }
    wrong = [
        _Plan(kind=Kind.MUTANT, variant=one, experiment=not tagged.isdisjoint(one.cells))
        for one in mutants(folder, known)
    ]
    with_experiment = [plan.model_copy(update={"experiment": True}) for plan in correct[:2]]
    repeated = [
        plan.model_copy(
            update={
                "seed": f"seed-{number}",
                "hash_seed": number % 2,
                "threads": 1 + number // 2 % 2,
            }
        )
        for number in range(1, seeds)
        for plan in correct
    ]
    untouched = Variant(name="release", about="handed in untouched", cells={})
    return [
        *(with_experiment + correct[2:] if tagged else correct),
        *repeated,
        *(plan for plan in wrong if experiment or not plan.experiment),
        _Plan(kind=Kind.RELEASE, variant=untouched),
    ]


def _hand_in(known: list[Template], plan: _Plan, folder: Path) -> Path:
    """Make ``folder`` the plan's submission."""
    folder.mkdir()
    for one in known:
        # a cell that the template lacks would run as the student's own
        shown = one if _with_experiment(plan) else one.without(EXPERIMENT)
        nb = notebook(shown, plan.variant, untouched=plan.kind is Kind.RELEASE)
        nbformat.write(nb, folder / f"{one.name}.ipynb")
    return folder


def _with_experiment(plan: _Plan) -> bool:
    return plan.experiment or plan.kind is Kind.RELEASE


def _job(plan: _Plan, folder: Path, isolation: Isolation) -> Job:
    label = f"{plan.kind}-{plan.variant.name}"
    return Job(
        student=label if plan.seed == "public" else f"{label}-{plan.seed}",
        folder=folder,
        submitted=None,
        fingerprint="",
        terms=Terms(isolation, plan.seed, plan.threads, probe().mechanisms),
        experiment=_with_experiment(plan),
        hash_seed=plan.hash_seed,
    )


def notebook(one: Template, variant: Variant, *, untouched: bool = False) -> NotebookNode:
    """The released notebook with the variant's solution cells, else with the reference's."""
    nb = nbformat.from_dict(one.released)
    if not untouched:
        for cell, source in zip(nb.cells, one.source.cells, strict=True):
            if template.role(cell) in (Role.SOLUTION, Role.WRITTEN):
                name = template.grade_id(cell) or ""
                cell.source = variant.cells.get(name, source.source)
    return nb


def _judge(plan: _Plan, *, examiner: Outcome, kernel: Outcome) -> Case:
    cells = [cell for cell in examiner.cells if cell.verdict is not Verdict.MANUAL]
    other = {(cell.notebook, cell.grade_id): cell for cell in kernel.cells}
    disagree = [
        (cell, twin)
        for cell in cells
        if (twin := other[cell.notebook, cell.grade_id]).points != cell.points
    ]
    lost = tuple(sorted({cell.part for cell in cells if cell.points < cell.max_points}))
    points, possible = sum(c.points for c in cells), sum(c.max_points for c in cells)
    expected = plan.variant.parts
    graded = examiner.status is kernel.status is Status.GRADED
    if plan.kind is Kind.RELEASE:
        as_it_must, expected = points == 0, lost
    else:
        as_it_must = lost == tuple(sorted(expected))
    return Case(
        name=plan.variant.name,
        kind=plan.kind,
        about=plan.variant.about,
        seed=plan.seed,
        hash_seed=plan.hash_seed,
        threads=plan.threads,
        experiment=plan.experiment,
        points=points,
        max_points=possible,
        expected=tuple(sorted(expected)),
        lost=lost,
        messages=(
            *(_line(cell) for cell in cells if cell.points < cell.max_points),
            *(
                f"{cell.grade_id}: {cell.points:g} points, in a single kernel {twin.points:g} "
                f"({twin.reason or twin.verdict}: {twin.message})"
                for cell, twin in disagree
            ),
        ),
        disagree=tuple(cell.grade_id for cell, _ in disagree),
        wall_s=round(examiner.usage.wall_s + kernel.usage.wall_s, 2),
        ok=graded and as_it_must and not disagree,
    )


def _line(cell: CellResult) -> str:
    return f"{cell.grade_id}: {cell.reason or cell.verdict}: {cell.message}"


def _keep(outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, nb in outcome.notebooks.items():
        nbformat.write(nb, folder / f"{name}.ipynb")
