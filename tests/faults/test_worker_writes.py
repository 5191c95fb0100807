"""A worker returns data and writes nothing: gradebook and reports are the driver's alone."""

from __future__ import annotations

import pickle
import pickletools
from dataclasses import replace
from pathlib import Path

from faults.small_class import STUDENTS
from grader.dispatch import local
from grader.outcome import Outcome
from grader.pipeline import Job, Pipeline
from grader.results import Isolation, Status
from grader.seating import Terms
from grader.versions import templates
from recorded import HW, Recorded

# What of other modules an outcome may name; of `grader` only these two.
OURS = ("grader.outcome", "grader.results")
OTHERS = {"nbformat.notebooknode.NotebookNode", "__builtin__.set"}


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    """When each file below ``root`` was changed, and what it holds."""
    found = [path for path in root.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def named(outcome: Outcome) -> set[str]:
    """Every class and function that ``outcome`` names on its way between processes."""
    found, texts = set(), [""]
    for code, value, _ in pickletools.genops(pickle.dumps(outcome, protocol=2)):
        if code.name == "GLOBAL":
            found.add(str(value).replace(" ", "."))
        texts.append(code.name)
    assert not {"STACK_GLOBAL", "INST"} & set(texts)
    return found


def test_what_workers_do_changes_no_file_of_the_course_and_what_they_return_is_data(
    root: Path,
) -> None:
    one = Recorded(root)
    before = files(root)
    terms = Terms(Isolation.EXAMINER, key="public", threads=1)
    job = Job(student="", folder=root, submitted=None, fingerprint="f", terms=terms)
    submitted = one.course.submitted
    jobs = [replace(job, student=name, folder=submitted / name / HW) for name in STUDENTS]
    work = Pipeline(one.homework, tuple(templates(one.course, one.homework)), root / "source" / HW)
    done = dict(local.run(jobs, work, workers=1, deadline_s=60))
    assert files(root) == before
    assert len(done) == len(STUDENTS)
    for outcome in done.values():
        assert isinstance(outcome, Outcome), outcome
        strange = {name for name in named(outcome) if not name.startswith(OURS)}
        assert strange <= OTHERS, strange
    statuses = {job.student: outcome.status for job, outcome in done.items()}  # type: ignore[union-attr]
    assert statuses == dict.fromkeys(STUDENTS, Status.GRADED) | {"dan": Status.REJECTED}
