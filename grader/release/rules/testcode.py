"""What a test cell's syntax tree says about the rules of the two-kernel examination.

Only what can be known from the tree is reported: a name is taken for the student's class, or for
an instance of one, where nothing in the cell binds it otherwise.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.examine.syntax import Code
from grader.release.rules import reach
from grader.release.rules.calls import Calls, short, stores
from grader.release.rules.finding import Problem
from grader.release.rules.origins import Origins

_RUN = ("eval", "exec", "compile")
_PLAIN_WAY = "Ask the student's object for plain data (a number, a string, a list) and test that."


@dataclass(frozen=True)
class Known:
    """What is known of the names that a test cell may use, at its place in the notebook."""

    functions: frozenset[str]  # the candidate's, bound by def only
    classes: frozenset[str]  # the candidate's, bound by class only
    student: frozenset[str]  # every name that refers to the candidate
    modules: dict[str, str]  # name → what the examiner's imports bind it to, dotted
    files: frozenset[str]  # files handed out with the homework


def check(code: Code, known: Known) -> list[Problem]:
    """The problems of one test cell, in the order of its lines."""
    return _Checker(code, known).run()


class _Checker:
    def __init__(self, code: Code, known: Known) -> None:
        self._tree = code.tree
        self._known = known
        self._stores = stores(code.tree)
        self._calls = Calls(code.tree, known.modules)
        self._student = known.student - self._stores.keys()
        self._functions = known.functions - self._stores.keys()
        self._classes = known.classes - self._stores.keys()
        self._instances = {n for n, v in self._stores.items() if v and all(map(self._makes, v))}
        self._results = {
            name
            for name, values in self._stores.items()
            if values and all(v is not None and self._theirs(v) for v in values)
        }
        self._origins = Origins(code.tree, self._student, self._calls)

    def run(self) -> list[Problem]:
        nodes = [n for n in ast.walk(self._tree) if isinstance(n, ast.stmt | ast.expr)]
        nodes.sort(key=lambda n: (n.lineno, n.col_offset))
        found = [problem for node in nodes for problem in self._node(node)]
        found += reach.check(self._tree, self._calls, self._known.files)
        return list(dict.fromkeys(found))

    # --- what an expression is ---------------------------------------------------------------

    def _makes(self, value: ast.expr | None) -> bool:
        """Whether ``value`` is a direct call of a student's class."""
        return (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in self._classes
        )

    def _instance(self, node: ast.expr) -> bool:
        return self._makes(node) or (isinstance(node, ast.Name) and node.id in self._instances)

    def _reference(self, node: ast.expr) -> bool:
        """Whether ``node`` is surely a reference: a class, function or instance of the student."""
        if isinstance(node, ast.Name) and node.id in self._classes | self._functions:
            return True
        return self._instance(node)

    def _theirs(self, node: ast.expr) -> bool:
        """Whether ``node`` is the student's, or comes out of calling or asking it."""
        while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and (
            node.id in self._student or node.id in self._instances
        )

    def _tainted(self, node: ast.AST) -> bool:
        return any(
            isinstance(n, ast.Name) and n.id in self._student | self._instances | self._results
            for n in ast.walk(node)
        )

    # --- the rules ----------------------------------------------------------------------------

    def _node(self, node: ast.AST) -> Iterator[Problem]:
        match node:
            case ast.Assert():
                yield from self._assert(node)
            case ast.Attribute(attr=attr, ctx=ast.Load()) if attr.startswith("_"):
                yield from self._private(node)
            case ast.Compare():
                yield from self._compare(node)
            case ast.BoolOp(values=values):
                yield from self._truth(*values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self._truth(operand)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                yield from self._truth(test)
            case ast.BinOp(left=left, right=right):
                yield from self._arithmetic(left, right)
            case ast.UnaryOp(operand=operand):
                yield from self._arithmetic(operand)
            case ast.Dict(keys=keys):
                yield from self._hashed(*(k for k in keys if k is not None))
            case ast.Set(elts=elements):
                yield from self._hashed(*elements)
            case ast.Call():
                yield from self._call(node)

    def _assert(self, node: ast.Assert) -> Iterator[Problem]:
        if isinstance(node.test, ast.Tuple):
            yield (
                "assert-tuple",
                f"`{short(node)}` asserts a tuple, which is always true.",
                "Write one assert for each condition.",
            )
        if isinstance(node.msg, ast.Compare | ast.BoolOp | ast.List | ast.Tuple) or (
            isinstance(node.msg, ast.Constant) and not isinstance(node.msg.value, str)
        ):
            yield (
                "assert-tuple",
                f"`{short(node)}`: what follows the comma is the message and is not tested.",
                "Write an assert of its own for it.",
            )
        yield from self._truth(node.test)

    def _private(self, node: ast.Attribute) -> Iterator[Problem]:
        base = node.value
        magic = node.attr.startswith("__") and node.attr.endswith("__")
        if self._reference(base) or (
            not magic
            and (self._theirs(base) or (isinstance(base, ast.Name) and base.id in self._results))
        ):
            yield (
                "private",
                f"`{short(node)}`: a name that begins with an underscore is not reached in the "
                "student's objects.",
                "Test what the homework's text promises: public names and results.",
            )

    def _compare(self, node: ast.Compare) -> Iterator[Problem]:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, node.comparators, strict=False):
            if isinstance(op, ast.Is | ast.IsNot):
                continue
            if self._reference(left) or self._reference(right):
                yield (
                    "not-plain",
                    f"`{short(node)}` compares a student's class, function or instance.",
                    _PLAIN_WAY,
                )

    def _truth(self, *nodes: ast.expr) -> Iterator[Problem]:
        for node in nodes:
            if self._reference(node):
                yield (
                    "not-plain",
                    f"`{short(node)}` is a student's class, function or instance: it has no truth "
                    "value.",
                    _PLAIN_WAY,
                )

    def _arithmetic(self, *nodes: ast.expr) -> Iterator[Problem]:
        for node in nodes:
            if self._reference(node):
                yield (
                    "not-plain",
                    f"`{short(node)}` is a student's object in arithmetic.",
                    _PLAIN_WAY,
                )

    def _hashed(self, *nodes: ast.expr) -> Iterator[Problem]:
        for node in nodes:
            if self._reference(node):
                yield "not-plain", f"`{short(node)}` is a student's object: no hash.", _PLAIN_WAY

    def _call(self, node: ast.Call) -> Iterator[Problem]:
        name = self._calls.name(node)
        if name in ("isinstance", "issubclass") and len(node.args) == 2:
            of = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            if any(map(self._reference, [node.args[0], *of])):
                yield "not-plain", f"`{short(node)}` asks for a student's type.", _PLAIN_WAY
        elif name in ("bool", "hash") and node.args:
            yield from self._truth(node.args[0])
        elif name in ("map", "filter") and node.args and self._runs_student(node.args[0]):
            yield (
                "lazy-check",
                f"`{short(node)}`: a StopIteration that the student raises ends it early, and "
                "what is left goes unchecked.",
                "Use a comprehension or a loop.",
            )
        elif name.removeprefix("builtins.") in _RUN and self._origins.student(node):
            yield "unsafe-data", f"`{short(node)}` runs what the student returned.", _PLAIN_WAY

    def _runs_student(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Lambda):
            return self._tainted(node.body)
        if isinstance(node, ast.Name):
            own = [
                n
                for n in ast.walk(self._tree)
                if isinstance(n, ast.FunctionDef) and n.name == node.id
            ]
            if own:
                return any(self._tainted(n) for n in own)
        return self._theirs(node)


def without_message(nodes: Iterable[ast.AST]) -> list[str]:
    """Those of ``nodes`` that fail a test without a word."""
    out = []
    for node in nodes:
        if isinstance(node, ast.Assert) and node.msg is None:
            out.append(short(node))
        elif isinstance(node, ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            silent = not isinstance(node.exc, ast.Call) or not node.exc.args
            if isinstance(raised, ast.Name) and raised.id == "AssertionError" and silent:
                out.append(short(node))
    return out


def borrowed(helper: ast.FunctionDef | ast.AsyncFunctionDef, code: Code) -> tuple[str, ...]:
    """The names that ``helper`` takes from the function around it, and so cannot take along."""
    tables = [symtable.symtable(code.text, "<cell>", "exec")]
    for table in tables:
        tables += table.get_children()
        here = (table.get_name(), table.get_lineno()) == (helper.name, helper.lineno)
        if here and isinstance(table, symtable.Function):
            return tuple(sorted(table.get_frees()))
    return ()


def returns_verdict(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a ``beside`` helper returns a bool, by its annotation or by a return statement."""
    if isinstance(node.returns, ast.Name) and node.returns.id == "bool":
        return True
    return any(_is_bool(n.value) for n in ast.walk(node) if isinstance(n, ast.Return))


def _is_bool(value: ast.expr | None) -> bool:
    match value:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Constant(value=constant):
            return isinstance(constant, bool)
        case ast.BoolOp(values=values):
            return all(map(_is_bool, values))
        case ast.IfExp(body=body, orelse=orelse):
            return _is_bool(body) or _is_bool(orelse)
        case ast.Call(func=ast.Name(id=name)):
            return name in ("all", "any", "bool", "isinstance", "issubclass", "callable", "hasattr")
    return False
