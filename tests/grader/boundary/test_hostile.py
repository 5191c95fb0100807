"""A candidate that forges, floods, drips or dies: the cell fails in time, and nothing else does."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from boundary_bench import Make
from boundary_forger import FORGER
from grader.examine.boundary import dialogue
from grader.examine.boundary.codec import Caps
from grader.results import Reason

NAMES_OF_REASONS = {reason.value for reason in Reason}
FORGERIES = {
    "garbage": ("send(os.urandom(4096))", "not_plain"),
    "a length beyond all": ("send(struct.pack('<QBQ', 2**64 - 1, RESULT, n))", "not_plain"),
    "a length over the cap": ("send(struct.pack('<QBQ', 2**28, RESULT, n))", "not_plain"),
    "a body that never comes": ("send(struct.pack('<QBQ', 2**26, RESULT, n))", "timeout"),
    "a header that never comes": ("send(b'\\0' * 16)", "timeout"),
    "silence": ("None", "timeout"),
    "byte by byte": ("drip(frame(RESULT, n, plain(((), 1)) + bytes(10_000)))", "timeout"),
    "an unknown kind": ("send(frame(99, n, b''))", "not_plain"),
    "a request": ("send(frame(REQUEST, n, pickle.dumps(print)))", "not_plain"),
    "a request in plain data": ("send(frame(REQUEST, n, plain(((), None))))", "not_plain"),
    "an answer": ("send(frame(ANSWER, n, pickle.dumps(print)))", "not_plain"),
    "another number": ("send(frame(RESULT, n + 1, plain(((), 1))))", "not_plain"),
    "an empty body": ("send(frame(RESULT, n, b''))", "not_plain"),
    "a pickle": ("send(frame(RESULT, n, pickle.dumps(((), 1))))", "not_plain"),
    "bytes after the end": ("send(frame(RESULT, n, plain(((), 1)) + b'x'))", "not_plain"),
    "no pair": ("send(frame(RESULT, n, plain(1)))", "not_plain"),
    "a reference as the whole": ("send(frame(RESULT, n, plain(object())))", "not_plain"),
    "a reference as output": ("send(frame(RESULT, n, plain((object(), 1))))", "not_plain"),
    "output that is none": ("send(frame(RESULT, n, plain((((1, 2),), 1))))", "not_plain"),
    "an exception without words": ("send(frame(RAISED, n, plain(((), None))))", "not_plain"),
    "an exception of references": (
        "send(frame(RAISED, n, plain(((), (object(), object(), 0)))))", "not_plain"),
    "too large, it says": ("send(frame(TOO_LARGE, n, plain(((), ('\\x1b[2J',)))))", "output"),
    "interrupted, it says": ("send(frame(INTERRUPTED, n, plain(((), None))))", "timeout"),
    "a malformed callback": ("send(frame(CALLBACK, 1, plain(1)))", "not_plain"),
    "a callback of references": (
        "send(frame(CALLBACK, 1, plain((object(), object(), object(), object()))))", "not_plain"),
    "a callback to bind": ("send(frame(CALLBACK, 1, plain(((), 1, 'bind', None))))", "not_plain"),
    "a callback with odd keywords": (
        "send(frame(CALLBACK, 1, plain(((), 1, 'call', ([], {1: 2})))))", "not_plain"),
    "callbacks without end": (
        "endless(lambda: frame(CALLBACK, 1, plain(((), 1, 'call', ([], {})))))", "timeout"),
    "results without end": ("endless(lambda: frame(RESULT, n, plain(((), 1))))", None),
    "the end of the process": ("os._exit(0)", "candidate_lost"),
    "a closed connection": ("boundary.close() or time.sleep(9)", "candidate_lost"),
    "a half frame, then the end": ("send(frame(RESULT, n, b'xx')[:-1]) or os._exit(0)",
                                   "candidate_lost"),
}  # fmt: skip
CELL = """
try:
    f(lambda: 1)
except BaseException:
    pass
"""


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "GRACE_S", 0.2)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_reply_fails_the_cell_within_its_time(bench: Make, name: str) -> None:
    reply, reason = FORGERIES[name]
    made = bench(FORGER.format(reply=reply, honest=1))
    begun = time.monotonic()
    outcome = made.cell(CELL, "f", seconds=0.4)
    assert time.monotonic() - begun < 5
    assert outcome.error is None and outcome.fatal == reason
    # The session is in step, or refuses whatever comes.
    again = made.cell(CELL, "f", seconds=0.4)
    assert again.fatal in NAMES_OF_REASONS
    assert outcome.idle or (again.fatal == "candidate_lost" and not again.idle)
    if reason is not None and not outcome.idle:
        assert made.cell("pass", seconds=0.4).fatal == "candidate_lost"


@pytest.mark.parametrize("name", FORGERIES)
def test_so_does_one_to_the_binding_of_names(bench: Make, name: str) -> None:
    reply, _ = FORGERIES[name]
    made = bench(FORGER.format(reply=reply, honest=0))
    outcome = made.cell("pass", "f", seconds=0.4)
    assert outcome.fatal in NAMES_OF_REASONS and outcome.error is None
    assert "f" not in made.namespace


@pytest.mark.parametrize(
    "bound",
    ["((), {'f': b''})", "((), {'f': 1})", "((), {'g': b''})", "((), {1: b''})", "((), [1])",
     "((), object())", "((), {'f': plain(object())[:-1]})"],
)  # fmt: skip
def test_names_in_another_form_are_refused(bench: Make, bound: str) -> None:
    made = bench(FORGER.format(reply=f"send(frame(RESULT, n, plain({bound})))", honest=0))
    outcome = made.cell("pass", "f", seconds=5)
    assert outcome.fatal == "not_plain" and outcome.idle and "f" not in made.namespace


def test_a_length_is_no_reason_to_take_memory(bench: Make) -> None:
    made = bench(FORGER.format(reply=FORGERIES["a body that never comes"][0], honest=1))
    tracemalloc.start()
    made.cell(CELL, "f", seconds=0.3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24


def test_a_candidate_that_does_not_read_meets_the_deadline(bench: Make) -> None:
    reply = "send(frame(RESULT, n, bound)) or time.sleep(60)"
    made = bench(FORGER.format(reply=reply, honest=0))
    begun = time.monotonic()
    outcome = made.cell("try: f(bytes(10**7))\nexcept Exception: pass", "f", seconds=0.3)
    assert outcome.fatal == "timeout" and not outcome.idle and time.monotonic() - begun < 5


def test_replies_of_a_cell_are_capped_together(bench: Make) -> None:
    made = bench("def f(): return 'x' * 1000", caps=Caps(reply_bytes=5000, cell_bytes=20_000))
    outcome = made.cell("try:\n    while True: f()\nexcept Exception: pass", "f")
    assert outcome.fatal == "output" and outcome.idle
    made.passes("assert len(f()) == 1000", "f")


@pytest.mark.parametrize("value", ["1 << 70_000", "[None] * 3_000_000", "deep()"])
def test_an_honest_result_over_a_cap_is_told_and_the_candidate_goes_on(
    bench: Make, value: str
) -> None:
    made = bench(
        f"""
        def deep():
            value = []
            for _ in range(1000):
                value = [value]
            return value
        def f(): return {value}
        def g(): return 1
        """
    )
    outcome = made.cell("try: f()\nexcept Exception: pass", "f")
    assert outcome.fatal == "output" and outcome.idle and "too large" in outcome.message
    made.passes("assert g() == 1", "g")


@pytest.mark.parametrize(
    "death", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.close(boundary.fileno())"]
)
def test_a_candidate_that_dies_in_a_call_fails_this_cell_and_the_later_ones(
    bench: Make, death: str
) -> None:
    made = bench(f"import os\ndef f(): {death}")
    outcome = made.cell("try: f()\nexcept Exception: pass", "f")
    assert outcome.fatal == "candidate_lost" and not outcome.idle
    kept = made.namespace["f"]
    made.namespace["kept"] = kept
    again = made.cell("try: kept()\nexcept Exception: pass")
    assert again.fatal == "candidate_lost"


def test_a_copy_of_the_candidate_answers_nothing(bench: Make) -> None:
    made = bench(
        """
        import os
        def f():
            return os.fork() == 0
        """
    )
    made.passes("assert f() is False", "f")
    made.passes("assert f() is False", "f")
