"""The candidate's objects that the examiner holds references to, by handle."""

from __future__ import annotations

from collections.abc import Iterable

from grader.examine.boundary.callbacks import Proxy, number_of

# The two low bits of a handle say what it is, so that the examiner need not ask.
_CALLBACK, _CALLABLE, _BITS = 1, 2, 2


def is_callback(handle: int) -> bool:
    """Whether ``handle`` is a callback that the candidate hands back."""
    return bool(handle & _CALLBACK)


def callback_number(handle: int) -> int:
    """The callback's number."""
    return handle >> _BITS


def is_callable(handle: int) -> bool:
    """Whether the object can be called, as the candidate says."""
    return bool(handle & _CALLABLE)


class Handles:
    """Keeps each object for as long as the examiner holds what it received of it.

    An object has one handle however often it is sent, so that ``is`` holds between references.
    """

    def __init__(self) -> None:
        self._last = 0
        self._objects: dict[int, object] = {}
        self._handles: dict[int, int] = {}  # by id; the objects are kept alive above
        self._sent: dict[int, int] = {}

    def give(self, thing: object) -> int:
        """A handle for ``thing``, sent once more."""
        if issubclass(type(thing), Proxy):
            return number_of(thing) << _BITS | _CALLBACK  # type: ignore[arg-type]
        handle = self._handles.get(id(thing))
        if handle is None:
            self._last += 1
            handle = self._last << _BITS | (_CALLABLE if callable(thing) else 0)
            self._handles[id(thing)] = handle
            self._objects[handle] = thing
        self._sent[handle] = self._sent.get(handle, 0) + 1
        return handle

    def find(self, handle: int) -> object:
        """The object of ``handle``."""
        return self._objects[handle]

    def release(self, released: Iterable[tuple[int, int]]) -> None:
        """Forget what the examiner no longer holds: handles, each with how often received."""
        for handle, received in released:
            left = self._sent.get(handle, 0) - received
            if left > 0:
                self._sent[handle] = left
            elif handle in self._objects:
                del self._handles[id(self._objects.pop(handle))], self._sent[handle]
