"""What of a test cell was made, in any number of steps, of what came from the student."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.release.rules.calls import Calls

EXCHANGE = "coursekit.exchange.exchange"


class Origins:
    """Follows the names of one cell; ``student`` are those that refer to the candidate.

    Names are followed wherever they are bound in the cell, functions included, whatever the order:
    a name that is the student's in one place is taken for theirs in all.
    """

    def __init__(self, tree: ast.Module, student: frozenset[str], calls: Calls) -> None:
        self._calls = calls
        self._theirs = set(student)
        bound = [one for node in ast.walk(tree) for one in _bindings(node)]
        known = -1
        while known < len(self._theirs):
            known = len(self._theirs)
            for target, source in bound:
                if self.student(source):
                    self._theirs |= _names(target)

    def student(self, node: ast.AST) -> bool:
        """Whether ``node`` uses the student's code, or the folder in which its files lie."""
        return any(
            (isinstance(n, ast.Name) and n.id in self._theirs)
            or (isinstance(n, ast.Call) and self._calls.name(n) == EXCHANGE)
            for n in ast.walk(node)
        )


def _bindings(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What ``node`` binds, and of what: the targets are names, or hold some."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield target, value
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
            yield target, source
        case ast.withitem(optional_vars=ast.expr() as target, context_expr=source):
            yield target, source
        case ast.FunctionDef():
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return | ast.Yield | ast.YieldFrom):
                    yield ast.Name(node.name), inner


def _names(target: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
