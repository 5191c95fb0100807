"""Callbacks: what a test defines stays in the examiner, and the candidate gets a proxy.

The candidate may do with the proxy what the object's class offers: call it, read public
attributes, items, length, iterate. Each such use is a frame to the examiner and back, inside the
call that handed the object over.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any

from grader.examine.boundary.requests import Call, Operation, Value

MOST = 100_000  # uses in one cell
DEEPEST = 30  # callbacks inside calls inside callbacks

_FUNCTIONS = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType,
)  # fmt: skip
_BY_METHOD = {
    "__len__": Operation.LENGTH,
    "__getitem__": Operation.ITEM,
    "__iter__": Operation.ITERATE,
    "__next__": Operation.NEXT,
}


class NoCallbackError(Exception):
    """A number, or a use, that no callback of this cell has."""


class Callbacks:
    """The examiner's side: the objects of one cell that the candidate may use, by number.

    A number is never given twice, so a proxy that outlives its cell refers to nothing.
    """

    def __init__(self) -> None:
        self._last = 0
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # by id; the objects are kept alive above

    def clear(self) -> None:
        """Forget all, as a cell begins."""
        self._objects.clear()
        self._numbers.clear()

    def register(self, thing: object) -> tuple[int, tuple[str, ...]]:
        """The number of ``thing`` and what can be done with it."""
        number = self._numbers.get(id(thing))
        if number is None:
            self._last += 1
            number = self._numbers[id(thing)] = self._last
            self._objects[number] = thing
        return number, tuple(sorted(_abilities(thing)))

    def find(self, number: int) -> Any:
        """The object itself. Raises :class:`NoCallbackError`."""
        try:
            return self._objects[number]
        except KeyError:
            raise NoCallbackError("it belongs to an earlier test") from None

    def use(self, number: int, operation: Operation, detail: Any) -> Value:
        """Do with the object what the candidate asks. Raises what the object raises."""
        thing = self.find(number)
        if operation not in _abilities(thing):
            raise NoCallbackError(f"it offers no {operation}")
        match operation:
            case Operation.CALL:
                return Value(thing(*detail.arguments, **detail.keywords))
            case Operation.ATTRIBUTE:
                if detail.startswith("_"):
                    raise NoCallbackError("its private names are its own")
                return Value(getattr(thing, detail))
            case Operation.ITEM:
                return Value(thing[detail])
            case Operation.LENGTH:
                return Value(len(thing))
            case Operation.ITERATE:
                return Value(Iterating(iter(thing)))
            case _:
                try:
                    return Value(next(thing))
                except StopIteration:
                    return Value(end=True)


class Iterating:
    """An iterator that stays here, whichever class it is of."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return next(self._iterator)


KEPT = (types.GeneratorType, Iterating)  # never copied, whoever defined them


def _abilities(thing: Any) -> frozenset[Operation]:
    if isinstance(thing, _FUNCTIONS):
        return frozenset({Operation.CALL})
    offered = {does for name, does in _BY_METHOD.items() if hasattr(type(thing), name)}
    if callable(thing):
        offered.add(Operation.CALL)
    if not isinstance(thing, KEPT):
        offered.add(Operation.ATTRIBUTE)
    return frozenset(offered)


Ask = Callable[[int, Operation, object], Value]  # how a proxy reaches the examiner


class Proxy:
    """The candidate's side: stands for an object of a test. Subclasses add what it offers."""

    __slots__ = ("__weakref__", "_ask", "_number")

    def __init__(self, ask: Ask, number: int) -> None:
        self._ask = ask
        self._number = number

    def __repr__(self) -> str:
        return "<an object of the test's>"


def number_of(proxy: Proxy) -> int:
    """The number of the callback that ``proxy`` stands for."""
    return proxy._number


def _call(self: Proxy, *arguments: object, **keywords: object) -> object:
    return self._ask(self._number, Operation.CALL, Call(arguments, keywords)).value


def _attribute(self: Proxy, name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    return self._ask(self._number, Operation.ATTRIBUTE, name).value


def _length(self: Proxy) -> object:
    return self._ask(self._number, Operation.LENGTH, None).value


def _item(self: Proxy, key: object) -> object:
    return self._ask(self._number, Operation.ITEM, key).value


def _iterate(self: Proxy) -> object:
    return self._ask(self._number, Operation.ITERATE, None).value


def _next(self: Proxy) -> object:
    answer = self._ask(self._number, Operation.NEXT, None)
    if answer.end:
        raise StopIteration
    return answer.value


_METHODS = {
    Operation.CALL: ("__call__", _call),
    Operation.ATTRIBUTE: ("__getattr__", _attribute),
    Operation.LENGTH: ("__len__", _length),
    Operation.ITEM: ("__getitem__", _item),
    Operation.ITERATE: ("__iter__", _iterate),
    Operation.NEXT: ("__next__", _next),
}


@cache
def proxy_class(abilities: tuple[str, ...]) -> type[Proxy]:
    """The class of proxies that offer ``abilities``, so that ``callable`` and the like are true."""
    methods = dict(_METHODS[Operation(ability)] for ability in abilities)
    return type("Proxy", (Proxy,), {"__slots__": (), **methods})
