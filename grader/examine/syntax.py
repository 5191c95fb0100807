"""A code cell's syntax tree: which names it binds, and which it needs from elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Code:
    """What can be read off one code cell.

    ``defined`` are the names that running the cell binds by ``def``, ``class`` or assignment (loop
    variables and the like included), ``imported`` those it binds by ``import``; a name may be in
    both. ``reads`` are the names that it uses before it binds them itself, builtins included:
    for the body of a function, which runs later, those that the cell binds nowhere. ``text`` is
    the Python that ``tree`` was read from, magics translated; its lines are the tree's lines.
    """

    text: str
    tree: ast.Module
    defined: frozenset[str]
    imported: frozenset[str]
    reads: frozenset[str]


def parse(source: str) -> Code:
    """Read a cell's text, magics and ``!`` lines included; raise :class:`SyntaxError`."""
    text: str = TransformerManager().transform_cell(source)
    tree = ast.parse(text)
    defined, imported = bindings(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            defined.update(node.names)
    reader = _Reader()
    reader.run(tree.body)
    reads = reader.now | (reader.later - defined - imported)
    return Code(text, tree, frozenset(defined), frozenset(imported), frozenset(reads))


def bindings(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that ``body`` binds in its own scope: by statement, and by import."""
    defined: set[str] = set()
    imported: set[str] = set()
    for node in _same_scope(body):
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                imported.update(alias.asname or alias.name.split(".")[0] for alias in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                defined.add(name)
            case ast.ClassDef(name=name):
                defined.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                defined.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                defined.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                defined.add(name)
    return defined, imported


def _same_scope(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node below ``body`` that belongs to the same scope."""
    for node in body:
        yield node
        if isinstance(node, _Scope | ast.ClassDef):
            continue
        if isinstance(node, _Comprehension):
            yield from (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            yield from (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            continue
        yield from _same_scope(ast.iter_child_nodes(node))


class _Reader(ast.NodeVisitor):
    """Collects the names a cell uses, in the order in which Python evaluates."""

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.later: set[str] = set()
        self._bound: set[str] = set()
        self._local: list[set[str]] = []  # scopes around the node, the module's left out
        self._deferred = 0

    def run(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self.visit(node)

    def _read(self, name: str) -> None:
        if any(name in scope for scope in self._local):
            return
        if self._deferred:
            self.later.add(name)
        elif name not in self._bound:
            self.now.add(name)

    def _bind(self, name: str) -> None:
        if not self._deferred and not self._local:
            self._bound.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._read(node.id)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self.run(node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        if not self._deferred:  # a walrus in a comprehension binds outside it
            self._bound.add(node.target.id)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self.run([*node.body, *node.orelse])

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._bind(node.name)
        self.run(node.body)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.generic_visit(node)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.run(node.decorator_list)
        self._signature(node.args)
        if node.returns is not None:
            self.visit(node.returns)
        self._bind(node.name)
        self._function(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._signature(node.args)
        self._function(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases, *node.keywords])
        members: set[str] = set()
        for statement in node.body:
            # Methods do not see the class's names, the body itself does.
            methods = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
            self._local.append(set() if methods else members)
            self.visit(statement)
            self._local.pop()
            defined, imported = bindings([statement])
            members = members | defined | imported
        self._bind(node.name)

    def _comprehension(self, node: _Comprehension) -> None:
        scope: set[str] = set()
        self._local.append(scope)
        for generator in node.generators:
            self.visit(generator.iter)
            scope.update(n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name))
            self.run(generator.ifs)
        if isinstance(node, ast.DictComp):
            self.run([node.key, node.value])
        else:
            self.visit(node.elt)
        self._local.pop()

    visit_ListComp = _comprehension  # noqa: N815
    visit_SetComp = _comprehension  # noqa: N815
    visit_DictComp = _comprehension  # noqa: N815
    visit_GeneratorExp = _comprehension  # noqa: N815

    def _signature(self, args: ast.arguments) -> None:
        self.run(d for d in [*args.defaults, *args.kw_defaults] if d is not None)
        self.run(a.annotation for a in _arguments(args) if a.annotation is not None)

    def _function(self, args: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> None:
        defined, imported = bindings(body)
        outer = {name for n in _same_scope(body) if isinstance(n, ast.Global) for name in n.names}
        names = {a.arg for a in _arguments(args)} | ((defined | imported) - outer)
        self._local.append(names)
        self._deferred += 1
        self.run(body)
        self._deferred -= 1
        self._local.pop()


def _arguments(args: ast.arguments) -> list[ast.arg]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return every + [a for a in (args.vararg, args.kwarg) if a is not None]
