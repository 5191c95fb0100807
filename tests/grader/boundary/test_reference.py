"""References: what they offer, and that everything else fails the cell whatever the test does."""

from __future__ import annotations

import pytest

from boundary_bench import Make

STUDENT = """
    class Words(list):
        secret = 5
        _hidden = 6
        def first(self): return self[0]
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __bool__(self): return True
        def __float__(self): return 1.0
        def __hash__(self): return hash("right")
        __class__ = list
        def _repr_mimebundle_(self, **_): return {"text/plain": "100"}
        def __repr__(self): return "100"

    words = Words([3, 4, 5])

    def naturals():
        number = 0
        while True:
            yield number
            number += 1

    stream = naturals()
    def same(thing): return thing is words
"""

REFUSED = [
    "bool(words)", "not words", "words or 1", "words == [3, 4, 5]", "[3, 4, 5] == words",
    "words != 5", "words < 5", "5 >= words", "hash(words)", "{words}", "{words: 1}", "3 in words",
    "words in [1, 2]", "words + 1", "1 + words", "[1] + words", "words * 2", "2 ** words",
    "divmod(7, words)", "-words", "~words", "abs(words)", "int(words)", "float(words)",
    "complex(words)", "round(words)", "math.floor(words)", "range(words)", "[1, 2][words]",
    "bytes(words)", "open(words)", "isinstance(words, list)", "isinstance(words, Sequence)",
    "isinstance(3, words)", "issubclass(int, words)", "numpy.asarray(words)", "numpy.mean(words)",
    "numpy.add(1, words)", "numpy.float64(1) == words", "numpy.allclose(words, [3, 4, 5])",
    "numpy.testing.assert_equal(words, [3, 4, 5])", "words._hidden", "words.__dict__",
    "words.__class__", "words.__doc__", "hasattr(words, '_hidden')", "inspect.signature(same)",
    "setattr(words, 'x', 1)", "delattr(words, 'x')", "words.__setitem__(0, 1)", "copy.copy(words)",
    "copy.deepcopy(words)", "pickle.dumps(words)", "f'{words:.2f}'", "reversed(words)",
    "dir(words)", "json.dumps(words)", "sum([words])", "max([1, words])", "sorted([words, words])",
    "math.isclose(words, 3)", "all([words])", "type('Sub', (words,), {})",
    "asyncio.run(asyncio.wait_for(words, 1))",
]  # fmt: skip
IMPORTS = """
    import asyncio, copy, inspect, json, math, pickle
    from collections.abc import Sequence
    import numpy
"""


def test_a_reference_offers_attributes_items_length_and_iteration(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        assert len(words) == 3 and words[0] == 3 and words[1:] == [4, 5]
        assert list(words) == [3, 4, 5] and [word for word in words] == [3, 4, 5]
        assert words.first() == 3 and words.secret == 5
        assert hasattr(words, "secret") and not hasattr(words, "missing")
        """,
        "words",
    )


def test_iteration_is_lazy(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        from itertools import islice
        assert list(islice(stream, 3)) == [0, 1, 2]
        assert next(stream) == 3
        """,
        "stream",
    )


def test_a_reference_handed_back_is_the_students_own_object(bench: Make) -> None:
    bench(STUDENT).passes("assert same(words) and not same([3, 4, 5])", "words", "same")


def test_only_what_can_be_called_there_is_callable_here(bench: Make) -> None:
    bench(STUDENT).passes("assert callable(same) and not callable(words)", "words", "same")


def test_its_repr_is_fixed_and_its_type_is_no_students(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        assert repr(words) == str(words) == f"{words}" == "<an object of the student's>"
        assert type(words) is not list and repr([words]) == "[<an object of the student's>]"
        """,
        "words",
    )


@pytest.mark.parametrize("expression", REFUSED)
def test_everything_else_fails_the_cell_even_if_swallowed(bench: Make, expression: str) -> None:
    made = bench(STUDENT)
    made.run(IMPORTS)
    outcome = made.cell(
        f"""
        try:
            {expression}
        except BaseException:
            pass
        """,
        "words",
        "same",
    )
    assert outcome.fatal == "not_plain" and outcome.idle and "@beside" in outcome.message
    made.passes("assert len(words) == 3", "words")  # the next cell begins anew


@pytest.mark.parametrize(
    "block",
    [
        "with words: pass",
        "words[0] = 1",
        "del words[0]",
        "words += 1",
        "match words:\n                    case list(): pass",
    ],
)
def test_so_do_statements(bench: Make, block: str) -> None:
    outcome = bench(STUDENT).cell(
        f"""
        def test(words):
            try:
                {block}
            except Exception:
                pass
        test(words)
        """,
        "words",
    )
    assert outcome.fatal == "not_plain"


def test_torch_refuses_a_reference(bench: Make) -> None:
    import torch

    made = bench(STUDENT)
    made.namespace["torch"] = torch
    for expression in ("torch.add(torch.ones(3), words)", "torch.ones(3) == words"):
        assert made.cell(expression, "words").fatal == "not_plain", expression


def test_after_a_failure_the_cell_can_ask_nothing_more(bench: Make) -> None:
    outcome = bench(STUDENT).cell(
        """
        try:
            words == 1
        except Exception:
            pass
        assert len(words) == 3
        """,
        "words",
    )
    assert outcome.fatal == "not_plain" and "NotPlainError" in type(outcome.error).__name__


def test_a_length_is_a_number(bench: Make) -> None:
    made = bench(
        """
        from grader.examine.boundary import candidate
        honest = candidate._do
        forged = {"length": "3", "iterate": [1, 2], "next": 5}
        candidate._do = lambda what, *rest: forged.get(what) or honest(what, *rest)
        class Thing: pass
        thing = Thing()
        """
    )
    for expression in ("len(thing)", "iter(thing)", "next(thing)"):
        assert made.cell(expression, "thing").fatal == "not_plain"
