"""What a student can do to a notebook, and what is graded then."""

from __future__ import annotations

import base64
from typing import Any

import nbformat
import pytest
from nbgrader.utils import determine_grade

import intake_course as little
from grader.intake.flags import Kind
from grader.intake.rebuild import keeps_own_text
from grader.results import Flag
from grader.template import Template
from intake_course import graded


def kinds(flags: tuple[Flag, ...]) -> set[str]:
    return {flag.kind for flag in flags}


def sources(nb: Any) -> list[str]:
    return [cell.source for cell in nb.cells]


def untouched(template: Template) -> Any:
    """A copy of the handed-out notebook with hidden tests and mark schemes in locked cells."""
    nb = nbformat.from_dict(template.graded)
    for index, cell in enumerate(nb.cells):
        if keeps_own_text(cell):
            nb.cells[index] = nbformat.from_dict(template.released.cells[index])
    return nb


# An honest student


@pytest.mark.parametrize("which", ["template", "nameless"])
def test_an_untouched_notebook_becomes_the_handed_out_one_with_hidden_tests(
    which: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(which)
    made, flags = graded(template, template.released)
    assert made == untouched(template)
    assert little.HIDDEN in little.cell(made, "double-test").source
    assert flags == ()


@pytest.mark.parametrize("which", ["template", "nameless"])
def test_answers_stay_where_they_were_and_nothing_else_changes(
    which: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(which)
    nb, wanted = little.released(template), untouched(template)
    answers = {3: "def double(x):\n    return x + x", 5: "double(8)", 6: "Because.", 1: "import re"}
    for index, text in answers.items():
        nb.cells[index].source = wanted.cells[index].source = text
    made, flags = graded(template, nb)
    assert made == wanted
    assert flags == ()


def test_outputs_and_counts_are_dropped_whatever_they_are(template: Template) -> None:
    nb = little.released(template)
    nb.cells[1].outputs = [{"output_type": "error", "evil": "<script>"}, 7]
    nb.cells[1].execution_count = "many"
    assert graded(template, nb)[0] == untouched(template)


def test_own_cells_stay_in_place_with_empty_metadata(template: Template) -> None:
    nb = little.released(template)
    own = nbformat.v4.new_code_cell("%%bash\nls", metadata={"tags": ["skip-execution"], "x": 1})
    nb.cells.insert(4, own)
    nb.cells.append(nbformat.v4.new_markdown_cell("A drawing."))
    made, flags = graded(template, nb)
    assert made.cells[4].source == "%%bash\nls"
    assert made.cells[-1].source == "A drawing."
    assert made.cells[4].metadata == {} and made.cells[-1].metadata == {}
    assert [made.cells[4].id, made.cells[-1].id] == ["student-1", "student-2"]
    assert kinds(flags) == {Kind.EXTRA_CELLS}


def test_both_halves_of_a_split_solution_cell_run_in_order(template: Template) -> None:
    """JupyterLab gives both halves the cell's metadata."""
    nb = little.released(template)
    nb.cells[3].source = "from math import copysign"
    second = nbformat.from_dict(nb.cells[3])
    second.update(source="def double(x):\n    return 2 * x", id="fresh")
    nb.cells.insert(4, second)
    made, flags = graded(template, nb)
    assert sources(made)[3:5] == ["from math import copysign", "def double(x):\n    return 2 * x"]
    assert made.cells[4].metadata == {}
    assert kinds(flags) == {Kind.DUPLICATE_CELL}


def test_an_image_in_an_answer_is_kept_and_anything_else_attached_is_not(
    template: Template,
) -> None:
    nb = little.released(template)
    image = base64.b64encode(b"\x89PNG").decode()
    why = little.cell(nb, "why")
    why.attachments = {
        "a.png": {"image/png": image},
        "b.svg": {"image/svg+xml": base64.b64encode(b"<svg onload='x()'/>").decode()},
        "c.png": {"image/png": "not base64!"},
    }
    made, flags = graded(template, nb)
    assert little.cell(made, "why").attachments == {"a.png": {"image/png": image}}
    assert kinds(flags) == {Kind.DROPPED_ATTACHMENT}


def test_a_notebook_without_cell_ids_takes_an_image_and_stays_valid(nameless: Template) -> None:
    nb = little.released(nameless)
    nb.cells[6].attachments = {"a.png": {"image/png": "iVBO"}}
    assert "attachments" in graded(nameless, nb)[0].cells[6]


def test_an_untouched_answer_still_gets_nbgraders_automatic_zero(template: Template) -> None:
    nb = little.released(template)
    made, _ = graded(template, nb)
    assert determine_grade(little.cell(made, "why")) == (0, 3)
    little.cell(nb, "why").source = "Because."
    made, _ = graded(template, nb)
    assert determine_grade(little.cell(made, "why")) == (None, 3)


def test_a_notebook_saved_anew_in_a_later_format_still_matches(nameless: Template) -> None:
    nb = little.released(nameless)
    for number, cell in enumerate(nb.cells):
        cell["id"] = f"random{number}"
    nb.nbformat_minor = 5
    nb.cells[1].source = "import cmath"
    made, flags = graded(nameless, nb)
    assert (sources(made)[1], len(made.cells), flags) == ("import cmath", len(nb.cells), ())


# What a cheat or an accident does


def test_a_changed_test_is_the_instructors_again(template: Template) -> None:
    nb = little.released(template)
    little.cell(nb, "double-test").source = "assert True"
    made, flags = graded(template, nb)
    assert made == untouched(template)
    assert kinds(flags) == {Kind.CHANGED_CELL}


def test_a_skip_tag_and_changed_points_are_removed(template: Template) -> None:
    nb = little.released(template)
    about = little.cell(nb, "double-test").metadata
    about.tags = ["skip-execution"]
    about.nbgrader.points = 1000
    made, flags = graded(template, nb)
    assert made == untouched(template)
    assert [flag.kind for flag in flags] == [Kind.CHANGED_METADATA]
    assert "points" in flags[0].detail and "skip-execution" in flags[0].detail


def test_the_second_test_of_a_name_never_runs(template: Template) -> None:
    nb = little.released(template)
    copy = nbformat.from_dict(little.cell(nb, "double-test"))
    forged = nbformat.from_dict(copy)
    copy["id"], forged["id"] = "copy", "forged"
    forged.source = "2  # ```` points"
    nb.cells += [copy, forged]
    made, flags = graded(template, nb)
    assert made.cells[:-1] == untouched(template).cells
    assert made.cells[-1].cell_type == "markdown"
    assert "`````\n2  # ```` points\n`````" in made.cells[-1].source
    assert [flag.kind for flag in flags] == [Kind.DUPLICATE_CELL] * 2


def test_an_invented_graded_cell_is_an_ordinary_cell(template: Template) -> None:
    nb = little.released(template)
    forged = nbformat.from_dict(little.cell(nb, "double-test"))
    forged.metadata.nbgrader.grade_id = "bonus"
    forged.update(id="bonus", source="99")
    nb.cells.append(forged)
    made, flags = graded(template, nb)
    assert made.cells[-1].metadata == {}
    assert kinds(flags) == {Kind.UNKNOWN_CELL, Kind.EXTRA_CELLS}


def test_removed_cells_are_put_back_in_their_places(template: Template) -> None:
    nb = little.released(template)
    nb.cells = [nb.cells[0], nb.cells[5]]
    made, flags = graded(template, nb)
    assert made == untouched(template)
    assert [flag.kind for flag in flags] == [Kind.MISSING_CELL] * 7


def test_a_cell_written_in_a_removed_ones_stead_runs_between_stub_and_test(
    template: Template,
) -> None:
    nb = little.released(template)
    nb.cells[3] = nbformat.v4.new_code_cell("double = lambda x: 2 * x")
    del nb.cells[4]
    made, _ = graded(template, nb)
    assert [cell.id for cell in made.cells[3:6]] == ["double", "student-1", "double-test"]


def test_cells_in_another_order_return_to_the_instructors(template: Template) -> None:
    nb = little.released(template)
    nb.cells.append(nb.cells.pop(1))
    nb.cells.append(nbformat.v4.new_code_cell("own"))
    made, flags = graded(template, nb)
    assert made.cells[:-1] == untouched(template).cells
    assert made.cells[-1].source == "own"
    assert [flag.kind for flag in flags] == [Kind.MOVED_CELL, Kind.EXTRA_CELLS]


def test_a_retyped_cell_gets_its_type_back_with_the_students_text(template: Template) -> None:
    nb = little.released(template)
    nb.cells[3] = nbformat.v4.new_markdown_cell("def double(x): ...", id="double")
    nb.cells[4] = nbformat.v4.new_raw_cell("", id="double-test")
    made, flags = graded(template, nb)
    assert (made.cells[3].cell_type, made.cells[3].source) == ("code", "def double(x): ...")
    assert made.cells[4] == template.graded.cells[4]
    assert Kind.RETYPED_CELL in kinds(flags)


def test_names_that_were_stripped_are_found_by_cell_id_and_by_text(template: Template) -> None:
    nb = little.released(template)
    for cell in nb.cells:
        cell.metadata = {}
        if cell.id != "double":
            cell["id"] = f"x-{cell.id}"
    little.cell(nb, "double").source = "double = 1"
    made, _ = graded(template, nb)
    assert little.cell(made, "double").source == "double = 1"
    assert len(made.cells) == len(template.graded.cells)
