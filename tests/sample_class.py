"""A sample class: sixteen submissions of one homework, and the outcome each must have.

Run as ``python tests/sample_class.py HW FOLDER`` it writes ``FOLDER/<student>/HW/<notebook>.ipynb``
for ``grader grade HW --submitted FOLDER``. The homework needs mutants and an alternative beside
it, in ``tests/submissions/HW``.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader import template
from grader.course import Course
from grader.outline import Homework
from grader.results import Reason, Status
from grader.template import Role, Template
from grader.variants import Variant, alternatives, mutants
from grader.verify import notebook
from grader.versions import templates

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = Variant(name="reference", about="", cells={})


@dataclass(frozen=True)
class Expected:
    """The outcome a sample must have.

    ``lost`` are the parts that lose points, None meaning all of them; ``reasons`` are the reasons
    that must be among those given; ``flagged`` says whether the instructor must see a flag.
    """

    status: Status = Status.GRADED
    lost: frozenset[str] | None = frozenset()
    reasons: frozenset[Reason] = frozenset()
    flagged: bool = False


@dataclass(frozen=True)
class Sample:
    """One student of the sample class: how the work is written into its folder."""

    student: str
    expected: Expected
    write: Callable[[Path], None]


def samples(course: Course, homework: Homework) -> list[Sample]:
    """The sample class of ``homework``."""
    known = templates(course, homework)
    one = known[0]
    folder = course.root / "tests" / "submissions" / homework.id
    right = alternatives(folder)[0]
    wrong = mutants(folder, known)
    step = max(1, len(wrong) // 4)
    students: list[tuple[str, Expected, Callable[[Path], None]]] = [
        ("complete", Expected(), _book(one, lambda nb: nb)),
        ("other-way", Expected(), _book(one, lambda nb: nb, right)),
        *(
            (f"wrong-{m.name}", Expected(lost=frozenset(m.parts)), _book(one, lambda nb: nb, m))
            for m in wrong[::step][:4]
        ),
        (
            "half-done",
            Expected(lost=_later_parts(one), reasons=frozenset({Reason.EXCEPTION})),
            _book(one, lambda nb: _half(nb, one)),
        ),
        ("untouched", Expected(lost=None), _file(lambda: nbformat.writes(one.released))),
        (
            "crashing",
            Expected(lost=None, reasons=frozenset({Reason.CANDIDATE_LOST})),
            _book(one, lambda nb: _append(nb, "\nimport os\n\nos._exit(0)")),
        ),
        (
            "endless-loop",
            Expected(lost=_first_part(one), reasons=frozenset({Reason.EXCEPTION})),
            _book(one, lambda nb: _prepend(nb, "while True:\n    pass\n")),
        ),
        (
            "unreadable",
            Expected(status=Status.REJECTED, lost=None),
            _file(lambda: '{"cells": [ this is not JSON'),
        ),
        ("linked", Expected(status=Status.REJECTED, lost=None), _link(course)),
        (
            "deleted-test",
            Expected(flagged=True),
            _book(one, lambda nb: _without(nb, _last_test(nb))),
        ),
        (
            "duplicated-test",
            Expected(flagged=True),
            _book(one, lambda nb: _twice(nb, _last_test(nb))),
        ),
        (
            "skip-execution",
            Expected(lost=None),
            _file(lambda: nbformat.writes(_tagged(nbformat.from_dict(one.released)))),
        ),
        (
            "warnings",
            Expected(),
            _book(one, lambda nb: _append(nb, "\nimport sys\n\nprint('careful', file=sys.stderr)")),
        ),
    ]

    def writer(fill: Callable[[Path], None]) -> Callable[[Path], None]:
        return lambda folder: fill(folder / f"{one.name}.ipynb")

    return [
        Sample(f"sample-{number:02}-{name}", expected, writer(fill))
        for number, (name, expected, fill) in enumerate(students, start=1)
    ]


def build(course: Course, homework: Homework, into: Path) -> list[Sample]:
    """Write the sample class below ``into``, replacing what stands there; return it."""
    shutil.rmtree(into, ignore_errors=True)
    made = samples(course, homework)
    for sample in made:
        folder = into / sample.student / homework.id
        folder.mkdir(parents=True)
        sample.write(folder)
    return made


Edit = Callable[[NotebookNode], NotebookNode]


def _book(one: Template, edit: Edit, variant: Variant = REFERENCE) -> Callable[[Path], None]:
    return lambda path: nbformat.write(edit(notebook(one, variant)), path)


def _file(text: Callable[[], str]) -> Callable[[Path], None]:
    return lambda path: path.write_text(text(), encoding="utf-8") and None


def _link(course: Course) -> Callable[[Path], None]:
    gradebook = course.root / "gradebook.db"
    return lambda path: path.symlink_to(gradebook)


def _solutions(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if template.role(cell) is Role.SOLUTION]


def _append(nb: NotebookNode, text: str) -> NotebookNode:
    first = _solutions(nb)[0]
    first.source += text
    return nb


def _prepend(nb: NotebookNode, text: str) -> NotebookNode:
    first = _solutions(nb)[0]
    first.source = text + first.source
    return nb


def _half(nb: NotebookNode, one: Template) -> NotebookNode:
    """Leave every solution cell after the first as it was handed out."""
    stubs = {template.grade_id(cell): cell.source for cell in one.released.cells}
    for cell in _solutions(nb)[1:]:
        cell.source = stubs[template.grade_id(cell)]
    return nb


def _first_part(one: Template) -> frozenset[str]:
    """The part of the first solution cell."""
    return frozenset({template.part(template.grade_id(_solutions(one.graded)[0]) or "")})


def _later_parts(one: Template) -> frozenset[str]:
    """The automatically graded parts after that of the first solution cell."""
    tests = [template.grade_id(c) or "" for c in one.graded.cells if template.role(c) is Role.TEST]
    return frozenset(template.part(name) for name in tests) - _first_part(one)


def _last_test(nb: NotebookNode) -> int:
    return max(i for i, cell in enumerate(nb.cells) if template.role(cell) is Role.TEST)


def _without(nb: NotebookNode, index: int) -> NotebookNode:
    del nb.cells[index]
    return nb


def _twice(nb: NotebookNode, index: int) -> NotebookNode:
    copy = nbformat.from_dict(nb.cells[index])
    copy.id = "the-same-again"
    nb.cells.append(copy)
    return nb


def _tagged(nb: NotebookNode) -> NotebookNode:
    for cell in nb.cells:
        cell.metadata["tags"] = ["skip-execution"]
    return nb


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homework")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    here = Course.load(ROOT)
    written = build(here, here.homework(given.homework), given.folder)
    print(f"{len(written)} sample submissions in {given.folder}")
