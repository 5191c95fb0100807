"""Arguments: copies, given classes by name, and nothing of a test's text."""

from __future__ import annotations

import pickle
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from boundary_bench import Make
from grader.examine.boundary import arguments
from grader.examine.boundary.callbacks import Callbacks

GIVEN = """
    class Point:
        def __init__(self, x): self.x = x
        def double(self): return 2 * self.x
        @classmethod
        def origin(cls): return cls(0)
    def halve(x): return x / 2
"""


def test_arguments_are_copies(bench: Make) -> None:
    bench("def spoil(values):\n    values.append(9)\n    return values").passes(
        "values = [1]\nassert spoil(values) == [1, 9] and values == [1]", "spoil"
    )


def test_arguments_of_one_call_keep_what_they_share(bench: Make) -> None:
    bench("def same(a, b, c): return a is b, b is c[0]").passes(
        "x = [1]\nassert same(x, b=x, c=[x]) == (True, True)", "same"
    )


WINDOWS = {
    "slice": "whole[:, :-1]",
    "row": "whole[0]",
    "turned": "whole[:, :2].T",
    "turned whole": "whole.T",
    "expanded": "whole[:1].expand(4, 3)",
    "overlapping": "whole.flatten().unfold(0, 4, 1)",
    "channels last": "whole.reshape(1, 1, 2, 3).to(memory_format=torch.channels_last)[..., :2]",
    "with a gradient": "whole[1:].clone()[:, 1:].requires_grad_()",
    "whole": "whole",
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_a_tensor_brings_nothing_of_a_larger_one_that_it_shows_a_part_of(
    bench: Make, window: str
) -> None:
    torch = pytest.importorskip("torch")
    made = bench(
        """
        def look(x):
            shown = {v for v in x.detach().flatten().tolist()}
            store = x.untyped_storage()
            held = x.detach().new_empty(0).set_(store, 0, (store.nbytes() // x.element_size(),))
            return x.detach().clone(), x.requires_grad, sorted(set(held.tolist()) - shown)
        """
    )
    made.namespace["torch"] = torch
    made.passes(
        f"""
        whole = torch.arange(6.0).reshape(2, 3)
        part = {window}
        seen, requires_grad, beyond = look(part)
        assert torch.equal(seen, part) and seen.shape == part.shape
        assert requires_grad == part.requires_grad and beyond == []
        again, _, _ = look(part)
        assert torch.equal(again, part)
        """,
        "look",
    )


def test_instances_of_importable_classes_are_copied(bench: Make) -> None:
    torch = pytest.importorskip("torch")
    made = bench(
        """
        def use(random, generator, path, layer, x):
            return random.random(), generator.random(), str(path), layer(x), type(layer).__name__
        """
    )
    made.namespace["torch"] = torch
    made.passes(
        """
        import random, numpy, pathlib
        layer, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
        got = use(random.Random(1), numpy.random.default_rng(2), pathlib.Path("a"), layer, x)
        assert got[0] == random.Random(1).random()
        assert got[1] == numpy.random.default_rng(2).random()
        assert got[2] == "a" and got[4] == "Linear" and torch.equal(got[3], layer(x))
        """,
        "use",
    )


def test_a_given_class_and_its_instances_are_the_same_class_there(bench: Make) -> None:
    bench(
        """
        def check(point): return type(point) is Point and isinstance(point, Point), point.double()
        def make(cls): return cls(5).x
        def is_given(f): return f is halve
        def apply(f, *a): return f(*a)
        def origin(f): return f().x
        """,
        given=GIVEN,
    ).passes(
        """
        assert check(Point(4)) == (True, 8)
        assert make(Point) == 5 and is_given(halve) and apply(Point.double, Point(2)) == 4
        assert origin(Point.origin) == 0 and apply(Point(3).double) == 6
        """,
        "check",
        "make",
        "is_given",
        "apply",
        "origin",
    )


def test_a_given_name_that_the_test_binds_anew_is_the_tests(bench: Make) -> None:
    made = bench("def is_given(f): return f is halve, f(8)", given=GIVEN)
    made.passes(
        "given = halve\ndef halve(x): return -x\nassert is_given(halve) == (False, -8)", "is_given"
    )
    made.passes("assert is_given(halve) == (False, -8)", "is_given")


def test_a_given_class_that_the_student_deleted_is_the_students_error(bench: Make) -> None:
    outcome = bench("del Point\ndef f(x): return 1", given=GIVEN).cell("f(Point(1))", "f")
    assert isinstance(outcome.error, NameError) and outcome.fatal is None


def test_what_has_no_copy_fails_the_cell_and_names_beside(bench: Make) -> None:
    made = bench("def f(x): return 1")
    for expression in ("open('/dev/null')", "__import__('threading').Lock()", "__import__('math')"):
        outcome = made.cell(f"try:\n    f({expression})\nexcept Exception: pass", "f")
        assert outcome.fatal == "not_plain" and "@beside" in outcome.message, expression
        assert outcome.idle


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


def test_a_callable_of_no_importable_name_is_a_callback(bench: Make) -> None:
    made = bench("def call(f): return f(2)")
    loose: Callable[[int], int] = eval("lambda x: x + 1", {"__name__": "nowhere"})
    made.namespace["loose"] = loose
    made.passes("assert call(loose) == 3", "call")


def test_the_sockets_of_a_test_do_not_cross(bench: Make) -> None:
    made = bench("def f(x): return 1")
    made.namespace["socket"] = socket.socketpair()[0]
    assert made.cell("f(socket)", "f").fatal == "not_plain"
