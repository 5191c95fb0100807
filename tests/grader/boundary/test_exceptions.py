"""Exceptions cross by name from a closed list, or as StudentError; what ends loops never does."""

from __future__ import annotations

import pytest

from boundary_bench import Make
from grader.examine.boundary.exceptions import (
    MESSAGE_CHARACTERS,
    StudentError,
    describe_callback,
    rebuild,
)

STUDENT = """
    import json
    class Own(Exception): pass
    class OwnValue(ValueError): pass
    class Sly(ValueError):
        def __str__(self): raise SystemExit
    class Base(BaseException): pass
    class Liar(Exception):
        __class__ = KeyError
    class AlmostStop(StopIteration, ValueError): pass

    def fail(name):
        if name == "json":
            json.loads("{")
        if name == "unicode":
            b"\\xff".decode()
        if name == "group":
            raise ExceptionGroup("many", [ValueError(1)])
        if name == "exit":
            exit()
        raise {
            "ValueError": ValueError("too small"), "KeyError": KeyError("a"), "Own": Own("mine"),
            "OwnValue": OwnValue("mine"), "StopIteration": StopIteration(3), "Sly": Sly("x"),
            "StopAsyncIteration": StopAsyncIteration(), "GeneratorExit": GeneratorExit(),
            "KeyboardInterrupt": KeyboardInterrupt(), "SystemExit": SystemExit(0), "Base": Base(),
            "Liar": Liar("x"), "AlmostStop": AlmostStop(), "Exception": Exception("plain"),
            "long": ValueError("x" * 10**6), "control": ValueError("a\\x1b[31m\\x00b\\ud800"),
            "FileNotFoundError": FileNotFoundError(2, "No such file", "x"),
        }[name]
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ValueError", ValueError),
        ("KeyError", KeyError),
        ("OwnValue", ValueError),
        ("json", ValueError),
        ("unicode", UnicodeDecodeError),
        ("Sly", ValueError),
        ("FileNotFoundError", FileNotFoundError),
        ("Own", StudentError),
        ("Exception", StudentError),
        ("group", StudentError),
        ("StopIteration", StudentError),
        ("AlmostStop", StudentError),
        ("StopAsyncIteration", StudentError),
        ("GeneratorExit", StudentError),
        ("KeyboardInterrupt", StudentError),
        ("SystemExit", StudentError),
        ("Base", StudentError),
        ("Liar", StudentError),
    ],
)
def test_an_exception_crosses_as_the_first_of_its_classes_in_the_list(
    bench: Make, name: str, expected: type[Exception]
) -> None:
    made = bench(STUDENT)
    outcome = made.cell(f"fail({name!r})", "fail")
    assert type(outcome.error) is expected and outcome.fatal is None
    made.passes("assert callable(fail)", "fail")  # the candidate goes on


def test_its_message_crosses(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        expected = {"ValueError": "too small", "KeyError": "'a'", "Own": "Own: mine"}
        for name, message in expected.items():
            try:
                fail(name)
            except Exception as error:
                assert str(error) == message, str(error)
        """,
        "fail",
    )


def test_a_message_is_short_and_plain_text(bench: Make) -> None:
    made = bench(STUDENT)
    assert len(str(made.cell("fail('long')", "fail").error)) == MESSAGE_CHARACTERS
    assert str(made.cell("fail('control')", "fail").error) == "a[31mb?"


def test_no_traceback_of_the_student_crosses(bench: Make) -> None:
    error = bench(STUDENT).cell("fail('ValueError')", "fail").error
    assert error is not None and error.__cause__ is None and error.__context__ is None


def test_a_real_stop_iteration_does_not_end_the_tests_loop(bench: Make) -> None:
    outcome = bench(STUDENT).cell(
        """
        def check(case):
            fail("StopIteration")
            return False
        assert all(map(check, [1, 2, 3]))
        """,
        "fail",
    )
    assert isinstance(outcome.error, StudentError)


def test_nor_does_one_of_a_callback_that_the_student_runs_dry(bench: Make) -> None:
    outcome = bench("def ask(model): return [model(), model(), model()]").cell(
        """
        def check(case):
            replies = iter(["one"])
            return ask(lambda: next(replies)) == "never"
        assert all(map(check, [1, 2, 3]))
        """,
        "ask",
    )
    assert type(outcome.error) is RuntimeError


@pytest.mark.parametrize("name", ["SystemExit", "os.system", "StopIteration", "StudentError", ""])
def test_a_name_outside_the_list_is_a_student_error(name: str) -> None:
    assert type(rebuild(name, "x")) is StudentError


def test_the_candidate_is_not_told_what_a_failed_assertion_of_a_callback_says() -> None:
    assert describe_callback(AssertionError("the seventh case expects 42")) == (
        "AssertionError",
        "",
    )
    assert describe_callback(NameError("name 'hidden_check' is not defined"))[1] == ""
    assert describe_callback(ValueError("division by zero")) == ("ValueError", "division by zero")
