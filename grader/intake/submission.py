"""What intake hands on: a submission that was checked, or why it was rejected."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode

from grader.results import Flag


class Rejected(Exception):
    """The submission cannot be graded; the message tells the student why and what to do."""


@dataclass(frozen=True)
class Rebuilt:
    """A notebook to execute, with a flag for every change against what was handed in.

    ``origins`` holds, for each of its cells, the index of the instructor's cell that it is, or
    None for a cell of the student's own.
    """

    notebook: NotebookNode
    origins: tuple[int | None, ...]
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Submission:
    """One student's work, rebuilt on the instructor's notebook and safe to execute in a kernel.

    ``notebooks`` maps a notebook's name to the rebuilt notebook: the instructor's cells with
    hidden tests and the instructor's metadata, the student's text in solution, written, unlocked
    and extra cells. A notebook that was not handed in is in ``missing`` instead. ``files`` names
    the extra files that the homework allows, below the folder that was handed in.
    """

    notebooks: dict[str, Rebuilt]
    missing: tuple[str, ...]
    files: tuple[str, ...]
    flags: tuple[Flag, ...]
