"""How this course names and weighs its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode
from traitlets.config import Config

from grader import template
from grader.outline import Homework
from grader.release.rules.finding import Problem
from grader.release.rules.structure import Marker
from grader.template import Role, Template

HIDDEN_SHARE = 0.6  # of the points, to be given by cells with hidden tests

_GRADE_ID = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.-]+")


def cell(cell: NotebookNode, config: Config) -> Iterator[Problem]:
    """The problems of one cell's name, points and markers."""
    yield from _grade_id(cell)
    yield from _stub(cell, Marker.all(config)[0])
    yield from _worth(cell)


def notebook(t: Template) -> Iterator[Problem]:
    """The problems of a notebook's own metadata."""
    kernel = t.source.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield (
            "kernelspec",
            f"The notebook's kernel is {kernel!r}.",
            "Choose 'Python 3 (ipykernel)' (python3) in JupyterLab and save.",
        )


def homework(templates: Sequence[Template], row: Homework, config: Config) -> Iterator[Problem]:
    """The problems of a homework's points over all its notebooks."""
    total = sum(t.max_score for t in templates)
    if row.points is not None and abs(total - row.points) > 1e-9:
        yield (
            "total",
            f"The cells are worth {total:g} points, course.toml says {row.points:g}.",
            "Change the points of a cell, or `points` in course.toml.",
        )
    marker = Marker.all(config)[1]
    hidden = sum(
        template.points(cell)
        for t in templates
        for cell in t.graded.cells
        if template.role(cell) is Role.TEST and marker.begin in cell.source
    )
    if row.points is not None and total and hidden < HIDDEN_SHARE * total:
        yield (
            "hidden-share",
            f"Cells with hidden tests give {hidden:g} of {total:g} points, less than "
            f"{HIDDEN_SHARE:.0%}.",
            "Hide more of the tests: what students can see, they can fit.",
        )
    cells = [cell for t in templates for cell in t.graded.cells]
    tests = {template.grade_id(cell) for cell in cells if template.role(cell) is Role.TEST}
    for name in sorted(row.hash_seeds.keys() - tests):
        yield (
            "hash-seeds",
            f"hash_seeds in course.toml names {name!r}, and no test has that grade_id.",
            "Mend the name, or take it out.",
        )


def _grade_id(cell: NotebookNode) -> Iterator[Problem]:
    name = template.grade_id(cell)
    if name and template.role(cell) is not Role.GIVEN and not _GRADE_ID.fullmatch(name):
        yield (
            "grade-id",
            f"The grade_id {name!r} does not say which part it belongs to.",
            "Name it <part>-<what>, for example encode-roundtrip.",
        )


def _stub(cell: NotebookNode, marker: Marker) -> Iterator[Problem]:
    marked = marker.begin in cell.source
    if template.role(cell) is Role.SOLUTION and cell.cell_type == "code" and not marked:
        yield (
            "no-markers",
            "The solution cell has no marked solution, so students get an empty stub.",
            f"Put '### {marker.begin}' and '### {marker.end}' around it.",
        )


def _worth(cell: NotebookNode) -> Iterator[Problem]:
    if template.role(cell) is Role.TEST and template.points(cell) <= 0:
        yield (
            "points",
            "The test cell is worth no points.",
            "Give it points, or make it a given cell.",
        )
