"""The instructor's notebook as the grader needs it: what was handed out, with and without tests.

nbgrader's own preprocessors make both versions, in the order of its ``generate_assignment``, so
that what is graded is exactly what was released plus the hidden tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
)
from traitlets.config import Config

from grader.errors import GraderError


class Role(StrEnum):
    """What a cell of the instructor's notebook is for."""

    GIVEN = "given"  # the instructor's code or text, locked or not, worth nothing
    SOLUTION = "solution"  # the student's code
    TEST = "test"  # the instructor's, worth points
    WRITTEN = "written"  # the student's text or code, graded by a person
    TASK = "task"  # an nbgrader task: the student adds cells below it, a person grades


@dataclass(frozen=True)
class Template:
    """One notebook of an assignment, as handed out.

    ``source`` is the instructor's own text, solutions included; ``graded`` is the handed-out
    notebook with the hidden tests still in it; ``released`` is what students got. All three have
    the same cells in the same order.
    """

    name: str
    source: NotebookNode
    graded: NotebookNode
    released: NotebookNode

    @property
    def max_score(self) -> float:
        """Points that can be reached, manual ones included."""
        return sum(points(cell) for cell in self.graded.cells)

    def without(self, tag: str) -> Template:
        """The same notebook without the cells that carry ``tag``."""
        kept = [tag not in cell.metadata.get("tags", ()) for cell in self.source.cells]

        def cut(nb: NotebookNode) -> NotebookNode:
            out = nbformat.from_dict(nb)
            out.cells = [cell for cell, keep in zip(out.cells, kept, strict=True) if keep]
            return out

        return Template(self.name, cut(self.source), cut(self.graded), cut(self.released))


def load(path: Path, config: Config) -> Template:
    """Read the instructor's notebook at ``path``; raise :class:`GraderError` if it is unusable."""
    folder = path.resolve().parent
    try:
        config = _rooted(config, folder)
        written = nbformat.read(path, as_version=4)
        _check_language(written)
        source = _run((IncludeHeaderFooter, InstantiateTests), written, config, folder)
        student = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums)
        graded = _run(student, source, config, folder)
        bare = (ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata)
        released = _run(bare, graded, config, folder)
    except _OtherLanguageError as error:
        raise GraderError(f"{path} is in {error}.", "Only Python is graded here.") from None
    except Exception as error:  # nbformat and nbgrader raise whatever they like
        raise GraderError(
            f"{path} cannot be released: {error}", "Open it in JupyterLab and mend the cell named."
        ) from error
    return Template(path.stem, source, graded, released)


class _OtherLanguageError(Exception):
    """The name of a notebook's language that is not Python."""


def _check_language(nb: NotebookNode) -> None:
    kernel, info = nb.metadata.get("kernelspec", {}), nb.metadata.get("language_info", {})
    for language in (kernel.get("language"), info.get("name")):
        if language and str(language).casefold() != "python":
            raise _OtherLanguageError(language)


def _rooted(config: Config, folder: Path) -> Config:
    """``config`` with the paths that nbgrader reads relative to the course's root made absolute."""
    root = Path(CourseDirectory(config=config).root)
    out = Config()
    out.merge(config)
    around = IncludeHeaderFooter(config=config)
    if around.header:
        out.IncludeHeaderFooter.header = str(root / around.header)
    if around.footer:
        out.IncludeHeaderFooter.footer = str(root / around.footer)
    tests = InstantiateTests(config=config).autotest_filename
    if not (folder / tests).exists():
        out.InstantiateTests.autotest_filename = str(root / tests)
    return out


def _run(steps: tuple[type, ...], nb: NotebookNode, config: Config, folder: Path) -> NotebookNode:
    out = nbformat.from_dict(nb)
    resources: dict[str, object] = {"metadata": {"path": str(folder)}}
    for step in steps:
        out, resources = step(config=config).preprocess(out, resources)
    return out


def meta(cell: NotebookNode) -> NotebookNode:
    """nbgrader's metadata of ``cell``, empty where it has none."""
    return cell.metadata.get("nbgrader", NotebookNode())


def grade_id(cell: NotebookNode) -> str | None:
    """The name nbgrader knows ``cell`` by, if any."""
    value = meta(cell).get("grade_id")
    return value if isinstance(value, str) else None


def role(cell: NotebookNode) -> Role:
    """What ``cell``, from the instructor's notebook, is for."""
    about = meta(cell)
    if about.get("task"):
        return Role.TASK
    if about.get("solution"):
        return Role.WRITTEN if about.get("grade") else Role.SOLUTION
    return Role.TEST if about.get("grade") else Role.GIVEN


def points(cell: NotebookNode) -> float:
    """Points ``cell`` is worth; 0 for a cell that is not graded."""
    about = meta(cell)
    return float(about.get("points", 0)) if about.get("grade") or about.get("task") else 0.0


def part(name: str) -> str:
    """The part of a homework that the cell called ``name`` belongs to: the text up to a ``-``."""
    return name.split("-", 1)[0]
