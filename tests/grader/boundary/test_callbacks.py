"""Callbacks: what a test defines runs in the examiner."""

from __future__ import annotations

import pytest

from boundary_bench import Make
from grader.examine.boundary import callbacks

STUDENT = """
    from concurrent.futures import ThreadPoolExecutor
    def call(f, *a, **k): return f(*a, **k)
    def both(f, x): return f(x) + f(x)
    def identity(x): return x
    def read(thing, name): return getattr(thing, name)
    def size(thing): return len(thing), thing[0], list(thing)
    def shape(thing): return [callable(thing), *(hasattr(type(thing), n) for n in
                              ("__len__", "__getitem__", "__iter__", "__next__"))]
    def catch(f, cls):
        try:
            f()
        except cls as error:
            return type(error).__name__, str(error)
    def let(f): return f()
    def threads(f): return sorted(ThreadPoolExecutor(4).map(f, range(20)))
    def print_around(f):
        print("before")
        f()
        print("after")
    kept = []
    def keep(f): kept.append(f)
    def use_kept(): return kept[0]()
    def repeat(f, n):
        for _ in range(n):
            f()
"""


def test_functions_lambdas_methods_partials_and_instances_are_called_here(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        import functools
        called = []
        def plus(x, y=1):
            called.append(x)
            return x + y
        class Model:
            def __call__(self, x): return plus(x)
            def generate(self, x): return plus(x, y=10)
        assert call(plus, 1) == 2 and call(plus, 1, y=5) == 6
        assert both(lambda x: plus(x), 3) == 8
        assert call(Model(), 1) == 2 and call(Model().generate, 1) == 11
        assert call(functools.partial(plus, y=7), 1) == 8
        assert called == [1, 1, 3, 3, 1, 1, 1]
        """,
        "call",
        "both",
    )


def test_arguments_of_a_callback_are_plain_data_or_references(bench: Make) -> None:
    bench("class Own: pass\ndef give(f): return f([1, (2,)], key=Own())").passes(
        """
        def take(plain, *, key):
            assert type(plain) is list and plain == [1, (2,)]
            return type(key).__name__
        assert give(take) == "Reference"
        """,
        "give",
    )


def test_a_callback_handed_back_is_the_very_object(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        class Model: pass
        model = Model()
        f = lambda: 1
        assert identity(model) is model and identity([f, f])[1] is f
        """,
        "identity",
    )


def test_public_attributes_and_methods_of_an_instance_can_be_used(bench: Make) -> None:
    bench("def use(model): return model.name, model.add(2), model.parts[0], model.tool(3)").passes(
        """
        class Model:
            parts = ["a"]
            def __init__(self):
                self.name = "scripted"
                self.tool = lambda x: x * 2
            def add(self, x): return x + 1
        assert use(Model()) == ("scripted", 3, "a", 6)
        """,
        "use",
    )


def test_a_proxy_offers_what_the_class_defines_and_no_more(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        class Data:
            def __len__(self): return 2
            def __getitem__(self, i): return "ab"[i]
            def __iter__(self): return iter("ab")
        class Nothing: pass
        def generator():
            yield 1
        assert size(Data()) == (2, "a", ["a", "b"])
        assert shape(Data()) == [False, True, True, True, False]
        assert shape(Nothing()) == [False] * 5
        assert shape(lambda: 1) == [True, False, False, False, False]
        assert shape(generator()) == [False, False, False, True, True]
        assert call(list, generator()) == [1]
        """,
        "size",
        "shape",
        "call",
    )


def test_a_class_of_a_test_makes_callbacks(bench: Make) -> None:
    bench("def build(cls): return cls(3).value + 1").passes(
        """
        class Thing:
            def __init__(self, value): self.value = value
        assert build(Thing) == 4
        """,
        "build",
    )


def test_a_callback_may_use_the_students_code(bench: Make) -> None:
    bench(
        """
        def fold(f, n): return 0 if n == 0 else f(n)
        def double(x): return 2 * x
        """
    ).passes(
        """
        def step(n): return double(1) + fold(step, n - 1)
        assert fold(step, 5) == 10
        """,
        "fold",
        "double",
    )


def test_endless_mutual_recursion_is_a_recursion_error(bench: Make) -> None:
    made = bench("def fold(f): return f()")
    outcome = made.cell("def again(): return fold(again)\nfold(again)", "fold")
    assert isinstance(outcome.error, RecursionError) and outcome.idle
    made.passes("assert fold(lambda: 3) == 3", "fold")


def test_an_exception_of_a_callback_is_of_the_same_class_there(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        def fail(): raise ValueError("no such tool")
        class Own(KeyError): pass
        def own(): raise Own("x")
        assert catch(fail, ValueError) == ("ValueError", "no such tool")
        assert catch(own, KeyError)[0] == "KeyError"
        """,
        "catch",
    )


def test_the_original_comes_back_if_the_student_lets_it_through(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        class Own(Exception): pass
        error = Own("mine")
        def fail(): raise error
        try:
            let(fail)
        except Own as caught:
            assert caught is error
        else:
            raise AssertionError("nothing was raised")
        """,
        "let",
    )


def test_what_fails_the_cell_inside_a_callback_fails_it(bench: Make) -> None:
    made = bench(
        "class Own: pass\ndef swallow(f):\n    try: f(Own())\n    except BaseException: pass"
    )
    outcome = made.cell("def use(own): return own == 1\ntry: swallow(use)\nexcept Exception: pass",
                        "swallow")  # fmt: skip
    assert outcome.fatal == "not_plain" and outcome.idle


def test_threads_of_the_student_may_use_callbacks(bench: Make) -> None:
    bench(STUDENT).passes(
        "assert threads(lambda x: x * x) == sorted(x * x for x in range(20))", "threads"
    )


def test_a_callback_kept_from_an_earlier_cell_is_of_no_use(bench: Make) -> None:
    made = bench(STUDENT)
    made.passes("keep(lambda: 'hidden')", "keep")
    outcome = made.cell("def other(): return 1\nkeep(other)\nuse_kept()", "keep", "use_kept")
    assert type(outcome.error) is RuntimeError and "earlier test" in str(outcome.error)


def test_callbacks_are_counted(bench: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.examine.boundary import dialogue

    monkeypatch.setattr(dialogue, "MOST", 50)
    made = bench(STUDENT)
    made.passes("repeat(lambda: None, 50)", "repeat")
    outcome = made.cell("repeat(lambda: None, 10**9)", "repeat")
    assert outcome.fatal == "output" and outcome.idle
    made.passes("assert identity(1) == 1", "identity")
    assert callbacks.MOST == 100_000


def test_output_keeps_its_order_around_a_callback(
    bench: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(STUDENT).passes("print_around(lambda: print('inside'))", "print_around")
    assert capsys.readouterr().out == "before\ninside\nafter\n"


def test_a_value_of_a_callback_that_cannot_be_copied_fails_the_cell(bench: Make) -> None:
    made = bench(STUDENT)
    swallowed = "catch(lambda: open('/dev/null'), Exception)"
    for call in ("try: let(lambda: open('/dev/null'))\nexcept Exception: pass", swallowed):
        outcome = made.cell(call, "let", "catch")
        assert outcome.fatal == "not_plain" and outcome.idle
    made.passes("assert identity(1) == 1", "identity")
