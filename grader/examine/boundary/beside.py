"""How a ``beside`` helper reaches the candidate: its code without comments and docstrings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from grader.examine.boundary.requests import Helper

FILE = "<beside>"
_PAIRS = (dict, Counter, OrderedDict, defaultdict)
_ITEMS = (list, tuple, set, frozenset)


class BadHelperError(TypeError):
    """The function cannot be a ``beside`` helper; the message says what to change."""


def source_of(function: Callable[..., object]) -> tuple[str, str]:
    """The text of ``function`` that crosses, and its name. Raises :class:`BadHelperError`."""
    if not isinstance(function, FunctionType) or inspect.iscoroutinefunction(function):
        raise BadHelperError("@beside decorates a function made by def.")
    if function.__code__.co_freevars:
        names = ", ".join(function.__code__.co_freevars)
        raise BadHelperError(
            f"A @beside helper runs next to the student's code, where {names} of the function "
            "around it does not exist. Pass it as an argument."
        )
    return _source(function), function.__name__


@lru_cache(maxsize=256)
def _source(function: FunctionType) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(function))
        node = ast.parse(text).body[0]
    except (OSError, SyntaxError, IndexError) as error:
        raise BadHelperError("The source of a @beside helper must be in the test cell.") from error
    if not isinstance(node, ast.FunctionDef):
        raise BadHelperError("@beside decorates a function made by def.")
    node.decorator_list = [each for each in node.decorator_list if not _is_beside(each)]
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = inner.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                inner.body[0] = ast.copy_location(ast.Pass(), first)
    return ast.unparse(node)


def _is_beside(node: ast.expr) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "beside"


def holds_verdict(value: object) -> bool:
    """Whether plain data is a truth value, or a container with one at any depth.

    A mask is none: an array or tensor of bools counts only where it holds a single one and has no
    axis. Only exact types are looked at, since nothing may be asked of a reference.
    """
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if type(one) in _PAIRS:
            waiting += [*one.keys(), *one.values()]
        elif type(one) in _ITEMS:
            waiting += one
        elif _is_truth(one):
            return True
    return False


def _is_truth(value: Any) -> bool:
    name = type(value).__name__
    if name in ("ndarray", "Tensor"):
        return value.ndim == 0 and str(value.dtype) in ("bool", "torch.bool")
    return name in ("bool", "bool_")


def run(helper: Helper, namespace: dict[str, Any]) -> object:
    """Define ``helper`` in ``namespace`` and call it."""
    exec(_compiled(helper.source), namespace)
    call = helper.call
    return namespace[helper.name](*call.arguments, **call.keywords)


@lru_cache(maxsize=256)
def _compiled(source: str) -> CodeType:
    return compile(source, FILE, "exec")
