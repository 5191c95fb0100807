"""The little homework on which the tests of intake work, with and without cell ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from traitlets.config import Config

from grader import template, versions
from grader.intake.collect import Collected
from grader.intake.parse import parse
from grader.intake.rebuild import rebuild
from grader.intake.receive import receive
from grader.intake.submission import Submission
from grader.outline import Homework
from grader.results import Flag
from grader.template import Template

HW = Homework(id="hw", files=("*.csv", "data/*.txt", "*.py", "*.json"))

HIDDEN = "assert double(21) == 42, 'double(21) is 42'"


def _mark(cell: Any, name: str, **values: object) -> Any:
    about = {"grade": False, "solution": False, "locked": False, "schema_version": 3}
    cell.metadata["nbgrader"] = {**about, "grade_id": name, **values}
    return cell


def instructors_notebook() -> Any:
    """Given, solution, test, read-only, written, task and scratch cells, with readable ids."""
    cells = [
        new_markdown_cell("# Double", id="intro"),
        new_code_cell("import math", id="imports"),
        _mark(new_code_cell("LIMIT = 3", id="limit"), "limit", locked=True),
        _mark(
            new_code_cell(
                "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
                id="double",
            ),
            "double",
            solution=True,
        ),
        _mark(
            new_code_cell(
                f"assert double(1) == 2\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS",
                id="double-test",
            ),
            "double-test",
            grade=True,
            points=2,
        ),
        new_code_cell("double(4)", id="try"),
        _mark(
            new_markdown_cell(
                "Because it is linear.",
                id="why",
            ),
            "why",
            grade=True,
            solution=True,
            points=3,
        ),
        _mark(
            new_markdown_cell(
                "Draw it below.\n=== BEGIN MARK SCHEME ===\na line\n=== END MARK SCHEME ===",
                id="draw",
            ),
            "draw",
            task=True,
            points=1,
        ),
        _mark(
            new_code_cell("assert LIMIT == 3", id="limit-test"), "limit-test", grade=True, points=1
        ),
    ]
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


def without_ids(nb: Any) -> Any:
    """The same notebook in format 4.0, which has no cell ids."""
    nb.nbformat_minor = 0
    for cell in nb.cells:
        del cell["id"]
    return nb


def load(folder: Path, *, ids: bool = True, name: str = "hw") -> Template:
    """The template of the little homework, with ``folder`` for the instructor's file."""
    nb = instructors_notebook()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(nb if ids else without_ids(nb), path)
    return versions.load(path, Config())


def released(made: Template) -> Any:
    """A copy of what students got, to be changed."""
    return nbformat.from_dict(made.released)


def cell(nb: Any, name: str) -> Any:
    """The cell with grade_id or id ``name``."""
    return next(c for c in nb.cells if name in (template.grade_id(c), c.get("id")))


def hand_in(folder: Path, made: Template, name: str = "hw.ipynb") -> Path:
    """Put what students got into ``folder`` as it is."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made.released, path)
    return path


def got(folder: Path, made: Template, **options: Any) -> Submission:
    """What is received of ``folder``."""
    return receive(folder, {"hw": made}, options.pop("homework", HW), **options)


def graded(made: Template, nb: Any) -> tuple[Any, tuple[Flag, ...]]:
    """What is graded where ``nb`` was handed in: a valid notebook, and its flags."""
    rebuilt = rebuild(made, parse(json.dumps(nb).encode(), "hw.ipynb"))
    nbformat.validate(rebuilt.notebook)
    MetadataValidator().validate_nb(rebuilt.notebook)
    return rebuilt.notebook, rebuilt.flags


def kinds(one: Collected | Submission) -> list[str]:
    """The kinds of its flags."""
    return [flag.kind for flag in one.flags]
