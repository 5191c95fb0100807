"""A worker's way with one submission: kernels of the right kind, and folders that hide the rest."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import NotebookNode

from grader import grade, template
from grader.course import Course
from grader.errors import GraderError
from grader.examine import client, pair
from grader.examine.evidence import EXAMINER_LOST
from grader.examine.sitting import ExaminerLostError
from grader.examine.verdict import Verdict, read
from grader.moments import Moment
from grader.outcome import Outcome
from grader.pipeline import MOST_BROKEN, Job, Pipeline
from grader.results import Flag, Isolation, Reason, Status
from grader.sandbox.confine import Mechanism
from grader.sandbox.probe import probe
from grader.seating import Terms
from grader.versions import templates
from release_course import cell, course
from sandboxed import none_here

SEED = "import os\nassert os.environ['PYTHONHASHSEED'] == '{}' and hashes()[0] == hash('bridge')"
CELLS = [
    cell(
        "### BEGIN SOLUTION\nimport os\n\n\ndef hashes():\n"
        "    return [hash('bridge'), os.environ['PYTHONHASHSEED']]\n### END SOLUTION",
        "a-solution",
        "solution",
    ),
    cell("STATE = []", "a-given"),
    cell(SEED.format(0) + "\nSTATE.append(1)", "a-usual", "test", 2),
    cell(SEED.format(7) + "\nassert not STATE", "a-other", "test", 3),
]


def handed_in(one: Course, folder: Path, solution: str = "") -> Path:
    """The instructor's own solution, or another, as a student hands it in."""
    [known] = templates(one, one.homework("hw1"))
    notebook = nbformat.from_dict(known.released)
    for mine, theirs in zip(notebook.cells, known.source.cells, strict=True):
        if template.role(theirs) is template.Role.SOLUTION:
            mine.source = solution or theirs.source
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "hw1.ipynb")
    return folder


@pytest.mark.parametrize("isolation", Isolation)
def test_a_test_can_ask_for_another_hash_seed(tmp_path: Path, isolation: Isolation) -> None:
    row = "points = 5\nhash_seeds = { 'a-other' = 7 }"
    one = course(tmp_path / "course", CELLS, row=row, gradebook=False)
    homework = one.homework("hw1")
    grade_one = Pipeline(homework, tuple(templates(one, homework)), one.source / "hw1")
    job = Job(
        student="ada",
        folder=handed_in(one, tmp_path / "ada"),
        submitted=None,
        fingerprint="",
        terms=Terms(isolation, key="public", threads=1),
    )
    outcome = grade_one(job)
    assert isinstance(outcome, Outcome) and outcome.status is Status.GRADED
    assert {c.grade_id: c.points for c in outcome.cells} == {"a-usual": 2, "a-other": 3}


QUESTIONS = [
    cell("### BEGIN SOLUTION\ndef answer(): return 1\n### END SOLUTION", "a-solution", "solution"),
    cell("assert answer() == 1", "a-first", "test", 2),
    cell("assert answer() == 1", "a-second", "test", 3),
]
# It learns from each second call that the first test went no further, so that its guess was wrong,
# and has itself killed: the operating system does that to what passes this limit.
GUESSES = """
import resource, signal

with open("guess.txt") as file:
    guess = int(file.read())
calls = []


def answer():
    calls.append(1)
    if len(calls) == 2 and guess != 1:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
        while True:
            pass
    return guess
"""
GUESSED = (0, Reason.ASSERTION)


@pytest.fixture
def namespaces() -> None:
    """Skips a test of what only namespaces allow."""
    if Mechanism.NAMESPACES not in probe().mechanisms:
        none_here("this host has no namespaces to give")


needs_namespaces = pytest.mark.usefixtures("namespaces")


class Guesses:
    """A submission, whose guess is 0, and after its first examination has begun ``second``."""

    def __init__(
        self,
        folder: Path,
        second: int,
        monkeypatch: pytest.MonkeyPatch,
        cells: list[NotebookNode] | None = None,
        solution: str = GUESSES,
    ) -> None:
        self.mechanisms = probe().mechanisms
        row = "points = 5\nfiles = ['guess.txt']"
        self.course = course(folder / "course", cells or QUESTIONS, row=row, gradebook=False)
        self.folder = handed_in(self.course, folder / "ada", solution)
        self.flags: tuple[Flag, ...] = ()
        (self.folder / "guess.txt").write_text("0")
        self.sittings = 0

        def begun(now: Moment) -> None:
            if now is Moment.KERNELS_STARTED:
                self.sittings += 1
                (self.folder / "guess.txt").write_text(str(second))

        monkeypatch.setattr(client, "moment", begun)

    def graded(self) -> list[tuple[float, Reason | None]]:
        """Points of the tests, and why not all."""
        homework = self.course.homework("hw1")
        known = tuple(templates(self.course, homework))
        terms = Terms(Isolation.EXAMINER, "public", 1, self.mechanisms)
        job = Job("ada", self.folder, submitted=None, fingerprint="", terms=terms)
        outcome = Pipeline(homework, known, self.course.source / "hw1")(job)
        assert outcome.status is Status.GRADED
        self.flags = outcome.flags
        return [(c.points, c.reason) for c in outcome.cells]


@needs_namespaces
def test_who_has_itself_killed_every_time_is_graded_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks like a kill from outside, and is tried again for that, once."""
    submission = Guesses(tmp_path, 0, monkeypatch)
    assert submission.graded() == [GUESSED, (0, Reason.CANDIDATE_LOST)]
    assert submission.sittings == 2


@needs_namespaces
def test_who_has_itself_killed_gets_no_second_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = Guesses(tmp_path, 1, monkeypatch)
    assert submission.graded() == [GUESSED, (3, None)]
    assert submission.sittings == 2


@needs_namespaces
def test_a_failure_counts_though_the_kernel_is_killed_before_we_hear_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = Guesses(tmp_path, 1, monkeypatch)

    def killed_before(expression: object) -> Verdict:
        monkeypatch.setattr(pair, "read", read)
        [kernel] = [one for one in psutil.Process().children(recursive=True) if is_first(one)]
        kernel.kill()
        psutil.wait_procs([kernel], timeout=30)
        time.sleep(0.2)  # until its keeper has said so
        return read(expression)

    monkeypatch.setattr(pair, "read", killed_before)
    assert submission.graded() == [GUESSED, (3, None)]
    assert submission.sittings == 2


# A test that reads a file of the student's as it must not: what is mapped can be cut short.
MAPS = """
import mmap
from coursekit.exchange import exchange

path = exchange() / "saved"
save(path)
with path.open("rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
assert answer() == 1
assert mapped[0] == 0
"""
# It cuts the file short where it knows of a wrong guess: reading there ends the examiner.
CUTS = """
import os

with open("guess.txt") as file:
    guess = int(file.read())
calls, paths = [], []


def save(path):
    path.write_bytes(bytes(8192))
    paths.append(path)


def answer():
    calls.append(1)
    if paths and guess != 1:
        os.truncate(paths[-1], 0)
        return 1
    return guess
"""
SAVES = cell(
    "### BEGIN SOLUTION\ndef answer(): return 1\n\n\ndef save(path):\n"
    "    path.write_bytes(bytes(8192))\n### END SOLUTION",
    "a-solution",
    "solution",
)
FIRST = cell("assert answer() == 1", "a-first", "test", 1)
LAST = cell("assert answer() == 1 and 'mapped' in globals()", "a-last", "test", 2)


def test_who_ends_the_examiner_gets_no_second_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [SAVES, FIRST, cell(MAPS, "a-maps", "test", 2), LAST]
    submission = Guesses(tmp_path, 1, monkeypatch, cells, CUTS)
    assert submission.graded() == [GUESSED, (2, None), (2, None)]
    assert submission.sittings == 2 and not submission.flags


def test_who_ends_the_examiner_every_time_loses_that_test_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = cell("assert answer() == 0", "a-last", "test", 2)
    cells = [SAVES, FIRST, cell(MAPS, "a-maps", "test", 2), last]
    submission = Guesses(tmp_path, 0, monkeypatch, cells, CUTS)
    assert submission.graded() == [GUESSED, (0, Reason.INTERNAL), (2, None)]
    assert submission.sittings == 3
    (flag,) = submission.flags
    assert flag.kind == EXAMINER_LOST and "a-maps" in flag.detail


def test_who_ends_the_examiner_in_all_tests_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = MOST_BROKEN // 2
    cells = [SAVES, *(cell(MAPS, f"a-maps{number}", "test", 1) for number in range(most + 1))]
    submission = Guesses(tmp_path, 0, monkeypatch, cells, CUTS)
    given_up = (0, Reason.CANDIDATE_LOST)
    assert submission.graded() == [*most * [(0, Reason.INTERNAL)], given_up]
    assert submission.sittings == MOST_BROKEN and len(submission.flags) == most


@pytest.mark.parametrize("ends", [True, False])
def test_an_examiner_that_ends_between_tests_is_our_fault_and_what_was_judged_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    once = tmp_path / "once"
    given = (
        "import os\nfrom pathlib import Path\n\n"
        f"if 'COURSEKIT_TEST_KEY' in os.environ and not Path({str(once)!r}).exists():\n"
        f"    {'pass' if ends else f'Path({str(once)!r}).touch()'}\n    os._exit(1)"
    )
    cells = [SAVES, FIRST, cell(given, "a-given"), cell("assert answer()", "a-last", "test", 2)]
    submission = Guesses(tmp_path, 1, monkeypatch, cells, CUTS)
    if ends:
        with pytest.raises(ExaminerLostError, match="its process ended"):
            submission.graded()
    else:
        assert submission.graded() == [GUESSED, (2, None)]
    assert submission.sittings == 2


def is_first(process: psutil.Process) -> bool:
    """Whether it is the first process of a namespace."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [numbers] = [line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")]
    return len(numbers) > 1 and numbers[-1] == "1"


def test_a_course_where_student_code_must_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    one = course(tmp_path / "course", CELLS, gradebook=False)
    handed_in(one, one.submitted / "ada" / "hw1")
    with pytest.raises(GraderError, match="student code has to read"):
        grade.grade(one, one.homework("hw1"))
