"""Which code cell runs where in the two-kernel examination, read off the syntax trees.

The *candidate* runs the student's text and the given cells; the *examiner* runs the given cells
and the tests. A name that the instructor's solution cells bind by ``def``, ``class`` or
assignment is the student's: in the examiner it refers to the candidate. A given cell that uses
such a name, directly or through another such cell, runs only in the candidate, and what it binds
refers to the candidate too. A given cell that only the student needs, one that loads a model for
example, says so in its metadata::

    "coursekit": {"runs": "candidate"}
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nbformat import NotebookNode

from grader import template
from grader.examine.syntax import Code, parse
from grader.template import Role, Template

MARK = "coursekit"
CANDIDATE_ONLY = {"runs": "candidate"}


class Where(StrEnum):
    """The kernel or kernels in which a cell runs."""

    BOTH = "both"
    CANDIDATE = "candidate"
    EXAMINER = "examiner"


@dataclass(frozen=True)
class CellPlan:
    """Where one code cell runs.

    ``uses`` are the candidate's names it reads, also through functions of earlier test cells.
    """

    index: int  # position in the notebook, from 0
    cell: str
    role: Role
    where: Where
    why: str
    binds: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # helpers that must run next to the student's code


@dataclass(frozen=True)
class Plan:
    """Where every code cell of one notebook runs.

    ``student`` are the names bound by the instructor's solution cells, ``references`` those bound
    by given cells that run only in the candidate; never imports. In the examiner both refer to
    the candidate.
    """

    notebook: str
    cells: tuple[CellPlan, ...]
    student: tuple[str, ...]
    references: tuple[str, ...]

    @property
    def candidate_names(self) -> frozenset[str]:
        """Every name that refers to the candidate in the examiner."""
        return frozenset(self.student) | frozenset(self.references)


def cell_name(cell: NotebookNode, index: int) -> str:
    """What a person calls ``cell``: its grade_id, else its id, else its position from 1."""
    return template.grade_id(cell) or cell.get("id") or f"cell {index + 1}"


def parsed(t: Template) -> dict[int, Code]:
    """The code cells of the instructor's notebook by position; those that are no Python left out.

    The source with the solutions is read, since it says what a solved notebook binds.
    """
    out = {}
    for index, cell in enumerate(t.source.cells):
        if cell.cell_type == "code":
            try:
                out[index] = parse(cell.source)
            except SyntaxError:
                continue
    return out


def make(t: Template) -> Plan:
    """Decide for each code cell of ``t`` where it runs."""
    codes = parsed(t)
    roles = {index: template.role(t.source.cells[index]) for index in codes}
    student = frozenset(
        name
        for index, code in codes.items()
        if roles[index] in (Role.SOLUTION, Role.WRITTEN)
        for name in code.defined
    )
    only = _candidate_only(t, codes, roles, student)
    references = frozenset(name for index in only for name in codes[index].defined)
    cells = []
    helpers: dict[str, frozenset[str]] = {}  # what a test cell binds → what that cell reads
    for index, code in codes.items():
        where, why = _where(roles[index], only.get(index))
        uses = _with_helpers(code.reads, helpers) & (student | references)
        if where is Where.EXAMINER:
            helpers |= dict.fromkeys(code.defined, code.reads)
        cells.append(
            CellPlan(
                index=index,
                cell=cell_name(t.source.cells[index], index),
                role=roles[index],
                where=where,
                why=why,
                binds=tuple(sorted(code.defined)),
                uses=tuple(sorted(uses)) if where is not Where.BOTH else (),
                beside=tuple(node.name for node in beside(code)),
            )
        )
    return Plan(t.name, tuple(cells), tuple(sorted(student)), tuple(sorted(references - student)))


def _with_helpers(reads: frozenset[str], helpers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """``reads`` and what the helpers among them read, and so on."""
    found: set[str] = set()
    waiting = set(reads)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= helpers.get(name, frozenset()) - found
    return frozenset(found)


def beside(code: Code) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a cell that are decorated with ``coursekit``'s ``beside``."""
    return [
        node
        for node in ast.walk(code.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(_last_name(d) == "beside" for d in node.decorator_list)
    ]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _candidate_only(
    t: Template, codes: Mapping[int, Code], roles: Mapping[int, Role], student: frozenset[str]
) -> dict[int, str]:
    """The given cells that run only in the candidate, each with the reason.

    Names have an owner in the order of the notebook: what a given cell binds anew is given from
    there on. A name nobody has bound yet belongs to whoever binds it later, since a function's
    body may use it then. Repeated until nothing changes, because a given function can use
    another one that is defined below it.
    """
    only: dict[int, str] = {}
    while True:
        theirs = student | {name for index in only for name in codes[index].defined}
        given: set[str] = set()
        before = len(only)
        for index, code in codes.items():
            if roles[index] in (Role.SOLUTION, Role.WRITTEN) or index in only:
                given -= code.defined
                continue
            if roles[index] is not Role.GIVEN:
                continue
            used = sorted((code.reads & theirs) - given)
            if t.source.cells[index].metadata.get(MARK) == CANDIDATE_ONLY:
                only[index] = "marked for the candidate"
            elif used:
                only[index] = f"uses {', '.join(used)}"
            else:
                given |= code.defined | code.imported
        if len(only) == before:
            return only


def _where(role: Role, only: str | None) -> tuple[Where, str]:
    match role:
        case Role.TEST:
            return Where.EXAMINER, "test"
        case Role.GIVEN:
            return (Where.CANDIDATE, only) if only else (Where.BOTH, "given")
        case _:
            return Where.CANDIDATE, "the student's"
