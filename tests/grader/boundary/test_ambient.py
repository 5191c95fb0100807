"""Random states go along with a call, and what it prints comes back."""

from __future__ import annotations

import pytest

from boundary_bench import Make
from grader.examine.boundary import ambient

STUDENT = """
    import random, sys
    import numpy as np
    def draw(): return random.random()
    def draw_numpy(): return float(np.random.rand())
    def draw_torch():
        import torch
        return float(torch.rand(1))
    def seed_and_draw():
        import torch
        return torch.initial_seed(), float(torch.rand(1))
    def say(out, err=""):
        print(out)
        print(err, file=sys.stderr)
    def flood():
        while True:
            print("x" * 100_000)
    def leak():
        kept.append(sys.stdout)
    def shout(): raise ValueError(print("said") or "x")
    kept = []
"""


def test_torchs_state_crosses_without_the_seed_that_it_came_from(bench: Make) -> None:
    import torch

    made = bench(STUDENT)
    made.namespace["torch"] = torch
    made.passes(
        """
        torch.manual_seed(20_261_123)
        torch.randn(5)
        expected = float(torch.rand(1))
        torch.manual_seed(20_261_123)
        torch.randn(5)
        seed, drawn = seed_and_draw()
        assert drawn == expected and seed != 20_261_123
        """,
        "seed_and_draw",
    )


def test_a_seed_of_the_test_holds_in_the_students_code(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        import random, numpy as np
        expected = random.Random(3).random()
        random.seed(3)
        assert draw() == expected
        random.seed(3)
        assert draw() == expected, "the same seed again is set again"
        np.random.seed(4)
        first = draw_numpy()
        assert first == float(np.random.RandomState(4).rand())
        np.random.seed(4)
        assert draw_numpy() == first
        """,
        "draw",
        "draw_numpy",
    )


def test_torchs_seed_too(bench: Make) -> None:
    import torch

    made = bench(STUDENT)
    made.namespace["torch"] = torch
    made.passes(
        """
        torch.manual_seed(5)
        expected = float(torch.rand(1))
        for _ in range(2):
            torch.manual_seed(5)
            assert draw_torch() == expected
        """,
        "draw_torch",
    )


def test_without_a_new_seed_the_student_goes_on_with_the_stream(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        import random
        stream = random.Random(3)
        random.seed(3)
        assert [draw(), draw(), draw()] == [stream.random() for _ in range(3)]
        """,
        "draw",
    )


def test_states_cross_only_when_the_test_has_changed_them() -> None:
    import random

    states = ambient.States()
    assert states.changed() == {}
    random.seed(1)
    assert set(states.changed()) == {"random"}
    assert states.changed() == {}
    random.seed(1)
    assert set(states.changed()) == {"random"}


def test_given_cells_between_two_tests_are_no_change_of_the_tests(bench: Make) -> None:
    made = bench(STUDENT)
    made.passes("draw()", "draw")
    made.run("import random\nrandom.seed(3)")  # the candidate ran it too, and has drawn since
    made.passes("assert draw() != random.Random(3).random()", "draw")
    made.passes("import random\nrandom.seed(3)", "draw")
    made.passes("assert draw() == random.Random(3).random()", "draw")


def test_what_a_call_prints_is_printed_here(
    bench: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    made = bench(STUDENT)
    made.passes("say('out', 'err')", "say")
    assert capsys.readouterr() == ("out\n", "err\n")
    assert isinstance(made.cell("shout()", "shout").error, ValueError)
    assert capsys.readouterr().out == "said\n"


def test_a_test_can_look_at_what_a_call_prints(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        import contextlib, io
        buffer = io.StringIO()
        with contextlib.redirect_stdout(buffer):
            say("hello")
        assert buffer.getvalue() == "hello\\n"
        """,
        "say",
    )


def test_output_is_capped_for_each_call_and_each_cell(
    bench: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    most = ambient.OUTPUT_CHARACTERS + len(ambient.CUT)
    made = bench(STUDENT)
    made.passes("say('x' * 10**7)", "say")
    out = capsys.readouterr().out
    assert len(out) <= most and out.endswith(ambient.CUT)
    made.passes("for _ in range(5): say('x' * 90_000)", "say")
    printed = capsys.readouterr()
    assert len(printed.out) + len(printed.err) <= most + len(ambient.CUT)


def test_odd_text_can_be_printed(bench: Make, capsys: pytest.CaptureFixture[str]) -> None:
    bench(STUDENT).passes("say('a\\ud800b')", "say")
    assert capsys.readouterr().out == "a?b\n"


def test_a_value_that_is_no_output_is_refused() -> None:
    assert ambient.is_printed(((True, "x"), (False, "")))
    for value in (None, [], ((True,),), ((1, "x"),), ((True, b"x"),), (True, "x")):
        assert not ambient.is_printed(value)
