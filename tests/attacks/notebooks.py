"""Attacks on the notebook itself: its cells, their names and their metadata."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.utils import compute_checksum

from attacks.attack import About, Group, find, hostile, solved
from grader import template
from grader.template import Role, Template


def _write(
    folder: Path, known: Template, expected: About, edit: Callable[[NotebookNode], object]
) -> None:
    nb = solved(known, expected.solves)
    edit(nb)
    (folder / f"{known.name}.ipynb").write_text(nbformat.writes(nb), encoding="utf-8")


def _tests(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if template.role(cell) is Role.TEST]


@hostile(Group.CELLS, solves=("predict",), flags=("changed_cell",))
def tests_edited(folder: Path, known: Template, expected: About) -> None:
    """Every test cell's text is replaced by one that passes."""

    def edit(nb: NotebookNode) -> None:
        for cell in _tests(nb):
            cell.source = "pass"

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("missing_cell",))
def tests_deleted(folder: Path, known: Template, expected: About) -> None:
    """Every test cell is deleted."""

    def edit(nb: NotebookNode) -> None:
        nb.cells = [cell for cell in nb.cells if template.role(cell) is not Role.TEST]

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("duplicate_cell",))
def tests_duplicated(folder: Path, known: Template, expected: About) -> None:
    """Before every test cell stands another one of its name, which passes."""

    def edit(nb: NotebookNode) -> None:
        for cell in _tests(nb):
            twin = nbformat.from_dict(cell)
            twin.update(source="4", id=f"twin-{cell.id}")
            nb.cells.insert(nb.cells.index(cell), twin)

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("changed_metadata",))
def tests_tagged(folder: Path, known: Template, expected: About) -> None:
    """Test cells carry the tags by which runners skip cells or forgive errors."""

    def edit(nb: NotebookNode) -> None:
        for cell in _tests(nb):
            cell.metadata.tags = ["skip-execution", "raises-exception", "remove-cell", "parameters"]
            cell.metadata.papermill = {"status": "completed"}

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("retyped_cell",))
def tests_retyped(folder: Path, known: Template, expected: About) -> None:
    """Test cells are made Markdown, and raw."""

    def edit(nb: NotebookNode) -> None:
        for index, cell in enumerate(_tests(nb)):
            cell.cell_type = "raw" if index % 2 else "markdown"
            for key in ("outputs", "execution_count"):
                cell.pop(key, None)

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("moved_cell",))
def cells_reordered(folder: Path, known: Template, expected: About) -> None:
    """All cells stand in reverse order, so that tests run before anything is defined."""
    _write(folder, known, expected, lambda nb: nb.cells.reverse())


@hostile(Group.CELLS, solves=("predict",), flags=("changed_metadata",))
def metadata_forged(folder: Path, known: Template, expected: About) -> None:
    """nbgrader's metadata make tests worth nothing, solutions everything, and no cell locked."""

    def edit(nb: NotebookNode) -> None:
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader")
            if about is None:
                continue
            solution = template.role(cell) is Role.SOLUTION
            about.update(grade=solution, solution=True, locked=False, points=1000, task=False)

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("changed_metadata",))
def points_raised(folder: Path, known: Template, expected: About) -> None:
    """Points are a thousand, negative, not a number, and text; the schema is of another version."""

    def edit(nb: NotebookNode) -> None:
        points = [1000, -1000, float("nan"), "many", 1e308, None, [], True]
        for cell, value in zip(_tests(nb), points, strict=True):
            cell.metadata.nbgrader.update(points=value, schema_version=99)

    nb = solved(known, expected.solves)
    edit(nb)
    import json  # nbformat refuses some of this

    (folder / f"{known.name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")


@hostile(Group.CELLS, solves=("predict",), flags=("changed_cell",))
def checksums_forged(folder: Path, known: Template, expected: About) -> None:
    """Test cells are edited, and their checksums computed anew, as nbgrader would."""

    def edit(nb: NotebookNode) -> None:
        for cell in _tests(nb):
            cell.source = cell.source.split("\n")[0]
            cell.metadata.nbgrader.checksum = compute_checksum(cell)

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("words",), keeps=())
def names_swapped(folder: Path, known: Template, expected: About) -> None:
    """The names of tests are swapped, so that what passes counts for what does not."""

    def edit(nb: NotebookNode) -> None:
        easy, hard = find(nb, "words-hidden"), find(nb, "predict-hidden")
        easy.metadata, hard.metadata = hard.metadata, easy.metadata
        easy.id, hard.id = hard.id, easy.id
        first, last = find(nb, "ask-solution"), find(nb, "words-solution")
        first.metadata, last.metadata = last.metadata, first.metadata

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("unknown_cell", "extra_cells"))
def tests_added(folder: Path, known: Template, expected: About) -> None:
    """Tests of the student's own are added, worth a thousand points, some with the real names."""

    def edit(nb: NotebookNode) -> None:
        for name in ("bonus-hidden", "words-hidden-2", "../words-hidden", "WORDS-HIDDEN"):
            cell = nbformat.from_dict(find(nb, "words-hidden"))
            cell.update(source="1000", id=f"added-{len(nb.cells)}")
            cell.metadata.nbgrader.update(grade_id=name, points=1000)
            nb.cells.append(cell)

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",))
def outputs_forged(folder: Path, known: Template, expected: About) -> None:
    """Test cells come with outputs, execution counts and timings of a run in which all passed."""

    def edit(nb: NotebookNode) -> None:
        for count, cell in enumerate(_tests(nb), start=1):
            value = {"text/plain": "4", "text/html": "<script>alert(1)</script>"}
            cell.outputs = [new_output("execute_result", value, execution_count=count)]
            cell.execution_count = count
            cell.metadata.execution = {"shell.execute_reply": "2026-01-01T00:00:00Z"}
            cell.metadata.grader = {"given": True, "points": 4}

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",))
def kernel_forged(folder: Path, known: Template, expected: About) -> None:
    """The notebook asks for another kernel, other parameters and another way to be run."""

    def edit(nb: NotebookNode) -> None:
        nb.metadata.kernelspec = {
            "name": "../../evil",
            "display_name": "<script>alert(1)</script>",
            "argv": ["/bin/sh", "-c", "touch __BAIT__/pwned"],
            "language": "bash",
        }
        nb.metadata.language_info = {"name": "bash", "file_extension": ".sh"}
        nb.metadata.papermill = {"parameters": {"points": 30}, "output_path": "__BAIT__/pwned"}
        nb.metadata.nbgrader = {"points": 1000}
        nb.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"x": 1}}}

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("missing_cell",))
def names_removed(folder: Path, known: Template, expected: About) -> None:
    """The metadata and ids of all test cells are gone, and their text runs as the student's own."""

    def edit(nb: NotebookNode) -> None:
        for number, cell in enumerate(_tests(nb)):
            cell.metadata = {}
            cell.id = f"mine-{number}"
            cell.source = f"# {number}"

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("changed_cell",))
def given_cells_edited(folder: Path, known: Template, expected: About) -> None:
    """The given cells are the student's: the class lies, and a given function returns anything."""

    def edit(nb: NotebookNode) -> None:
        yes = "type('Yes', (str,), {'__eq__': lambda *_: True, '__hash__': str.__hash__})"
        find(nb, "setup-given").source = (
            f"Yes = {yes}\nclass Box:\n    def __init__(self, *_):\n        self.name = Yes()\n"
            "    def area(self):\n        return Yes()\n"
        )
        find(nb, "boxes-given").source = "def largest_names(boxes, count):\n    return Yes()"
        find(nb, "boxes-solution").source = "def largest(boxes, count):\n    return boxes[:count]"

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), flags=("extra_cells",))
def tests_between(folder: Path, known: Template, expected: About) -> None:
    """Before each test an extra cell redefines what it tests, after it another hides the traces."""

    def edit(nb: NotebookNode) -> None:
        for cell in _tests(nb):
            if not cell.metadata.nbgrader.grade_id.startswith("predict"):
                at = nb.cells.index(cell)
                bind = "count_words = largest = ask = softmax = entropy = lambda *_: {}"
                nb.cells.insert(at, new_code_cell(bind))
                nb.cells.insert(at + 2, new_code_cell("%reset_selective -f ^ask$"))
                nb.cells.insert(at, new_markdown_cell("### BEGIN HIDDEN TESTS"))

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",))
def markers_forged(folder: Path, known: Template, expected: About) -> None:
    """Solutions hold nbgrader's own markers, to make it cut what stands around them."""

    def edit(nb: NotebookNode) -> None:
        find(nb, "words-solution").source = (
            "### END HIDDEN TESTS\n### BEGIN SOLUTION\n### END SOLUTION\n"
            "### HASHED AUTOTEST\n### AUTOTEST count_words('a')\n"
            "def count_words(text):\n    return {}\n### BEGIN HIDDEN TESTS"
        )
        find(nb, "why-written").source = "=== BEGIN MARK SCHEME ===\n2 points\n"

    _write(folder, known, expected, edit)


@hostile(Group.EXCEPTIONS, solves=("predict",))
def no_python(folder: Path, known: Template, expected: About) -> None:
    """Solution cells are no Python: unbalanced, with null bytes, or in another language."""

    def edit(nb: NotebookNode) -> None:
        find(nb, "words-solution").source = "def count_words(text):\n    return {"
        find(nb, "boxes-solution").source = "def largest(\0):\n\tpass\n        pass"
        find(nb, "ask-solution").source = "%%javascript\nalert(1)"
        find(nb, "save-solution").source = "(" * 300 + ")" * 300

    _write(folder, known, expected, edit)


@hostile(Group.CELLS, solves=("predict",), keeps=())
def huge_cells(folder: Path, known: Template, expected: About) -> None:
    """Three hundred extra cells, and one with a line of nearly a million characters."""

    def edit(nb: NotebookNode) -> None:
        find(nb, "words-solution").source = "x = '" + "x" * 900_000 + "'"
        nb.cells += [new_code_cell("pass") for _ in range(300)]

    _write(folder, known, expected, edit)
