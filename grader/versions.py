"""Both versions of an instructor's notebook, made as nbgrader makes them.

nbgrader's own preprocessors do it, in the order of its ``generate_assignment``, so that what is
graded is exactly what was released plus the hidden tests.
"""

from __future__ import annotations

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

from grader.course import Course
from grader.errors import GraderError
from grader.outline import Homework
from grader.template import Template


def templates(course: Course, homework: Homework) -> list[Template]:
    """The notebooks of ``homework``; raise :class:`GraderError` if one is unusable."""
    return [load(path, course.config) for path in course.notebooks(homework)]


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
