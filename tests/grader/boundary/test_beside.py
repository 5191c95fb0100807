"""``beside``: helpers that run next to the student's code, seen by the student, judging nothing."""

from __future__ import annotations

import pytest

from boundary_bench import Make
from coursekit.beside import beside
from grader.examine.boundary.beside import BadHelperError, source_of


def test_outside_the_grader_a_helper_is_the_function_itself() -> None:
    def helper() -> int:
        return 1

    assert beside(helper) is helper


def test_a_helper_sees_an_argument_changed_in_place(bench: Make) -> None:
    bench("def spoil(values): values.append(9)").passes(
        """
        from coursekit.beside import beside
        @beside
        def after(spoil, values):
            spoil(values)
            return values
        assert after(spoil, [1]) == [1, 9]
        """,
        "spoil",
    )


def test_a_helper_inside_a_test_function_works_too(bench: Make) -> None:
    bench("scale = 3\ndef f(x): return scale * x").passes(
        """
        import coursekit.beside
        def test():
            @coursekit.beside.beside
            def measure(f, *values, start=1):
                import math
                def inner(x): return f(x)
                return math.fsum(map(inner, values)) + start
            assert measure(f, 1, 2) == 10 and measure(f, 1, start=0) == 3
        test()
        """,
        "f",
    )


def test_a_helper_leaves_nothing_in_the_students_names(bench: Make) -> None:
    made = bench("def f(): return sorted(n for n in globals() if n[0] != '_')")
    made.passes(
        """
        from coursekit.beside import beside
        @beside
        def helper():
            global left
            left = 1
            return 1
        before = f()
        assert helper() == 1 and f() == before
        """,
        "f",
    )


@pytest.mark.parametrize(
    "verdict",
    [
        "True",
        "1 == 1",
        "__import__('numpy').bool_(True)",
        "[1 > 0]",
        "(0.5, {'right': [False]})",
        "{True: 1}",
        "frozenset({True})",
        "__import__('collections').Counter({'a': True})",
        "[__import__('numpy').bool_(True)]",
        "__import__('numpy').ones(()) == 1",
        "(__import__('numpy').ones(2) == 1).all(keepdims=True).reshape(())",
        "__import__('torch').ones(2).gt(0).all()",
    ],
)
def test_a_verdict_is_refused(bench: Make, verdict: str) -> None:
    outcome = bench().cell(
        f"""
        from coursekit.beside import beside
        @beside
        def helper(): return {verdict}
        try:
            helper()
        except Exception:
            pass
        """
    )
    assert outcome.fatal == "not_plain" and "measurement" in outcome.message


@pytest.mark.parametrize(
    "measured",
    [
        "[1, 0.5, 'True']",
        "{'a': (1, None)}",
        "__import__('numpy').ones(2) == 1",
        "[object()]",
    ],
)
def test_numbers_and_masks_are_no_verdicts(bench: Make, measured: str) -> None:
    bench().passes(
        f"""
        from coursekit.beside import beside
        @beside
        def helper(): return {measured}
        found = helper()
        """
    )


def test_what_is_no_plain_data_is_refused(bench: Make) -> None:
    outcome = bench().cell(
        "from coursekit.beside import beside\n@beside\ndef helper(): return object()\nhelper()"
    )
    assert outcome.fatal == "not_plain" and "plain data" in outcome.message


def test_an_exception_of_a_helper_crosses_like_any_other(bench: Make) -> None:
    outcome = bench().cell(
        "from coursekit.beside import beside\n@beside\ndef helper(): return {}['a']\nhelper()"
    )
    assert type(outcome.error) is KeyError and outcome.fatal is None


def test_only_the_helpers_code_crosses(bench: Make) -> None:
    made = bench()
    made.run(
        '''
        secret_answer = 42
        def outer():
            def helper(x):
                """secret docstring"""
                # secret comment
                class Inner:
                    "secret docstring"
                return x + 1  # secret comment
            return helper
        helper = outer()
        '''
    )
    source, name = source_of(made.namespace["helper"])
    assert "secret" not in source and "return x + 1" in source and name == "helper"


def test_a_helper_that_needs_variables_around_it_is_refused(bench: Make) -> None:
    outcome = bench().cell(
        """
        from coursekit.beside import beside
        def test():
            answer = 42
            @beside
            def helper(): return answer
            helper()
        test()
        """
    )
    assert isinstance(outcome.error, BadHelperError) and "answer" in str(outcome.error)


def test_only_a_function_made_by_def_can_be_a_helper(bench: Make) -> None:
    made = bench()
    made.run("async def later(): return 1\nshort = lambda: 1\nclass C: pass")
    for name in ("later", "short", "C"):
        with pytest.raises(BadHelperError):
            source_of(made.namespace[name])


def test_gradients_are_seen_beside(bench: Make) -> None:
    import torch

    made = bench("def train(layer, x): layer(x).sum().backward()")
    made.namespace["torch"] = torch
    made.passes(
        """
        from coursekit.beside import beside
        @beside
        def gradient(train, layer):
            import torch
            train(layer, torch.ones(1, 2))
            return layer.weight.grad
        layer = torch.nn.Linear(2, 1)
        assert torch.equal(gradient(train, layer), torch.ones(1, 2))
        assert layer.weight.grad is None
        """,
        "train",
    )
