"""What a candidate cannot reach through a callback."""

from __future__ import annotations

import pytest

from boundary_bench import Make


@pytest.mark.parametrize(
    "name", ["_secret", "__class__", "__dict__", "__globals__", "__code__", "__self__", "__init__"]
)
def test_private_names_are_out_of_reach(bench: Make, name: str) -> None:
    """Also for a candidate that asks the examiner without its proxy's leave."""
    bench(
        f"""
        from grader.examine.boundary.requests import Operation
        def polite(thing):
            return {name!r} not in ("__class__", "__init__") and hasattr(thing, {name!r})
        def rude(thing):
            try:
                return thing._ask(thing._number, Operation.ATTRIBUTE, {name!r}).value
            except RuntimeError as error:
                return "refused"
        """
    ).passes(
        """
        class Model:
            _secret = 1
            def method(self): pass
        assert not polite(Model()) and rude(Model()) == "refused"
        """,
        "polite",
        "rude",
    )


@pytest.mark.parametrize("name", ["gi_frame", "gi_code", "mro", "f_globals", "func"])
def test_public_names_of_functions_and_generators_are_out_of_reach(bench: Make, name: str) -> None:
    bench(
        f"""
        from grader.examine.boundary.requests import Operation
        def rude(thing):
            try:
                return thing._ask(thing._number, Operation.ATTRIBUTE, {name!r}).value
            except (RuntimeError, AttributeError) as error:
                return "refused"
        """
    ).passes(
        """
        def generator():
            yield 1
        def function(): pass
        function.gi_frame = 1
        class Model:
            def method(self): pass
        for thing in (generator(), function, lambda: 1, Model().method):
            assert rude(thing) == "refused"
        """,
        "rude",
    )


def test_numbers_that_the_test_never_gave_are_refused(bench: Make) -> None:
    outcome = bench(
        """
        from grader.examine.boundary.requests import Call, Operation
        def guess(f):
            found = []
            for number in range(-3, 50):
                if number != f._number:
                    try:
                        f._ask(number, Operation.CALL, Call())
                    except Exception:
                        continue
                    found.append(number)
            return found
        """
    ).cell("class Hidden:\n    pass\nhidden = Hidden()\nassert guess(lambda: 1) == []", "guess")
    assert outcome.passed
