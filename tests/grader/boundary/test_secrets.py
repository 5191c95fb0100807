"""Nothing of a test's text reaches the candidate; nothing of the candidate is unpickled here."""

from __future__ import annotations

import pickle
import sys
import types
from typing import Any

import pytest

from boundary_bench import Make
from grader.examine.boundary import arguments
from grader.examine.boundary.callbacks import Callbacks

# What a test cell may define, each with the words MARK, and what of it could be pickled.
TEST_CELL = '''
    import abc, dataclasses, enum, functools, typing
    import numpy as np

    def mark_function(mark_parameter=1):
        """mark docstring"""
        mark_local = "mark constant"
        return mark_parameter

    class MarkClass:
        """mark docstring"""
        mark_attribute = "mark constant"
        def mark_method(self): return 1
        @classmethod
        def mark_class_method(cls): return 1
        @property
        def mark_property(self): return 1

    class MarkList(list): pass
    class MarkError(ValueError): pass
    class MarkMeta(type): pass
    class MarkMade(metaclass=MarkMeta): pass
    @dataclasses.dataclass
    class MarkData:
        mark_field: int = 1
    class MarkEnum(enum.Enum):
        MARK = 1
    MarkTuple = typing.NamedTuple("MarkTuple", [("mark_field", int)])
    mark_type = typing.TypeVar("mark_type")
    mark_new_type = typing.NewType("mark_new_type", int)

    def mark_outer():
        mark_free = [1]
        def mark_inner(): return mark_free
        return mark_inner

    def mark_generator():
        yield 1

    @functools.lru_cache
    def mark_cached(): return 1
    @functools.wraps(mark_function)
    def mark_wrapper(): return 1
    mark_partial = functools.partial(mark_function, 1)
    functools.update_wrapper(mark_partial, mark_function)

    THINGS = {
        "function": mark_function, "lambda": lambda mark_parameter: "mark", "class": MarkClass,
        "instance": MarkClass(), "method": MarkClass().mark_method, "list subclass": MarkList([1]),
        "class method": MarkClass.mark_class_method, "builtin method": MarkList().append,
        "slot": MarkClass().__eq__, "error": MarkError(1), "made": MarkMade(), "mro": MarkClass.mro,
        "data": MarkData(), "enum": MarkEnum.MARK, "tuple": MarkTuple(1), "closure": mark_outer(),
        "generator": mark_generator(), "cached": mark_cached, "wrapper": mark_wrapper,
        "partial": functools.partial(mark_function), "dressed partial": mark_partial,
        "vectorized": np.vectorize(mark_function), "generic": list[MarkClass],
        "nested": {"a": [(MarkClass(), mark_function)]}, "type variable": mark_type,
        "new type": mark_new_type, "cached property": functools.cached_property(mark_function),
        "dispatch": functools.singledispatch(mark_function), "meta": MarkMeta,
        "iterator": iter(MarkList([1])), "map": map(mark_function, [1]),
        "optional": typing.Optional[MarkClass], "partial method":
        functools.partialmethod(mark_function), "static": staticmethod(mark_function),
        "property": MarkClass.mark_property, "code": mark_function.__code__,
        "frame": mark_generator().gi_frame, "unbound": MarkClass.mark_method,
        "ufunc": np.frompyfunc(mark_function, 1, 1), "class dict": MarkClass.__dict__,
    }
'''


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The namespace of a test cell that defined :data:`TEST_CELL`."""
    import textwrap

    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(textwrap.dedent(TEST_CELL), module.__dict__)
    return module.__dict__


def test_no_text_of_a_test_cell_is_ever_pickled(cell: dict[str, Any]) -> None:
    crossed = 0
    for name, thing in cell["THINGS"].items():
        names = arguments.Names(cell)
        try:
            data = arguments.dumps(thing, names, Callbacks().register)
        except Exception as error:
            assert type(error).__name__ == "NotPlainError", name
            assert "mark" not in str(error).lower(), name
        else:
            assert b"mark" not in data.lower(), name
            crossed += 1
    assert crossed >= 25


def test_without_the_callbacks_the_text_would_cross(cell: dict[str, Any]) -> None:
    """The test above can fail: plain pickle names nearly all of these things."""
    named = 0
    for thing in cell["THINGS"].values():
        try:
            named += b"mark" in pickle.dumps(thing).lower()
        except Exception:
            continue
    assert named >= 15


def test_what_arrives_in_the_candidate_holds_no_text_of_the_cell(bench: Make) -> None:
    """The same over the wire, with all that a request and the answers to callbacks carry."""
    made = bench("def f(x, *more): return [g(3) for g in more]")
    sent: list[bytes] = []
    connection = made.session._dialogue._connection

    class Tapped(type(connection)):  # type: ignore[misc]
        def send(self, kind: Any, number: int, body: bytes, until: float | None = None) -> None:
            sent.append(body)
            super().send(kind, number, body, until)

    connection.__class__ = Tapped
    made.passes(
        '''
        class Secret:
            """secret docstring"""
            def __call__(self, secret_parameter):
                secret_local = "secret constant"
                try:
                    raise AssertionError("the secret answer is 42")
                except AssertionError:
                    return lambda: secret_parameter
        secret_helper = Secret()
        f({"a": 1}, Secret(), secret_helper, lambda secret: None)
        ''',
        "f",
    )
    assert len(sent) >= 5 and not any(b"secret" in body.lower() for body in sent)


def test_nothing_of_the_candidate_is_unpickled_in_the_examiner(bench: Make) -> None:
    made = bench(
        "class Evil:\n    def __reduce__(self): return print, ('unpickled',)\nevil = Evil()"
    )
    seen: list[str] = []

    def watch(event: str, details: tuple[object, ...]) -> None:
        if event == "pickle.find_class" and watching:
            seen.append(str(details))

    watching = True
    sys.addaudithook(watch)
    made.passes("assert not isinstance(1, type(evil)) and [evil, 3][1] == 3", "evil")
    watching = False
    assert seen == []
