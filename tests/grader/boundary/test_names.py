"""Names: in the examiner those of the student's work refer to the candidate, and no others."""

from __future__ import annotations

import pytest

from boundary_bench import Make
from grader.examine.boundary.codec import Caps


def test_names_are_bound_by_value_where_they_are_plain_data(bench: Make) -> None:
    bench("numbers = [1, (2.5, {'a': b'x'})]").passes(
        "assert type(numbers) is list and numbers == [1, (2.5, {'a': b'x'})]", "numbers"
    )


def test_names_are_bound_afresh_before_each_cell(bench: Make) -> None:
    made = bench(
        """
        count = 0
        def step():
            global count
            count += 1
            return count
        """
    )
    made.passes("assert step() == 1 and count == 0", "step", "count")
    made.passes("count = 7", "count")
    made.passes("assert count == 1", "count")


def test_a_name_the_student_lacks_is_a_name_error_when_it_is_used(bench: Make) -> None:
    made = bench("def f(): return 1\ndef g(): return 2")
    made.passes("assert f() == 1 and g() == 2", "f", "g")
    made.passes("def remove(): \n    from coursekit.beside import beside", "f")
    outcome = made.cell("h()", "h")
    assert isinstance(outcome.error, NameError) and outcome.fatal is None


def test_a_name_that_has_gone_is_removed_in_the_examiner_too(bench: Make) -> None:
    made = bench(
        """
        def f(): return 1
        def forget():
            global f
            del f
        """
    )
    made.passes("assert f() == 1\nforget()", "f", "forget")
    outcome = made.cell("f()", "f")
    assert isinstance(outcome.error, NameError)


def test_a_student_shadows_none_of_the_examiners_own_names(bench: Make) -> None:
    made = bench(
        """
        class np:
            def isclose(*_): return True
        import builtins
        def all(_): return True
        builtins.all = all
        def value(): return 1.0
        """
    )
    made.run("import numpy as np")
    made.passes("assert not np.isclose(value(), 2.0) and not all([False])", "value")


def test_only_names_that_were_asked_for_are_believed(bench: Make) -> None:
    made = bench(
        """
        from grader.examine.boundary import candidate
        honest = candidate.Server._bind
        candidate.Server._bind = lambda self, names: {**honest(self, names), "np": self._encode(0)}
        def f(): return 1
        """
    )
    outcome = made.cell("f()", "f")
    assert outcome.fatal == "not_plain" and "np" not in made.namespace


def test_two_references_to_one_object_are_one(bench: Make) -> None:
    bench(
        """
        class Layer: pass
        class Model:
            head = body = Layer()
            other = Layer()
        model = Model()
        """
    ).passes(
        """
        assert model.head is model.body and model.head is not model.other
        del model
        """,
        "model",
    )


def test_the_candidate_keeps_no_object_whose_references_have_gone(bench: Make) -> None:
    bench(
        """
        import gc, weakref
        alive = weakref.WeakSet()
        class Thing: pass
        def make():
            thing = Thing()
            alive.add(thing)
            return thing
        def count():
            gc.collect()
            return len(alive)
        """
    ).passes(
        """
        kept = make()
        for _ in range(20):
            make()
        assert count() <= 2, count()
        again = [kept, make()]
        assert count() == 2
        """,
        "make",
        "count",
    )


@pytest.mark.parametrize("name", ["missing", "broken"])
def test_a_bound_value_over_a_cap_fails_the_cell_and_says_which(bench: Make, name: str) -> None:
    made = bench(f"{name} = 'x' * 5000", caps=Caps(reply_bytes=4000))
    # The candidate has its own, larger caps: what it sends is refused here.
    assert made.cell("pass", name).fatal in ("output", "not_plain")
