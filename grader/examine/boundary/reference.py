"""A reference: what stands in the examiner for an object that only the candidate has."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

REPR = "<an object of the student's>"


class Owner(Protocol):
    """Where references come from. Each request raises what the student's code raised."""

    def call(self, handle: int, arguments: tuple[object, ...], keywords: dict[str, object]) -> Any:
        """Call the object."""

    def attribute(self, handle: int, name: str) -> Any:
        """Read a public attribute."""

    def item(self, handle: int, key: object) -> Any:
        """Read an item."""

    def length(self, handle: int) -> int:
        """Ask for the length."""

    def iterate(self, handle: int) -> Any:
        """Return a reference to an iterator over the object."""

    def following(self, handle: int) -> Any:
        """Return the next item of an iterator, or raise ``StopIteration``."""

    def release(self, handle: int, received: int) -> None:
        """Note that a reference, received so many times, is no longer held."""

    def refuse(self, what: str) -> NoReturn:
        """Raise ``NotPlainError``: ``what`` was asked of a reference, which has no answer."""


class Reference:
    """Offers public attributes, items, length and lazy iteration; nothing else has an answer."""

    __slots__ = ("__weakref__", "_handle", "_owner", "_received")

    def __init__(self, owner: Owner, handle: int) -> None:
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_received", 1)

    def __getattribute__(self, name: str) -> Any:
        # The one way by which an attribute is looked up, __class__ for isinstance included.
        if name.startswith("_"):
            owner_of(self).refuse(f"the attribute {name}")
        return owner_of(self).attribute(handle_of(self), name)

    def __getitem__(self, key: object) -> Any:
        return owner_of(self).item(handle_of(self), key)

    def __len__(self) -> int:
        return owner_of(self).length(handle_of(self))

    def __iter__(self) -> Any:
        return owner_of(self).iterate(handle_of(self))

    def __next__(self) -> Any:
        return owner_of(self).following(handle_of(self))

    def __repr__(self) -> str:
        return REPR

    def __str__(self) -> str:
        return REPR

    def __format__(self, specification: str) -> str:
        if specification:
            owner_of(self).refuse("formatting as a number")
        return REPR

    def __del__(self) -> None:
        try:
            owner, handle = owner_of(self), handle_of(self)
        except AttributeError:  # it was never set up
            return
        owner.release(handle, object.__getattribute__(self, "_received"))


class CallableReference(Reference):
    """A reference to what can be called there."""

    __slots__ = ()

    def __call__(self, *arguments: object, **keywords: object) -> Any:
        return owner_of(self).call(handle_of(self), arguments, keywords)


def is_reference(value: object) -> bool:
    """Whether ``value`` is a reference; asks nothing of it."""
    return type(value) is Reference or type(value) is CallableReference


def owner_of(reference: Reference) -> Owner:
    """Where ``reference`` comes from."""
    owner: Owner = object.__getattribute__(reference, "_owner")
    return owner


def handle_of(reference: Reference) -> int:
    """The number by which the candidate knows the object."""
    handle: int = object.__getattribute__(reference, "_handle")
    return handle


def receive_again(reference: Reference) -> None:
    """Note that the candidate sent the handle of ``reference`` once more."""
    received: int = object.__getattribute__(reference, "_received")
    object.__setattr__(reference, "_received", received + 1)


_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "matmul": "@", "and": "&", "or": "|", "xor": "^", "lshift": "<<",
    "rshift": ">>", "divmod": "divmod",
}  # fmt: skip
_REFUSED = {
    "__bool__": "the truth value", "__hash__": "the hash", "__contains__": "`in`",
    "__eq__": "a comparison (==)", "__ne__": "a comparison (!=)", "__lt__": "a comparison (<)",
    "__le__": "a comparison (<=)", "__gt__": "a comparison (>)", "__ge__": "a comparison (>=)",
    "__neg__": "arithmetic (-)", "__pos__": "arithmetic (+)", "__invert__": "arithmetic (~)",
    "__abs__": "abs", "__round__": "round", "__trunc__": "trunc", "__floor__": "floor",
    "__ceil__": "ceil", "__int__": "int", "__float__": "float", "__complex__": "complex",
    "__index__": "its use as an index", "__bytes__": "bytes", "__fspath__": "its use as a path",
    "__array__": "conversion to an array", "__array_ufunc__": "numpy arithmetic",
    "__array_function__": "a numpy function", "__torch_function__": "a torch function",
    "__instancecheck__": "isinstance with it as the class",
    "__subclasscheck__": "issubclass with it as the class",
    "__mro_entries__": "a subclass of it", "__setattr__": "setting an attribute",
    "__delattr__": "deleting an attribute", "__setitem__": "setting an item",
    "__delitem__": "deleting an item", "__reversed__": "reversed", "__dir__": "dir",
    "__copy__": "a copy", "__deepcopy__": "a copy", "__reduce__": "pickling",
    "__reduce_ex__": "pickling", "__getstate__": "pickling", "__sizeof__": "its size in memory",
    "__await__": "`await`", "__aiter__": "`async for`", "__anext__": "`async for`",
    "__enter__": "`with`", "__exit__": "`with`", "__aenter__": "`async with`",
    "__aexit__": "`async with`",
    **{f"__{kind}{name}__": f"arithmetic ({sign})" for name, sign in _BINARY.items()
       for kind in ("", "r", "i") if (kind, name) != ("i", "divmod")},
}  # fmt: skip


def _refusing(what: str) -> Any:
    def refuse(self: Reference, *_: object, **__: object) -> NoReturn:
        owner_of(self).refuse(what)

    return refuse


for _name, _what in _REFUSED.items():
    setattr(Reference, _name, _refusing(_what))
