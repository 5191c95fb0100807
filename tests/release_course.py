"""A small course with a ``course.toml``, written cell by cell, for the tests of release."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.course import Course
from grader.gradebook import opened

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
CONFIG = """
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "homework"
"""
SOLUTION = """def add(a, b):
    \"\"\"Return the sum of two numbers.\"\"\"
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION"""
TEST = """# Sums, small and large.
assert add(1, 2) == 3, "1 + 2"
### BEGIN HIDDEN TESTS
assert add(-4, 10**9) == 999_999_996, "negative and large numbers are added too"
### END HIDDEN TESTS"""


def cell(
    source: str, name: str, role: str = "given", points: float = 0, **more: Any
) -> NotebookNode:
    """A code cell; ``role`` is given, open (not locked), solution, test, written or prose."""
    build = new_markdown_cell if role in ("written", "prose") else new_code_cell
    made = build(source)
    made["id"] = name
    if role not in ("open", "prose"):
        made.metadata["nbgrader"] = {
            "grade": role in ("test", "written"),
            "solution": role in ("solution", "written"),
            "locked": role in ("given", "test"),
            "task": False,
            "schema_version": 3,
            "grade_id": name,
        }
        if role in ("test", "written"):
            made.metadata["nbgrader"]["points"] = points
    made.metadata.update(more)
    return made


def honest() -> list[NotebookNode]:
    """Cells that break no rule."""
    return [
        cell("Add two numbers.", "add-text", "prose"),
        cell("import math", "add-given"),
        cell(SOLUTION, "add-solution", "solution"),
        cell(TEST, "add-test", "test", 8),
        cell("Why?", "add-why", "written", 2),
    ]


def notebook(cells: list[NotebookNode]) -> NotebookNode:
    """A notebook of ``cells`` with this course's kernel."""
    return new_notebook(cells=cells, metadata={"kernelspec": dict(KERNEL)})


def course(
    root: Path,
    cells: list[NotebookNode] | None = None,
    *,
    row: str = "points = 10",
    outline: bool = True,
    config: str = CONFIG,
    gradebook: bool = True,
) -> Course:
    """Write a course with the homework ``hw1`` and load it. ``row`` are lines of its table.

    It gets an empty ``gradebook`` unless told otherwise; making one takes nbgrader seconds.
    """
    folder = root / "solutions" / "hw1"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(honest() if cells is None else cells), folder / "hw1.ipynb")
    (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    if outline:
        text = f'title = "Small"\n[[homework]]\nid = "hw1"\n{row}\n'
        (root / "course.toml").write_text(text, encoding="utf-8")
    if gradebook and not (root / "gradebook.db").exists():
        (root / "gradebook.db").write_bytes(empty_gradebook())
    return Course.load(root)


@cache
def empty_gradebook() -> bytes:
    """What a gradebook with nothing in it holds; made once in a process."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with opened(course(root, gradebook=False)):
            pass
        return (root / "gradebook.db").read_bytes()
