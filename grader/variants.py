"""Mutants and alternatives as files: what replaces which solution cell.

``mutants/<name>.toml``::

    about = "What the student got wrong, in a sentence."
    cell = "train-solution"            # the solution cell that is edited
    parts = ["train"]                  # the parts that must lose points
    [[edit]]
    find = 'text that stands once in the instructor's cell'
    replace = 'what stands there instead'

``alternatives/<name>.py``: a docstring, then ``# %% <grade_id>`` before the whole text of each
solution cell that differs from the reference.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from grader import template
from grader.errors import GraderError
from grader.template import Role, Template

_CELL = re.compile(r"^# %% (\S+)[^\n]*\n", re.MULTILINE)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Variant(_Strict):
    """A way to fill the solution cells: their text by grade_id, and the parts that must suffer."""

    name: str
    about: str
    cells: dict[str, str]
    parts: tuple[str, ...] = ()


class _Edit(_Strict):
    find: str
    replace: str


class _MutantFile(_Strict):
    about: str
    cell: str
    parts: tuple[str, ...]
    edit: tuple[_Edit, ...]


def mutants(folder: Path, known: list[Template]) -> list[Variant]:
    """Read ``folder``'s mutants against the instructor's notebooks ``known``, sorted by name."""
    solutions = _solutions(known)
    parts = {template.part(n) for t in known for c in t.graded.cells if (n := template.grade_id(c))}
    found = []
    for path in sorted((folder / "mutants").glob("*.toml")):
        try:
            row = _MutantFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (ValidationError, tomllib.TOMLDecodeError) as error:
            raise GraderError(f"{path}: {error}", "Mend the file.") from None
        if row.cell not in solutions:
            raise GraderError(
                f"{path}: there is no solution cell {row.cell!r}.",
                f"Solution cells: {', '.join(solutions)}.",
            )
        if not row.parts or not set(row.parts) <= parts:
            raise GraderError(f"{path}: parts = {list(row.parts)}", f"Parts: {sorted(parts)}.")
        text = solutions[row.cell]
        for edit in row.edit:
            if text.count(edit.find) != 1:
                raise GraderError(
                    f"{path}: {edit.find!r} stands {text.count(edit.find)} times in {row.cell}.",
                    "Give a text that stands there exactly once.",
                )
            text = text.replace(edit.find, edit.replace)
        found.append(
            Variant(name=path.stem, about=row.about, cells={row.cell: text}, parts=row.parts)
        )
    return found


def alternatives(folder: Path) -> list[Variant]:
    """Read ``folder``'s alternatives, sorted by name."""
    found = []
    for path in sorted((folder / "alternatives").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        pieces = _CELL.split(text)
        cells = dict(zip(pieces[1::2], (one.strip("\n") for one in pieces[2::2]), strict=True))
        about = ast.get_docstring(ast.parse(pieces[0]))
        if not about or not cells:
            raise GraderError(
                f"{path} needs a docstring and at least one '# %% <grade_id>' cell.",
                "See an alternative of hw1_tokenizer.",
            )
        found.append(Variant(name=path.stem, about=about, cells=cells))
    return found


def _solutions(known: list[Template]) -> dict[str, str]:
    return {
        name: cell.source
        for one in known
        for cell in one.source.cells
        if template.role(cell) is Role.SOLUTION and (name := template.grade_id(cell))
    }
