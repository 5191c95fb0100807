"""The rules of the examination that can be read off an instructor's notebooks.

Each finding names a cell, what is wrong and what to do. In a course with a ``course.toml`` most
of them stop a release; for any other nbgrader course, whose notebooks were not written to these
rules, they are warnings.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from traitlets.config import Config

from grader import template
from grader.examine.plan import Plan, Where, beside, cell_name, make
from grader.examine.syntax import Code, parse
from grader.outline import Homework
from grader.release.rules import conventions, structure, testcode
from grader.release.rules.calls import dotted_imports
from grader.release.rules.finding import Finding, Problem, Severity
from grader.release.rules.structure import Marker
from grader.template import Role, Template

_WARNINGS = {"files", "repeats", "unlocked", "hidden-share", "rebound"}
_ALWAYS = {"cell-id", "unreadable"}  # without these a release cannot be made twice the same
_AMBIENT = frozenset(dir(builtins)) | {
    "get_ipython", "display", "In", "Out", "_", "__", "___", "_ih", "_oh", "_dh",
    "__name__", "__doc__", "__builtins__",
}  # fmt: skip


def findings(
    templates: Sequence[Template],
    paths: Sequence[Path],
    homework: Homework,
    config: Config,
    *,
    outline: bool,
) -> tuple[Finding, ...]:
    """Everything the rules find in a homework's notebooks, by notebook and cell.

    ``outline`` says that the course has a ``course.toml``: then most findings are errors.
    """
    out: list[Finding] = []
    for t, path in zip(templates, paths, strict=True):
        for one in structure.check(path, config):
            severity = Severity.ERROR if outline or one.rule in _ALWAYS else Severity.WARNING
            out.append(one.model_copy(update={"severity": severity}))
        whole = [("", problem) for problem in conventions.notebook(t)]
        for cell, problem in [*whole, *_Cells(t, homework, config).check()]:
            out.append(_finding(t.name, cell, problem, outline=outline))
    for problem in conventions.homework(templates, homework, config):
        out.append(_finding(homework.id, "", problem, outline=outline))
    return tuple(out)


def _finding(notebook: str, cell: str, problem: Problem, *, outline: bool) -> Finding:
    rule, message, remedy = problem
    stops = outline and rule not in _WARNINGS
    return Finding(
        notebook=notebook,
        cell=cell,
        severity=Severity.ERROR if stops else Severity.WARNING,
        rule=rule,
        message=message,
        remedy=remedy,
    )


@dataclass
class _Seen:
    """What the cells above have bound, in the examiner and elsewhere."""

    given: set[str] = field(default_factory=set)
    unlocked: dict[str, str] = field(default_factory=dict)  # name → the unlocked cell binding it
    tests: set[str] = field(default_factory=set)
    candidate: set[str] = field(default_factory=set)
    candidate_imports: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    star: bool = False


class _Cells:
    """Walks one notebook's cells in order and applies the rules to each."""

    def __init__(self, t: Template, homework: Homework, config: Config) -> None:
        self._t = t
        self._plan: Plan = make(t)
        self._where = {cell.index: cell.where for cell in self._plan.cells}
        self._files = frozenset(homework.files)
        self._config = config
        self._hidden = Marker.all(config)[1]
        self._functions, self._classes = _definitions(t, self._where)
        self._seen = _Seen()

    def check(self) -> Iterator[tuple[str, Problem]]:
        """The findings of the whole notebook."""
        for index, cell in enumerate(self._t.source.cells):
            name = cell_name(cell, index)
            found = list(conventions.cell(cell, self._config))
            if cell.cell_type == "code":
                found += self._code(index, cell)
            for problem in found:
                yield name, problem

    def _code(self, index: int, cell: NotebookNode) -> Iterator[Problem]:
        role = template.role(cell)
        try:
            code = parse(cell.source)
        except SyntaxError as error:
            yield "syntax", f"Not Python: {error.msg} (line {error.lineno}).", "Mend the cell."
            return
        seen = self._seen
        if role is Role.TEST:
            yield from self._names(code)
            yield from self._test(index, cell, code)
            seen.tests |= code.defined | code.imported
            seen.modules |= dotted_imports(code.tree)
            seen.star |= "*" in code.imported
        elif self._where[index] is Where.CANDIDATE:
            seen.candidate |= code.defined
            seen.candidate_imports |= code.imported - code.defined
            seen.given -= code.defined
        else:
            yield from self._given(code)
            bound = code.defined | code.imported
            if not template.meta(cell).get("locked"):
                seen.unlocked |= {name: cell_name(cell, index) for name in bound - seen.given}
            seen.given |= bound
            seen.modules |= dotted_imports(code.tree)
            seen.star |= "*" in code.imported
        for helper in beside(code):
            if testcode.returns_verdict(helper):
                yield (
                    "beside",
                    f"{helper.name} runs beside the student's code and returns a verdict.",
                    "Return what was measured, and judge it in the test.",
                )
            if names := testcode.borrowed(helper, code):
                yield (
                    "beside",
                    f"{helper.name} runs beside the student's code, where {', '.join(names)} of "
                    "the function around it does not exist.",
                    "Pass it as an argument, or import it in the helper.",
                )

    def _given(self, code: Code) -> Iterator[Problem]:
        seen = self._seen
        known = seen.given | seen.candidate | seen.candidate_imports | _AMBIENT
        for name in sorted((code.reads & seen.tests) - known):
            yield (
                "given-uses-test",
                f"{name!r} is bound only by a test cell, which the student's kernel never runs.",
                "Bind it in a given cell.",
            )

    def _names(self, code: Code) -> Iterator[Problem]:
        seen = self._seen
        known = seen.given | seen.tests | seen.candidate | _AMBIENT
        for name in sorted(code.reads - known):
            if name in seen.candidate_imports:
                yield (
                    "solution-import",
                    f"{name!r} is bound only by an import in a cell that is the student's or runs "
                    "beside the student's code.",
                    "Import it in a given cell or in this test.",
                )
            elif not seen.star:
                yield (
                    "unknown-name",
                    f"{name!r} is bound by no given cell, solution cell or import above.",
                    "Bind it in a given cell or in this test.",
                )
        for name in sorted(code.reads & seen.unlocked.keys() - seen.tests - seen.candidate):
            yield (
                "unlocked",
                f"{name!r} comes from the cell {seen.unlocked[name]}, which students may change.",
                "Make that cell read-only (locked) in nbgrader's Create Assignment panel.",
            )
        for name in sorted(code.defined & seen.candidate):
            yield (
                "rebound",
                f"{name!r} is the student's; what this test binds to it is gone in the next test.",
                "Use another name in the test.",
            )

    def _test(self, index: int, cell: NotebookNode, code: Code) -> Iterator[Problem]:
        seen = self._seen
        known = testcode.Known(
            functions=frozenset(self._functions & seen.candidate),
            classes=frozenset(self._classes & seen.candidate),
            student=frozenset(seen.candidate),
            modules={n: m for n, m in seen.modules.items() if n not in seen.candidate},
            files=self._files,
        )
        yield from testcode.check(code, known)
        if self._hidden.begin not in cell.source:
            return
        shown = self._t.released.cells[index].source.strip()
        if not re.match(r"#+\s*\w", shown):
            yield (
                "description",
                "Students see no line that says what the hidden tests are about.",
                "Begin the cell with a comment of one line, above the hidden tests.",
            )
        inside, outside = _sides(code, self._hidden)
        for text in testcode.without_message(inside):
            yield (
                "message",
                f"`{text}` fails without a word, and the student is shown nothing else.",
                "Add a message that says what went wrong.",
            )
        visible = {ast.dump(n.test) for n in outside if isinstance(n, ast.Assert)}
        for node in inside:
            if isinstance(node, ast.Assert) and ast.dump(node.test) in visible:
                yield (
                    "repeats",
                    f"`assert {ast.unparse(node.test)}` is hidden and visible too.",
                    "Hide a case that students do not see.",
                )


def _definitions(t: Template, where: dict[int, Where]) -> tuple[set[str], set[str]]:
    """The candidate's names that are surely functions, and those that are surely classes."""
    functions: set[str] = set()
    classes: set[str] = set()
    other: set[str] = set()
    for index, place in where.items():
        if place is not Where.CANDIDATE:
            continue
        code = parse(t.source.cells[index].source)
        here = {n.name for n in code.tree.body if isinstance(n, ast.FunctionDef)}
        built = {n.name for n in code.tree.body if isinstance(n, ast.ClassDef)}
        functions |= here
        classes |= built
        other |= code.defined - here - built
    return functions - classes - other, classes - functions - other


def _sides(code: Code, marker: Marker) -> tuple[list[ast.AST], list[ast.AST]]:
    """The nodes of a test cell inside the hidden regions, and those outside, by line."""
    hidden: set[int] = set()
    on = False
    for number, line in enumerate(code.text.split("\n"), start=1):
        if marker.begin in line:
            on = True
        elif marker.end in line:
            on = False
        elif on:
            hidden.add(number)
    nodes = [n for n in ast.walk(code.tree) if isinstance(n, ast.stmt)]
    nodes.sort(key=lambda n: n.lineno)
    return [n for n in nodes if n.lineno in hidden], [n for n in nodes if n.lineno not in hidden]
