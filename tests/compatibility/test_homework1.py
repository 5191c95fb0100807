"""Homework 1: the reference, the alternatives, mutants and partial work get nbgrader's marks.

On every push that is a class of eight. The nightly tests have all alternatives and mutants, and the
experiment, which trains tokenizers.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode

from compatibility.side_by_side import ISOLATIONS, SideBySide, edited, fill, release, submit
from grader import template, versions
from grader.course import Course
from grader.template import Role, Template
from grader.variants import Variant, alternatives, mutants
from grader.verify import notebook
from one_homework import ROOT, lay_out

HW = "hw1_tokenizer"
VARIANTS = ROOT / "tests" / "submissions" / HW
REFERENCE = Variant(name="reference", about="", cells={})
CHOSEN = {"bootstrap-unseeded", "decode-strict", "save-loads-lists"}  # randomness, errors, types
PARTIAL = ("every-other-part", "solutions-deleted")


def build(work: Path, *, experiment: bool) -> tuple[Path, Template]:
    """A released course with homework 1 alone, and its notebook."""
    root = work / "course"
    lay_out(root, HW, experiment=experiment)
    release(root, HW)
    course = Course.load(root)
    return root, versions.load(course.notebooks(course.homework(HW))[0], course.config)


def partial(kind: str, one: Template) -> NotebookNode:
    """Work that is not finished, as ``kind`` says."""
    stubs = {template.grade_id(cell): cell.source for cell in one.released.cells}
    names = [
        name
        for cell in one.source.cells
        if template.role(cell) is Role.SOLUTION and (name := template.grade_id(cell))
    ]
    if kind == "solutions-deleted":
        texts = dict.fromkeys(names[2:4], "")
    else:
        texts = {name: stubs[name] for name in names[1::2]}
    return edited(notebook(one, REFERENCE), fill(**texts))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("homework1")
    root, one = build(work, experiment=False)
    variants = [REFERENCE, *alternatives(VARIANTS)[:1]]
    variants += [variant for variant in mutants(VARIANTS, [one]) if variant.name in CHOSEN]
    for variant in variants:
        submit(root, variant.name, HW, notebook(one, variant), HW)
    for kind in PARTIAL:
        submit(root, kind, HW, partial(kind, one), HW)
    submit(root, "untouched", HW, one.released, HW)
    return SideBySide(root, HW, work)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_cell_has_nbgraders_mark(course: SideBySide, isolation: str) -> None:
    assert course.nbgrader.status == 0, course.nbgrader.said
    assert course.grader(isolation).marks == course.nbgrader.marks


def test_the_class_is_one_that_tells_right_from_wrong(course: SideBySide) -> None:
    marks = {name: one.score for name, one in course.nbgrader.marks.items()}
    right = {"reference", alternatives(VARIANTS)[0].name}
    best = marks["reference"]
    assert {name for name, score in marks.items() if score == best} == right
    assert CHOSEN | set(PARTIAL) <= set(marks)
    assert marks["untouched"] == 0
    assert len({marks[kind] for kind in PARTIAL}) == len(PARTIAL)


@pytest.mark.nightly
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_variant_has_nbgraders_mark(every_variant: SideBySide, isolation: str) -> None:
    assert every_variant.grader(isolation).marks == every_variant.nbgrader.marks


@pytest.fixture(scope="module")
def every_variant(tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("variants")
    root, one = build(work, experiment=False)
    for variant in (*alternatives(VARIANTS), *mutants(VARIANTS, [one])):
        submit(root, variant.name, HW, notebook(one, variant), HW)
    return SideBySide(root, HW, work)


@pytest.mark.nightly
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_experiment_has_nbgraders_mark(with_experiment: SideBySide, isolation: str) -> None:
    ours = with_experiment.grader(isolation).marks
    assert ours == with_experiment.nbgrader.marks
    assert ours["reference"].score == 100 - 12  # the written answer waits for a person


@pytest.fixture(scope="module")
def with_experiment(tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    work = tmp_path_factory.mktemp("experiment")
    root, one = build(work, experiment=True)
    for variant in [REFERENCE, *alternatives(VARIANTS)[:1]]:
        submit(root, variant.name, HW, notebook(one, variant), HW)
    submit(root, "untouched", HW, one.released, HW)
    return SideBySide(root, HW, work)
