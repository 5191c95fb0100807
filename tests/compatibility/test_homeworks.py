"""Our homeworks: the reference, the alternatives, mutants and partial work get nbgrader's marks.

On every push that is a class of eight, of homework 1. The nightly tests have all homeworks, with
all alternatives and mutants, and the experiments, which train.
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

REFERENCE = Variant(name="reference", about="", cells={})
CHOSEN = {  # mutants, and what they get wrong
    "hw1_tokenizer": {
        "bootstrap-unseeded": "randomness",
        "decode-strict": "errors",
        "save-loads-lists": "types",
    },
    "hw6_reward_ppo": {
        "gae-subtracts-in-place": "an argument is changed",
        "reward-detached": "a gradient",
        "groups-nan-at-ties": "nan",
    },
}
# Wrong answers that warn on standard error, for which nbgrader takes a cell's points and we do not
# (docs/grading.md).
WARNS = {"step-old-attached"}
PARTIAL = ("every-other-part", "solutions-deleted")
ONE, *OTHERS = CHOSEN
PUSHED = [ONE, *(pytest.param(name, marks=pytest.mark.nightly) for name in OTHERS)]


def variants(homework: str) -> Path:
    """Where the homework's alternatives and mutants are."""
    return ROOT / "tests" / "submissions" / homework


def build(work: Path, homework: str, *, experiment: bool) -> tuple[Path, Template]:
    """A released course with ``homework`` alone, and its notebook."""
    root = work / "course"
    lay_out(root, homework, experiment=experiment)
    release(root, homework)
    course = Course.load(root)
    [one] = versions.templates(course, course.homework(homework))
    return root, one


def wrong(homework: str, one: Template) -> list[Variant]:
    """The mutants of the cells that ``one``, which may lack the experiment, has."""
    whole = Course.load(ROOT)
    known = versions.templates(whole, whole.homework(homework))
    cells = {template.grade_id(cell) for cell in one.source.cells}
    return [v for v in mutants(variants(homework), known) if cells.issuperset(v.cells)]


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


@pytest.fixture(scope="module", params=PUSHED)
def course(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SideBySide:
    hw: str = request.param
    work = tmp_path_factory.mktemp("class")
    root, one = build(work, hw, experiment=False)
    chosen = [variant for variant in wrong(hw, one) if variant.name in CHOSEN[hw]]
    for variant in (REFERENCE, *alternatives(variants(hw))[:1], *chosen):
        submit(root, variant.name, hw, notebook(one, variant), hw)
    for kind in PARTIAL:
        submit(root, kind, hw, partial(kind, one), hw)
    submit(root, "untouched", hw, one.released, hw)
    return SideBySide(root, hw, work)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_cell_has_nbgraders_mark(course: SideBySide, isolation: str) -> None:
    assert course.nbgrader.status == 0, course.nbgrader.said
    assert course.grader(isolation).marks == course.nbgrader.marks


def test_the_class_is_one_that_tells_right_from_wrong(course: SideBySide) -> None:
    marks = {name: one.score for name, one in course.nbgrader.marks.items()}
    right = {"reference", alternatives(variants(course.assignment))[0].name}
    best = marks["reference"]
    assert {name for name, score in marks.items() if score == best} == right
    assert {*CHOSEN[course.assignment], *PARTIAL} <= set(marks)
    assert marks["untouched"] == 0
    assert len({marks[kind] for kind in PARTIAL}) == len(PARTIAL)


@pytest.mark.nightly
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_variant_has_nbgraders_mark(every_variant: SideBySide, isolation: str) -> None:
    ours, theirs = every_variant.grader(isolation).marks, every_variant.nbgrader.marks
    assert ours.keys() == theirs.keys()
    for name in ours:
        if name in WARNS:
            assert ours[name].score > theirs[name].score
        else:
            assert ours[name] == theirs[name], name


@pytest.fixture(scope="module", params=CHOSEN)
def every_variant(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> SideBySide:
    hw: str = request.param
    work = tmp_path_factory.mktemp("variants")
    root, one = build(work, hw, experiment=False)
    for variant in (*alternatives(variants(hw)), *wrong(hw, one)):
        submit(root, variant.name, hw, notebook(one, variant), hw)
    return SideBySide(root, hw, work)


@pytest.mark.nightly
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_experiment_has_nbgraders_mark(with_experiment: SideBySide, isolation: str) -> None:
    ours = with_experiment.grader(isolation).marks
    assert ours == with_experiment.nbgrader.marks
    assert ours["reference"].score == 100 - 12  # the written answer waits for a person


@pytest.fixture(scope="module", params=CHOSEN)
def with_experiment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> SideBySide:
    hw: str = request.param
    work = tmp_path_factory.mktemp("experiment")
    root, one = build(work, hw, experiment=True)
    for variant in [REFERENCE, *alternatives(variants(hw))[:1]]:
        submit(root, variant.name, hw, notebook(one, variant), hw)
    submit(root, "untouched", hw, one.released, hw)
    return SideBySide(root, hw, work)
