"""Time: no wait without an end; an interrupt ends the call that runs and nothing else."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType

import pytest

from boundary_bench import Bench, Make
from grader.examine.boundary import dialogue

STUDENT = """
    import time
    def spin():
        while True: pass
    def stubborn():
        while True:
            try:
                while True: time.sleep(0.01)
            except KeyboardInterrupt:
                pass
    def late():
        try:
            while True: time.sleep(0.01)
        except KeyboardInterrupt:
            return "late"
    def quick(): return 1
    counted = []
    def count():
        counted.append(1)
        return len(counted)
    def call(f): return f()
    def call_again(f):
        while True:
            try:
                f()
            except Exception:
                pass
"""


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "GRACE_S", 0.3)


def interrupt(made: Bench, after: float) -> threading.Timer:
    """Do what the engine does at a cell's limit."""
    timer = threading.Timer(after, os.kill, (made.pid, signal.SIGINT))
    timer.start()
    return timer


@pytest.mark.parametrize("name", ["spin", "late"])
def test_an_interrupted_call_fails_the_cell_and_the_candidate_goes_on(
    bench: Make, name: str
) -> None:
    made = bench(STUDENT)
    timer = interrupt(made, 0.3)
    outcome = made.cell(f"try: {name}()\nexcept BaseException: pass", name, seconds=0.2)
    timer.join()
    assert outcome.fatal == "timeout" and outcome.idle
    made.passes("assert quick() == 1", "quick")


def test_an_interrupt_before_our_own_clock_is_time_too(bench: Make) -> None:
    made = bench(STUDENT)
    timer = interrupt(made, 0.2)
    outcome = made.cell("spin()", "spin", seconds=20)
    timer.join()
    assert outcome.fatal == "timeout" and outcome.idle


def test_an_interrupt_between_calls_does_nothing(bench: Make) -> None:
    made = bench(STUDENT)
    made.passes("assert quick() == 1", "quick")
    for _ in range(5):
        os.kill(made.pid, signal.SIGINT)
    made.passes("assert quick() == 1", "quick")


def test_a_candidate_that_ignores_the_interrupt_is_not_idle(bench: Make, short_grace: None) -> None:
    made = bench(STUDENT)
    timer = interrupt(made, 0.2)
    outcome = made.cell("stubborn()", "stubborn", seconds=0.2)
    timer.join()
    assert outcome.fatal == "timeout" and not outcome.idle
    again = made.cell("quick()", "quick")
    assert again.fatal == "candidate_lost" and not again.idle


@pytest.mark.parametrize("step", ["_receive", "_answer", "_use"])
def test_an_interrupt_before_the_reply_is_read_leaves_the_candidate_unasked(
    bench: Make, step: str
) -> None:
    made = bench(STUDENT)
    before = sys.gettrace()

    def trace(frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code.co_name == step and frame.f_code.co_filename == dialogue.__file__:
            sys.settrace(before)
            raise KeyboardInterrupt

    made.namespace["arm"] = lambda: sys.settrace(trace)
    try:
        outcome = made.cell("arm()\ncall(lambda: 1)", "call")
    finally:
        sys.settrace(before)
    assert type(outcome.error) is KeyboardInterrupt and not outcome.idle
    again = made.cell("call(lambda: 1)", "call")
    assert again.fatal == "candidate_lost" and not again.idle


def test_after_the_end_of_its_time_a_cell_can_call_nothing(bench: Make) -> None:
    made = bench(STUDENT)
    outcome = made.cell("import time; time.sleep(0.15)\ncount()", "count", seconds=0.1)
    assert outcome.fatal == "timeout" and outcome.idle
    made.passes("assert count() == 1", "count")


def test_a_callback_that_waits_too_long_ends_with_the_examiners_interrupt(bench: Make) -> None:
    made = bench(STUDENT)
    outcome = made.cell(
        "def wait():\n    raise KeyboardInterrupt\ntry: call(wait)\nexcept Exception: pass", "call"
    )
    assert type(outcome.error) is KeyboardInterrupt and outcome.idle
    made.passes("assert quick() == 1", "quick")


def test_nor_can_student_code_that_swallows_exceptions_go_on_after_it(bench: Make) -> None:
    made = bench(STUDENT)
    outcome = made.cell("def wait():\n    raise KeyboardInterrupt\ncall_again(wait)", "call_again")
    assert type(outcome.error) is KeyboardInterrupt and outcome.idle


def test_an_interrupt_while_a_callback_runs_reaches_the_student_afterwards(bench: Make) -> None:
    made = bench(STUDENT)
    made.namespace["interrupt"] = lambda: os.kill(made.pid, signal.SIGINT)
    outcome = made.cell("call_again(interrupt)", "call_again")
    assert outcome.fatal == "timeout" and outcome.idle
    made.passes("assert quick() == 1", "quick")


def test_callbacks_without_end_meet_the_deadline(bench: Make, short_grace: None) -> None:
    made = bench(STUDENT)
    begun = time.monotonic()
    outcome = made.cell("call_again(lambda: None)", "call_again", seconds=0.3)
    assert outcome.fatal == "timeout" and time.monotonic() - begun < 10
    assert not outcome.idle  # nobody interrupted it


def test_a_second_thread_waits_for_its_turn(bench: Make) -> None:
    bench(STUDENT).passes(
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: quick(), range(50))) == 50
        """,
        "quick",
    )
