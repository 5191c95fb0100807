"""Homework 1's notebook: what it promises about its points, and that its tests judge fairly.

`grader verify` runs all mutants and alternatives through the grader. Here the cells are executed
as they stand, in seconds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import symtable
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode

import plain_cells
from grader import versions
from grader.course import Course
from grader.template import Role, Template, grade_id, part, points, role
from grader.variants import mutants
from plain_cells import failing

ROOT = Path(__file__).resolve().parents[2]
SUBMISSIONS = ROOT / "tests" / "submissions" / "hw1_tokenizer"


@pytest.fixture(scope="module")
def homework() -> Template:
    course = Course.load(ROOT)
    return versions.load(course.notebooks(course.homework("hw1_tokenizer"))[0], course.config)


def graded(cells: list[NotebookNode]) -> list[NotebookNode]:
    return [cell for cell in cells if points(cell)]


def texts(one: Template, *, solved: bool) -> list[plain_cells.Cell]:
    """The code but the experiment; solutions are the reference's or the stubs."""
    short = one.without("experiment")
    return [
        (str(grade_id(cell)), role(cell) is Role.TEST, (source if solved else cell).source)
        for cell, source in zip(short.graded.cells, short.source.cells, strict=True)
        if cell.cell_type == "code"
    ]


def test_the_table_of_parts_states_the_points_of_the_cells(homework: Template) -> None:
    table = re.findall(
        r"^\| \d+ `(\w+)` .* (\d+) \|$", homework.source.cells[0].source, re.MULTILINE
    )
    worth: dict[str, float] = {}
    for cell in graded(homework.graded.cells):
        name = part(str(grade_id(cell)))
        worth[name] = worth.get(name, 0) + points(cell)
    assert {name: float(number) for name, number in table} == worth
    assert sum(worth.values()) == 100


def test_every_test_says_its_points_in_its_first_line_and_hidden_ones_no_more(
    homework: Template,
) -> None:
    for cell in graded(homework.released.cells):
        if role(cell) is not Role.TEST:
            continue
        first, *rest = cell.source.split("\n")
        kind = "Hidden" if "-hidden-" in str(grade_id(cell)) else "Visible"
        unit = "point" if points(cell) == 1 else "points"
        assert first.startswith(f"# {kind} test ({points(cell):g} {unit}): "), grade_id(cell)
        assert bool(rest) == (kind == "Visible"), f"{grade_id(cell)} shows more than its rule"


def test_a_test_draws_from_the_seed_of_its_own_cell(homework: Template) -> None:
    for cell in graded(homework.graded.cells):
        for name in re.findall(r"rng\(\"(.*?)\"\)", cell.source):
            assert name == grade_id(cell)


def test_the_untouched_release_fails_every_test(homework: Template) -> None:
    tests = {
        str(grade_id(cell))
        for cell in graded(homework.without("experiment").graded.cells)
        if role(cell) is Role.TEST
    }
    assert failing(texts(homework, solved=False)) == tests


def bound(source: str) -> set[str]:
    """The names that a cell binds at its top level."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}


def test_cells_after_a_solution_bind_no_name_that_a_student_may_give_a_helper(
    homework: Template,
) -> None:
    """Such a name would replace the helper, and the function that calls it would break later."""
    cells = [cell for cell in homework.graded.cells if cell.cell_type == "code"]
    first = next(i for i, cell in enumerate(cells) if role(cell) is Role.SOLUTION)
    given: set[str] = set()
    for cell in cells[first:]:
        if role(cell) is Role.TEST:
            assert all(name.startswith("test_") for name in bound(cell.source)), grade_id(cell)
        elif role(cell) is Role.GIVEN:
            given |= bound(cell.source)
    assert given == {
        *("Tokenizer", "try_tokenizer_on_two_sentences", "VOCAB_SIZE", "SPECIALS"),
        *("load_experiment_documents", "describe_experiment_documents"),
        *("train_documents", "test_documents"),
        *("train_library_tokenizer", "library", "library_tokens"),
        *("print_experiment_numbers", "parities_with_intervals", "plot_experiment_numbers"),
    }


@pytest.mark.parametrize("key", ["public", "one", "two", "three"])
def test_the_reference_passes_whatever_the_key_of_the_seeds(
    homework: Template, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_TEST_KEY", key)
    assert failing(texts(homework, solved=True)) == set()


def test_a_tie_broken_by_the_hash_seed_is_caught_under_any_hash_seed(homework: Template) -> None:
    """Bytes hash differently in each process, so the mutant is run in two."""
    mutant = next(m for m in mutants(SUBMISSIONS, [homework]) if m.name == "train-tie-hash-order")
    cells = [
        (name, is_test, mutant.cells.get(name, text))
        for name, is_test, text in texts(homework, solved=True)
    ]
    last = max(index for index, (name, _, _) in enumerate(cells) if part(name) == "train")
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, plain_cells.__file__],
            input=json.dumps(cells[: last + 1]),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "train-hidden-ties" in done.stdout.split()
        assert "train-hidden-weights" not in done.stdout.split()
