"""What a call in a cell calls, by its dotted name through the imports that are in force."""

from __future__ import annotations

import ast
from collections.abc import Mapping

_NAMED = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.ExceptHandler
    | ast.MatchAs
    | ast.MatchStar
)


def dotted_imports(tree: ast.Module) -> dict[str, str]:
    """What each import of a cell binds: ``np`` → ``numpy``, ``shuffle`` → ``random.shuffle``."""
    out = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                out[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                out[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return out


class Calls:
    """Resolves the calls of one cell; ``modules`` are the imports of the cells above it."""

    def __init__(self, tree: ast.Module, modules: Mapping[str, str]) -> None:
        own = dotted_imports(tree)
        self._modules = {**modules, **own}
        self._local = stores(tree).keys() - own.keys()

    def name(self, node: ast.Call) -> str:
        """``numpy.random.rand`` for ``np.random.rand(3)``; empty where the cell binds the name."""
        root, steps = _chain(node)
        if root is None or root in self._local:
            return ""
        return ".".join([self._modules.get(root, root), *steps])

    def imported(self, node: ast.Call) -> bool:
        """Whether what is called comes from an import."""
        root, _ = _chain(node)
        return root in self._modules and root not in self._local


def _chain(node: ast.Call) -> tuple[str | None, list[str]]:
    steps: list[str] = []
    func: ast.expr = node.func
    while isinstance(func, ast.Attribute):
        steps.insert(0, func.attr)
        func = func.value
    return (func.id if isinstance(func, ast.Name) else None), steps


def stores(tree: ast.Module) -> dict[str, list[ast.expr | None]]:
    """Every name bound anywhere in the cell, with the values assigned; None where unknown."""
    out: dict[str, list[ast.expr | None]] = {}
    plain: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    out.setdefault(target.id, []).append(node.value)
                    plain.add(id(target))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
            out.setdefault(node.target.id, []).append(node.value)
            plain.add(id(node.target))
    for node in ast.walk(tree):
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in plain:
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, _NAMED):
            name = node.name
        if name is not None:
            out.setdefault(name, []).append(None)
    return out


def short(node: ast.AST) -> str:
    """The text of ``node`` for a message, on one line of at most 60 characters."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:57] + "..."
