"""Attacks on the structure of a notebook, and on whoever takes the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell

from attacks.attack import About, Group, hostile, solved
from grader.results import Status
from grader.template import Template

REJECTED = {"status": Status.REJECTED}
Json = dict[str, Any]


def _edited(folder: Path, known: Template, expected: About, edit: Callable[[Json], object]) -> None:
    nb = json.loads(nbformat.writes(solved(known, expected.solves)))
    edit(nb)
    (folder / f"{known.name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")


def _replaced(folder: Path, known: Template, expected: About, old: str, new: str) -> None:
    text = nbformat.writes(solved(known, expected.solves))
    assert old in text
    (folder / f"{known.name}.ipynb").write_text(text.replace(old, new), encoding="utf-8")


@hostile(Group.CELLS, **REJECTED)
def keys_twice_in_a_cell(folder: Path, known: Template, expected: About) -> None:
    """A test cell says its name twice, the second time one that no test has."""
    _replaced(folder, known, expected, '"id": "words-hidden"', '"id": "words-hidden", "id": "x"')


@hostile(Group.CELLS, **REJECTED)
def texts_twice_in_a_cell(folder: Path, known: Template, expected: About) -> None:
    """Every test cell says its text twice, the second time one that passes."""
    nb = json.loads(nbformat.writes(solved(known, expected.solves)))
    for cell in nb["cells"]:
        if cell["id"].endswith(("-visible", "-hidden")):
            cell["SECOND"] = ["4"]
    text = json.dumps(nb).replace('"SECOND"', '"source"')
    (folder / f"{known.name}.ipynb").write_text(text, encoding="utf-8")


@hostile(Group.CELLS, solves=("predict",))
def numbers_that_are_none(folder: Path, known: Template, expected: About) -> None:
    """Points are NaN, Infinity and 1e99999, and a version has a thousand digits."""
    wild = '"points": -Infinity, "x": NaN, "y": 1e99999, "z": ' + "9" * 1000
    _replaced(folder, known, expected, '"points": 3', wild)


@hostile(Group.CELLS, solves=("predict",))
def format_without_ids(folder: Path, known: Template, expected: About) -> None:
    """The notebook claims format 4.0, and its cells have neither ids nor names."""

    def edit(nb: Json) -> None:
        nb["nbformat_minor"] = 0
        for cell in nb["cells"]:
            del cell["id"]

    _edited(folder, known, expected, edit)


@hostile(Group.CELLS, **REJECTED)
def format_three(folder: Path, known: Template, expected: About) -> None:
    """The notebook is of format 3, with worksheets, and a second one of format 4 inside."""

    def edit(nb: Json) -> None:
        cells = nb.pop("cells")
        nb.update(nbformat=3, worksheets=[{"cells": cells, "nbformat": 4}])

    _edited(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",))
def minor_versions(folder: Path, known: Template, expected: About) -> None:
    """The minor version is a text, and all that nbformat would convert is of other types."""

    def edit(nb: Json) -> None:
        nb["nbformat_minor"] = "9" * 50
        nb["metadata"] = {"kernelspec": None, "language_info": [], "orig_nbformat": {"x": 1}}
        for cell in nb["cells"]:
            cell["execution_count"] = {"a": [1]}
            cell["outputs"] = "none"

    _edited(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("extra_cells",))
def ids_of_the_tests(folder: Path, known: Template, expected: About) -> None:
    """Cells of the student's own bear the ids of tests, one id twice, or ids that are none."""
    nb = json.loads(nbformat.writes(solved(known, expected.solves)))
    own = [json.loads(json.dumps(new_code_cell("4"))) for _ in range(8)]
    ids = ["words-hidden", "words-hidden", "student-1", "student-2", 7, None, "x" * 65, "a/../b"]
    for cell, name in zip(own, ids, strict=True):
        cell["id"] = name
    nb["cells"] = [*own, *nb["cells"], *own]
    (folder / f"{known.name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")


@hostile(Group.CELLS, **REJECTED)
def text_of_numbers(folder: Path, known: Template, expected: About) -> None:
    """A cell's text is a list of lines, numbers and lists."""
    _edited(folder, known, expected, lambda nb: nb["cells"][4].update(source=["x", 1, ["y"], None]))


@hostile(Group.CELLS, **REJECTED)
def metadata_of_lists(folder: Path, known: Template, expected: About) -> None:
    """A cell's metadata is a list."""
    _edited(folder, known, expected, lambda nb: nb["cells"][4].update(metadata=[["nbgrader", {}]]))


@hostile(Group.CELLS, solves=("predict",), flags=("changed_metadata",))
def metadata_of_odd_types(folder: Path, known: Template, expected: About) -> None:
    """nbgrader's metadata are numbers, lists and deep objects, tags a number, names objects."""
    odd: tuple[object, ...] = (7, [], "x", {"grade_id": {}}, {"grade": [[]]}, {"points": {}}, None)

    def edit(nb: Json) -> None:
        tests = [cell for cell in nb["cells"] if "-hidden" in cell["id"]]
        for number, cell in enumerate(tests):
            cell["metadata"] = {"nbgrader": odd[number % 7], "tags": odd[number % 4], "jupyter": 1}

    _edited(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("changed_cell",))
def characters_unseen(folder: Path, known: Template, expected: About) -> None:
    """Texts hold null bytes, line separators, marks of direction and no-break spaces."""
    odd = "\0\x0b\x0c\x1c\x85\u2028\u2029\ufeff\u202e\u00a0\u200b\ufffe\U000e0001"

    def edit(nb: Json) -> None:
        for cell in nb["cells"]:
            if "predict" not in cell["id"]:
                cell["source"] = odd.join(["# x", "pass", *cell["source"][:3]])

    _edited(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("moved_cell",))
def cells_interleaved(folder: Path, known: Template, expected: About) -> None:
    """Every cell stands where it was not, text between, and the answers under the tests' names."""

    def edit(nb: Json) -> None:
        nb["cells"] = nb["cells"][::-1][::2] + nb["cells"][::2]

    _edited(folder, known, expected, edit)


@hostile(Group.ARRIVALS, solves=("predict",), flags=("refused_file",))
def files_too_large_together(folder: Path, known: Template, expected: About) -> None:
    """Each extra file is small enough, and together they are larger than the disk."""
    nbformat.write(solved(known, expected.solves), folder / f"{known.name}.ipynb")
    (folder / "data").mkdir()
    for number in range(40):
        (folder / f"data/{number}.csv").write_bytes(b"x" * 2**20)


@hostile(Group.ARRIVALS, solves=("predict",), keeps=())
def disk_full_of_files(folder: Path, known: Template, expected: About) -> None:
    """The extra files fill the disk to its last byte before anything runs."""
    nbformat.write(solved(known, expected.solves), folder / f"{known.name}.ipynb")
    (folder / "data").mkdir()
    for number in range(31):
        (folder / f"data/{number}.csv").write_bytes(b"x" * 2**20)
    for number in range(255):
        (folder / f"data/s{number}.csv").write_bytes(b"x" * 4111)


@hostile(Group.ARRIVALS, solves=("predict",))
def names_for_a_terminal(folder: Path, known: Template, expected: About) -> None:
    """Names of files hold escapes, marks of direction and formulas for whoever prints them."""
    nbformat.write(solved(known, expected.solves), folder / f"{known.name}.ipynb")
    for name in ("\x1b[2J\x1b]0;pwned\x07", "\u202efdp.exe", '=HYPERLINK("x")', "[red]x"):
        (folder / f"{name}.txt").write_text("x")
    (folder / "+cmd|' -C calc'!A0.csv").write_text("x")


@hostile(Group.ARRIVALS, solves=("predict",))
def modules_that_are_optional(folder: Path, known: Template, expected: About) -> None:
    """Modules lie beside the notebook that libraries import where they are installed."""
    nbformat.write(solved(known, expected.solves), folder / f"{known.name}.ipynb")
    for name in ("cupy", "jax", "tensorflow", "orjson", "debugpy", "rfc3987_syntax"):
        (folder / f"{name}.py").write_text("import os\nos._exit(0)\n")
