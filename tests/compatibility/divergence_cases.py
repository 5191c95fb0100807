"""Submissions whose marks differ from nbgrader's on purpose, for each row of the docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from compatibility.side_by_side import Edit, after, cell, fill
from grader.intake.flags import Kind
from grader.results import Reason, Status
from release_course import cell as made

DOUBLE = "def double(x):\n    return 2 * x"
WARNS = "import warnings\ndef double(x):\n    warnings.warn('careful')\n    return 2 * x"
PRINTS = "import sys\ndef double(x):\n    print(x, file=sys.stderr)\n    return 2 * x"
SHARE = "def share():\n    return 1.5"
CELLS = [
    made("import math", "given"),
    made(f"### BEGIN SOLUTION\n{DOUBLE}\n### END SOLUTION", "double", "solution"),
    made("double(3)", "try", "open"),
    made("assert double(2) == 4, 'numbers'", "numbers", "test", 2),
    made("assert double('a') == 'aa', 'text'", "text", "test", 1),
    made(f"### BEGIN SOLUTION\n{SHARE}\n### END SOLUTION", "share", "solution"),
    made("share()", "value", "test", 2),
    made("Because.", "why", "written", 2),
]
CONFIG = "c = get_config()\nc.Execute.timeout = 2\n"
FULL = {"numbers": 2.0, "text": 1.0, "value": 1.5, "why": None}
NO_MARKS = dict.fromkeys(FULL)
Points = Mapping[str, float | None]


@dataclass(frozen=True)
class Case:
    """One submission: what is odd about it, and the marks that are not ``FULL``, theirs and ours.

    ``fails`` says that nbgrader stops at this submission with an error.
    """

    row: str
    edits: tuple[Edit, ...] = ()
    theirs: Points = field(default_factory=dict)
    ours: Points = field(default_factory=dict)
    reason: Reason | None = None
    flag: Kind | None = None
    status: Status = Status.GRADED
    fails: bool = False
    files: Callable[[Path], object] = lambda folder: None


def _share(expression: str) -> tuple[Edit, ...]:
    return (fill(share=f"import numpy as np\ndef share():\n    return {expression}"),)


def _without(name: str) -> Edit:
    def edit(notebook: NotebookNode) -> NotebookNode:
        notebook.cells.remove(cell(notebook, name))
        return notebook

    return edit


def twice(name: str) -> Edit:
    """An edit that hands in the cell ``name`` a second time, at the end."""

    def edit(notebook: NotebookNode) -> NotebookNode:
        copy = nbformat.from_dict(cell(notebook, name))
        copy.id = "again"
        notebook.cells.append(copy)
        return notebook

    return edit


def _skipped(notebook: NotebookNode) -> NotebookNode:
    for one in ("numbers", "text"):
        cell(notebook, one).metadata["tags"] = ["skip-execution"]
    return notebook


def _not_a_test(notebook: NotebookNode) -> NotebookNode:
    cell(notebook, "numbers").metadata.nbgrader.update(grade=False, locked=False)
    return notebook


def _first(name: str) -> Edit:
    def edit(notebook: NotebookNode) -> NotebookNode:
        one = cell(notebook, name)
        notebook.cells.remove(one)
        notebook.cells.insert(0, one)
        return notebook

    return edit


def _old_format(folder: Path) -> None:
    path = folder / "hw1.ipynb"
    old = nbformat.convert(nbformat.read(path, as_version=4), 3)
    path.write_text(nbformat.writes(old, version=3), encoding="utf-8")


NONE = {"numbers": 0.0, "text": 0.0}
NOTHING = dict.fromkeys(FULL, 0.0)
VALUE = "last value nan, negative or not a number of Python's own"
STDERR = "a warning on standard error in a test"
CASES = {
    "warns": Case(
        STDERR,
        (fill(double=WARNS),),
        theirs=NONE,
    ),
    "prints-to-stderr": Case(
        STDERR,
        (fill(double=PRINTS),),
        theirs=NONE,
    ),
    "dies": Case(
        "the kernel dies",
        (after("text", "import os\nos._exit(0)"),),
        theirs=NO_MARKS,
        ours={"value": 0.0},
        reason=Reason.CANDIDATE_LOST,
        fails=True,
    ),
    "skips": Case(
        "a tag `skip-execution` on a test",
        (fill(double="def double(x):\n    return 0"), _skipped),
        ours=NONE,
        reason=Reason.ASSERTION,
        flag=Kind.CHANGED_METADATA,
    ),
    "nan": Case(
        VALUE, _share("float('nan')"), {"value": 2.0}, {"value": 0.0}, reason=Reason.NOT_PLAIN
    ),
    "negative": Case(VALUE, _share("-1"), {"value": 2.0}, {"value": 0.0}, reason=Reason.NOT_PLAIN),
    "numpy": Case(
        VALUE, _share("np.float64(0.5)"), {"value": 2.0}, {"value": 0.0}, reason=Reason.NOT_PLAIN
    ),
    "list": Case(VALUE, _share("[0.5]"), {"value": 2.0}, {"value": 0.0}, reason=Reason.NOT_PLAIN),
    "false": Case(
        "last value `False`",
        _share("False"),
        {"value": 2.0},
        {"value": 0.0},
        reason=Reason.ASSERTION,
    ),
    "above": Case(
        "last value above the maximum",
        _share("2.5"),
        {"value": None},
        {"value": 0.0},
        reason=Reason.NOT_PLAIN,
        fails=True,
    ),
    "deleted": Case(
        "a test cell deleted",
        (_without("numbers"),),
        {"numbers": None},
        flag=Kind.MISSING_CELL,
    ),
    "relabelled": Case(
        "a test cell that no longer says it is one",
        (_not_a_test,),
        NO_MARKS,
        flag=Kind.CHANGED_METADATA,
        fails=True,
    ),
    "moved": Case(
        "a cell of the instructor's moved", (_first("text"),), {"text": 0.0}, flag=Kind.MOVED_CELL
    ),
    "unreadable": Case(
        "an unreadable notebook",
        theirs=NO_MARKS,
        ours=NOTHING,
        reason=Reason.NOT_RUN,
        status=Status.REJECTED,
        fails=True,
        files=lambda folder: (folder / "hw1.ipynb").write_text('{"cells": ['),
    ),
    "old-format": Case(
        "a notebook in format 3",
        ours=NOTHING,
        reason=Reason.NOT_RUN,
        status=Status.REJECTED,
        files=_old_format,
    ),
    "renamed": Case(
        "the notebook under another name",
        theirs=NO_MARKS,
        flag=Kind.RENAMED_NOTEBOOK,
        fails=True,
        files=lambda folder: (folder / "hw1.ipynb").rename(folder / "hw1 (1).ipynb"),
    ),
    "dates-itself": Case(
        "`timestamp.txt` among the student's files",
        files=lambda folder: (folder / "timestamp.txt").write_text("2015-02-02 15:58:23 UTC"),
    ),
    "exits": Case(
        "`exit()` in a cell",
        (after("double", "exit()", "import time\ntime.sleep(0.5)"),),
        theirs=NO_MARKS,
        fails=True,
    ),
    "brings-files": Case(
        "extra files beside the notebook",
        (fill(double="from mine import TWO\ndef double(x):\n    return TWO * x"),),
        ours=NONE,
        reason=Reason.EXCEPTION,
        flag=Kind.IGNORED_FILE,
        files=lambda folder: (folder / "mine.py").write_text("TWO = 2\n"),
    ),
    "slow": Case(
        "a cell slower than nbgrader's `Execute.timeout`",
        (fill(share="import time\ndef share():\n    time.sleep(3)\n    return 1.5"),),
        theirs={"value": 0.0},
    ),
    "floods": Case(
        "output above `output_kb`",
        (after("text", "for i in range(200_000):\n    print(i)"),),
        ours={"value": 0.0},
        reason=Reason.CANDIDATE_LOST,
    ),
}
TWICE = "a cell of the instructor's handed in twice"
