"""Small notebooks made of student's code and test cells."""

from __future__ import annotations

from collections.abc import Callable

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grader.examine.evidence import Examined

Run = Callable[..., Examined]
FORGE = """
from ipykernel.kernelapp import IPKernelApp
_kernel = IPKernelApp.instance().kernel
def forge(kind, content):
    session = _kernel.session
    session.send(_kernel.iopub_socket, kind, content, parent=_kernel.get_parent("shell"))
"""


def graded_cell(name: str, source: str, points: float = 2, **about: bool) -> NotebookNode:
    """A code cell with nbgrader's metadata; a test cell unless ``about`` says otherwise."""
    marks = {
        "grade_id": name,
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": points,
        "schema_version": 3,
    }
    return new_code_cell(source, metadata={"nbgrader": marks | about})


def small_notebook(*cells: str | tuple[str, str]) -> NotebookNode:
    """A notebook of student's code (plain text) and test cells (name and text)."""
    return new_notebook(
        cells=[
            new_code_cell(cell) if isinstance(cell, str) else graded_cell(*cell) for cell in cells
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
