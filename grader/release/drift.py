"""Where a release folder is not what the instructor's notebooks would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict

from grader.examine.plan import cell_name

_CHECKPOINTS = ".ipynb_checkpoints"


class Drift(BaseModel):
    """One difference. ``cell`` is a grade_id, a cell id or a position; empty for a whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    cell: str = ""
    what: str


def present(folder: Path) -> list[str]:
    """Every file below ``folder``, relative to it, with ``/``; none where it does not exist."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def compare(
    folder: Path, files: Mapping[str, bytes], notebooks: Mapping[str, NotebookNode]
) -> Iterator[Drift]:
    """Compare ``folder`` with the ``files`` of a fresh release, notebooks cell by cell.

    ``notebooks`` are the notebooks among ``files``, by the same names. What JupyterLab keeps
    beside a notebook that was opened is no drift.
    """
    there = [name for name in present(folder) if _CHECKPOINTS not in name.split("/")]
    for name in there:
        if name not in files:
            yield Drift(file=name, what="not part of the release")
    for name, content in files.items():
        if name not in there:
            yield Drift(file=name, what="missing")
        elif (actual := (folder / name).read_bytes()) != content:
            if name in notebooks:
                yield from _cells(name, actual, notebooks[name])
            else:
                yield Drift(file=name, what="different content")


def _cells(name: str, content: bytes, expected: NotebookNode) -> Iterator[Drift]:
    try:
        actual = nbformat.reads(content.decode(), as_version=4)
        before = {cell_name(cell, i): cell for i, cell in enumerate(actual.cells)}
    except Exception as error:  # nbformat raises whatever it likes
        yield Drift(file=name, what=f"not a readable notebook: {error}")
        return
    after = {cell_name(cell, i): cell for i, cell in enumerate(expected.cells)}
    found = False
    for cell in [*after, *(c for c in before if c not in after)]:
        if cell not in before:
            what = "missing"
        elif cell not in after:
            what = "not in the instructor's notebook"
        elif before[cell].source != after[cell].source:
            what = "different text"
        elif before[cell] != after[cell]:
            what = "different metadata or outputs"
        else:
            continue
        found = True
        yield Drift(file=name, cell=cell, what=what)
    if not found and list(before) != list(after):
        yield Drift(file=name, what="cells in another order")
    elif not found:
        yield Drift(file=name, what="different metadata or layout of the file")
