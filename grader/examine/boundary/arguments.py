"""Arguments cross as one pickled graph, in the trusted direction only.

Plain data and instances of importable classes are copies. A reference becomes the student's own
object. Classes and functions of given cells go by name, since both kernels have them. What a test
cell defines, and whatever else has no name by which the candidate could find it, becomes a
callback: a number, nothing of its text.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from grader.examine.boundary.callbacks import KEPT
from grader.examine.boundary.failures import BoundaryError, NotPlainError
from grader.examine.boundary.reference import handle_of, is_reference

MAIN = "__main__"
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_DRESS = ("__doc__", "__qualname__", "__wrapped__")  # functools.wraps and np.vectorize copy these


def student_object(handle: int) -> Any:
    """Stands in a pickle for a reference; the candidate's unpickler puts the object there."""
    raise NotImplementedError


def callback(number: int, abilities: tuple[str, ...]) -> Any:
    """Stands in a pickle for a callback; the candidate's unpickler puts a proxy there."""
    raise NotImplementedError


class Names:
    """Which objects the candidate can find by their name."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace
        self._given: dict[str, object] = {}

    def note_given(self, names: Iterable[str]) -> None:
        """Given cells have bound ``names`` so far.

        What a name meant when it was first noted is given; what a test binds to it later is not.
        """
        for name in names:
            if name in self._namespace:
                self._given.setdefault(name, self._namespace[name])

    def finds(self, thing: Any) -> bool:
        """Whether a class's or function's module and qualified name lead to that very object."""
        module = getattr(thing, "__module__", None)
        path = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
        if not isinstance(module, str) or not isinstance(path, str):
            return False
        first, *rest = path.split(".")
        found: object
        if module == MAIN:
            found = self._given.get(first)
        else:
            found = getattr(sys.modules.get(module), first, None)
        for name in rest:
            found = getattr(found, name, None)
        return found is thing

    def knows_class(self, cls: type) -> bool:
        """Whether instances of ``cls`` may be copied: it is no class of a test cell."""
        if cls.__module__ == MAIN or "<locals>" in cls.__qualname__:
            return self.finds(cls)
        return True


def _is_window(obj: Any) -> bool:
    """Whether ``obj`` is a tensor whose storage may hold more than it shows.

    A tensor is pickled with its whole storage: of ``batch[:, :-1]`` the student would have the last
    column too. What is not contiguous is taken for a window; a contiguous copy of it does no harm.
    """
    torch = sys.modules.get("torch")
    if torch is None or type(obj) is not torch.Tensor or obj.layout is not torch.strided:
        return False
    if obj.is_quantized or obj.device.type == "meta":
        return False
    size = obj.untyped_storage().nbytes()
    return not (obj.is_contiguous() and size == obj.numel() * obj.element_size())


def _plain_copy(tensor: Any) -> Any:
    contiguous = sys.modules["torch"].contiguous_format
    return tensor.detach().clone(memory_format=contiguous).requires_grad_(tensor.requires_grad)


class _Pickler(pickle.Pickler):
    def __init__(
        self,
        file: io.BytesIO,
        names: Names,
        register: Callable[[object], tuple[int, tuple[str, ...]]],
    ) -> None:
        super().__init__(file, protocol=5)
        self._names = names
        self._register = register
        self._classes: dict[type, bool] = {}

    def reducer_override(self, obj: Any) -> Any:
        # Called for everything but exact built-in data, which keeps large arguments fast.
        if is_reference(obj):
            return student_object, (handle_of(obj),)
        if self._stays(obj):
            return callback, self._register(obj)
        if _is_window(obj):
            return _plain_copy(obj).__reduce_ex__(5)
        return NotImplemented

    def _stays(self, obj: Any) -> bool:
        if isinstance(obj, type):
            return not self._names.knows_class(obj)
        if isinstance(obj, KEPT):
            return True
        if isinstance(obj, types.ModuleType):
            return False
        if isinstance(obj, _METHODS) and not isinstance(obj.__self__, types.ModuleType | None):
            return self._stays(obj.__self__) or self._stays(getattr(obj, "__func__", None))
        if isinstance(obj, _FUNCTIONS):
            return not self._names.finds(obj)
        return not self._known(type(obj)) or self._is_dressed(obj)

    def _known(self, cls: type) -> bool:
        if cls not in self._classes:
            self._classes[cls] = self._names.knows_class(cls)
        return self._classes[cls]

    def _is_dressed(self, obj: Any) -> bool:
        """Whether an importable class's instance carries the name or text of a test's function."""
        own = getattr(obj, "__dict__", None)
        if type(own) is dict and any(name in own for name in _DRESS):
            return not self._names.finds(obj)
        # A TypeVar, for one: its module is in no dictionary, and it would be pickled by name.
        return getattr(obj, "__module__", None) == MAIN and not (
            self._names.finds(obj) or type(obj).__module__ == MAIN
        )


def dumps(
    value: object, names: Names, register: Callable[[object], tuple[int, tuple[str, ...]]]
) -> bytes:
    """``value`` as bytes; ``register`` numbers a callback and says what can be done with it.

    Raises :class:`NotPlainError` for what has no copy, an open file for example.
    """
    file = io.BytesIO()
    try:
        _Pickler(file, names, register).dump(value)
    except BoundaryError:
        raise
    except Exception as error:
        raise NotPlainError(
            "An argument, or a callback's value, cannot be copied to the student's code. Make it "
            "there, in a function decorated with coursekit's @beside."
        ) from error
    return file.getvalue()


class _Unpickler(pickle.Unpickler):
    def __init__(
        self,
        file: io.BytesIO,
        namespace: Mapping[str, Any],
        find_object: Callable[[int], object],
        make_callback: Callable[[int, tuple[str, ...]], object],
    ) -> None:
        super().__init__(file)
        self._namespace = namespace
        self._placed = {"student_object": find_object, "callback": make_callback}

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__:
            return self._placed[name]
        if module == MAIN:
            first, *rest = name.split(".")
            if first not in self._namespace:
                raise NameError(f"name {first!r} is not defined")
            found = self._namespace[first]
            for attribute in rest:
                found = getattr(found, attribute)
            return found
        return super().find_class(module, name)


def loads(
    data: bytes,
    namespace: Mapping[str, Any],
    find_object: Callable[[int], object],
    make_callback: Callable[[int, tuple[str, ...]], object],
) -> Any:
    """What the examiner sent. Raises whatever stands in the way of rebuilding it."""
    return _Unpickler(io.BytesIO(data), namespace, find_object, make_callback).load()
