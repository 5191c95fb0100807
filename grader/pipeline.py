"""One submission's way through a worker: intake → examine → score. Nothing is recorded here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path

from nbformat import NotebookNode

from grader.errors import GraderError
from grader.examine.evidence import Examined
from grader.examine.schedule import Step, schedule, steps_of
from grader.examine.sitting import Sitting
from grader.intake.receive import given_files, receive
from grader.intake.submission import Rebuilt, Rejected
from grader.kernels.client import ZygoteLostError
from grader.moments import Moment, moment
from grader.outcome import Outcome
from grader.outline import Homework
from grader.results import CellResult, Flag, Isolation, Status, Usage
from grader.score import score
from grader.seating import Furniture, Terms, seats
from grader.template import Template, test_id
from grader.warm import Warm, zygote

EXPERIMENT = "experiment"
TRIES = 2  # of a notebook that something of ours, or somebody outside, broke off; of a test too
MOST_BROKEN = 4  # times that a notebook's tests may end the examiner before the rest is given up


@dataclass(frozen=True)
class Job:
    """One submission, and how it is graded."""

    student: str
    folder: Path
    submitted: datetime | None
    fingerprint: str
    terms: Terms
    experiment: bool = True  # False leaves out the cells tagged `experiment`
    hash_seed: int | None = None  # instead of the homework's


def sittings(homework: Homework) -> int:
    """How often each notebook is run: once, and once for each hash seed of some tests' own."""
    return 1 + len(set(homework.hash_seeds.values()))


@dataclass(frozen=True)
class _Paper:
    """The notebooks that are graded, by name."""

    templates: Mapping[str, Template]

    @cached_property
    def steps(self) -> Mapping[str, tuple[Step, ...]]:
        """What is done with each cell of each notebook in the two-kernel examination."""
        return {name: steps_of(one) for name, one in self.templates.items()}


@dataclass(frozen=True)
class Pipeline:
    """A homework's way from a submission to its outcome; it crosses to workers as plain data.

    ``beside`` is the folder of the instructor's notebooks, whose other files students have too.
    """

    homework: Homework
    templates: tuple[Template, ...]
    beside: Path

    def __call__(self, job: Job) -> Outcome:
        """Check, run and score one submission.

        A submission that cannot be read comes back as ``rejected``. Whatever else goes wrong is
        ours and is raised.
        """
        paper = self._whole if job.experiment else self._without_experiment
        known = paper.templates
        given = given_files(self.beside)
        try:
            submission = receive(job.folder, known, self.homework, given=given)
        except Rejected as rejected:
            nothing = (score(one, one.graded, {}, handed_in=False) for one in known.values())
            return _outcome(job, Status.REJECTED, tuple(chain(*nothing)), error=str(rejected))
        furniture = Furniture(self.beside, job.folder, submission.files)
        executed: dict[str, NotebookNode] = {}
        cells: list[CellResult] = []
        used: list[Usage] = []
        flags = submission.flags
        for name, rebuilt in submission.notebooks.items():
            moment(Moment.EXAMINE_BEGUN)
            steps: tuple[Step, ...] = ()
            if job.terms.isolation is Isolation.EXAMINER:
                steps = schedule(paper.steps[name], rebuilt.origins)
            examined = self._examined(job, rebuilt, steps, furniture)
            moment(Moment.EXAMINE_DONE)
            executed[name] = examined.notebook
            cells += score(known[name], rebuilt.notebook, examined.evidence)
            used.append(examined.usage)
            flags += examined.flags
            moment(Moment.SCORED)
        for name in submission.missing:
            cells += score(known[name], known[name].graded, {}, handed_in=False)
        return _outcome(
            job, Status.GRADED, tuple(cells), notebooks=executed, flags=flags, used=used
        )

    @cached_property
    def _whole(self) -> _Paper:
        return _Paper({one.name: one for one in self.templates})

    @cached_property
    def _without_experiment(self) -> _Paper:
        return _Paper({one.name: one.without(EXPERIMENT) for one in self.templates})

    def _examined(
        self, job: Job, rebuilt: Rebuilt, steps: tuple[Step, ...], furniture: Furniture
    ) -> Examined:
        """Run it; the tests that need another hash seed than the rest, in kernels of that."""
        cells = enumerate(rebuilt.notebook.cells)
        tests = {name: i for i, cell in cells if (name := test_id(cell))}
        apart: dict[int, set[str]] = defaultdict(set)
        for name, seed in self.homework.hash_seeds.items():
            if name in tests:
                apart[seed].add(name)
        others = frozenset(tests[name] for names in apart.values() for name in names)
        usual = self.homework.hash_seed if job.hash_seed is None else job.hash_seed
        examined = self._sat(job, rebuilt, steps, furniture, usual, others)
        for seed, names in apart.items():
            rest = frozenset(index for name, index in tests.items() if name not in names)
            again = self._sat(job, rebuilt, steps, furniture, seed, rest)
            examined = examined.taking(again, names)
        return examined

    def _sat(
        self,
        job: Job,
        rebuilt: Rebuilt,
        steps: tuple[Step, ...],
        furniture: Furniture,
        hash_seed: int,
        left_out: frozenset[int],
    ) -> Examined:
        """Run the notebook once; again where something of ours, or a kernel, was killed.

        What was judged before a kernel ended stands, so that no student who can bring that about
        has a second guess; what ends the student's kernel again is taken for the student's own
        doing. A test in which the examiner ends again has failed, and the others run without it.
        """
        from grader.examine.run import examine  # with papermill: the driver would wait for that too

        known: Examined | None = None
        tried, broken = 0, Counter[int]()
        terms, limits = job.terms, self.homework.limits
        source = zygote(Warm(self.homework.preloads, terms.threads, hash_seed), terms.mechanisms)
        while True:
            out = left_out | {index for index, times in broken.items() if times == TRIES}
            losses = source.losses
            try:
                with seats(source, terms, limits, furniture) as (seat, examiner):
                    sitting = Sitting(source, seat, limits, examiner, steps, out, terms.watched)
                    examined = examine(rebuilt.notebook, sitting)
            except (GraderError, OSError) as error:  # a folder too goes with its zygote
                tried += 1
                ours = isinstance(error, ZygoteLostError) or source.lost_since(losses)
                if tried == TRIES or not ours:
                    raise
                continue
            whole = examined if known is None else examined.taking(known, known.judged)
            if examined.broken is not None:
                broken[examined.broken] += 1
                over = broken.total() == MOST_BROKEN
                if over or broken[examined.broken] == TRIES:
                    whole = whole.failing(examined.broken)
            else:
                tried += examined.struck or examined.fault is not None
                over = tried == TRIES or not (examined.struck or examined.fault)
                if over and examined.fault:
                    raise examined.fault
            if over:
                return whole
            known = whole


def _outcome(
    job: Job,
    status: Status,
    cells: tuple[CellResult, ...],
    *,
    error: str = "",
    notebooks: Mapping[str, NotebookNode] | None = None,
    flags: tuple[Flag, ...] = (),
    used: list[Usage] | None = None,
) -> Outcome:
    used = used or []
    return Outcome(
        student=job.student,
        status=status,
        error=error,
        cells=cells,
        notebooks=dict(notebooks or {}),
        flags=flags,
        usage=Usage(
            wall_s=sum(one.wall_s for one in used),
            cpu_s=sum(one.cpu_s for one in used),
            peak_rss_mb=max((one.peak_rss_mb for one in used), default=0.0),
        ),
        submitted=job.submitted,
        fingerprint=job.fingerprint,
    )
