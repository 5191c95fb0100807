"""Arguments: copies, given classes by name, and callbacks for the rest."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from boundary_bench import Make

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
    import torch

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
    import torch

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


def test_a_callable_of_no_importable_name_is_a_callback(bench: Make) -> None:
    made = bench("def call(f): return f(2)")
    loose: Callable[[int], int] = eval("lambda x: x + 1", {"__name__": "nowhere"})
    made.namespace["loose"] = loose
    made.passes("assert call(loose) == 3", "call")


def test_the_sockets_of_a_test_do_not_cross(bench: Make) -> None:
    made = bench("def f(x): return 1")
    made.namespace["socket"] = socket.socketpair()[0]
    assert made.cell("f(socket)", "f").fatal == "not_plain"
