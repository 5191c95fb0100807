"""Whatever bytes a candidate sends while a cell waits: the cell is worth nothing, and that is all.

The bytes are drawn at random, or are frames that an honest candidate could send, damaged: bits
turned over, cut short, lengths, kinds and numbers changed, doubled, in another order.
"""

from __future__ import annotations

import builtins
import os
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas  # noqa: F401  # what the codec would import with the first such value
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from boundary_bench import Bench, Make, Outcome
from boundary_forger import FORGER
from grader.examine.boundary import dialogue
from grader.examine.boundary.codec import Caps, encode
from grader.examine.boundary.frames import Kind
from grader.examine.judge import judge
from grader.examine.trace import CellRun
from grader.examine.verdict import Verdict
from grader.results import Reason
from plain_values import values

SECONDS, GRACE_S = 0.2, 0.1
LOST = Reason.CANDIDATE_LOST
REASONS = set(Reason) - {Reason.INTERNAL, Reason.NOT_RUN}  # these two would be ours
# A test that ends well where the examiner refused an answer, and with no answer that it took.
CELL = """
met = None
try:
    f(lambda *_, **__: 1)
except BaseException as error:
    met = [one.__name__ for one in type(error).__mro__]
assert met and "BoundaryError" in met, "an answer was taken"
"""
SAYS_RAISED = ("LookupError", "StopIteration", "Own")
MET = {"LookupError", "StudentError"}  # as what these arrive
# What the candidate does after its bytes.
THEN = {
    "ends": "os._exit(0)",
    "closes": "boundary.shutdown(socket.SHUT_WR) or time.sleep(9)",
    "waits": "None",
}
BINDS, CALLS = 1, 2  # the numbers of the two requests of the cell
FOREVER = 2**63

many = settings(
    deadline=None,
    max_examples=1000 if "NIGHTLY" in os.environ else 70,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate],  # each example may wait for its time to run out
)


@dataclass(frozen=True)
class Sent:
    """A frame as it is sent; its ``length`` may lie."""

    length: int
    kind: int
    number: int
    body: bytes

    def packed(self) -> bytes:
        head = struct.pack("<QBQ", self.length % 2**64, self.kind % 256, self.number % 2**64)
        return head + self.body


def plain(value: object) -> bytes:
    return encode(value, reference=lambda _: 8, caps=Caps())


def bodies(kind: Kind) -> st.SearchStrategy[bytes]:
    """What an honest candidate could say in a frame of this kind."""
    content: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.RESULT: values | st.just(object()) | st.just({"f": plain(len)}),
        Kind.RAISED: st.tuples(st.sampled_from(SAYS_RAISED),
                               st.text(max_size=9), st.integers(0, 2)),
        Kind.INTERRUPTED: st.none(),
        Kind.TOO_LARGE: st.tuples(st.text(max_size=9)),
    }  # fmt: skip
    printed = st.sampled_from([(), ((False, "said"),)])
    if kind in content:
        return st.tuples(printed, content[kind]).map(plain)
    uses = st.sampled_from([("call", ([], {})), ("call", ([1], {"x": 2})), ("bind", None),
                            ("next", 1), ("attribute", "__class__")])  # fmt: skip
    return st.tuples(printed, st.integers(0, 2), uses).map(lambda u: plain((u[0], u[1], *u[2])))


def mangled(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with a bit turned over, cut short, or with bytes put in or taken out."""
    place = draw(st.integers(0, max(0, len(data) - 1)))
    match draw(st.sampled_from(["bit", "bit", "cut", "more", "less"])):
        case "bit" if data:
            turned = data[place] ^ 1 << draw(st.integers(0, 7))
            return data[:place] + bytes([turned]) + data[place + 1 :]
        case "cut":
            return data[:place]
        case "more":
            return data[:place] + draw(st.binary(min_size=1, max_size=20)) + data[place:]
        case _:
            return data[:place] + data[place + draw(st.integers(1, 20)) :]


@st.composite
def frames(draw: st.DrawFn, number: int) -> Sent:
    """A frame of the right form, whose body may be damaged, or anything."""
    kind = draw(st.sampled_from([Kind.RESULT, Kind.RESULT, *list(Kind)[2:]]))
    body = draw(bodies(kind) | st.binary(max_size=40) if draw(st.booleans()) else bodies(kind))
    for _ in range(draw(st.integers(0, 2))):
        body = mangled(draw, body)
    return Sent(len(body), kind, number, body)


def damaged(draw: st.DrawFn, sent: list[Sent]) -> list[Sent]:
    """One thing is wrong with the frames."""
    place = draw(st.integers(0, len(sent) - 1))
    one, other = sent[place], sent[draw(st.integers(0, len(sent) - 1))]
    whats: list[Callable[[], list[Sent]]] = [
        lambda: [replace(one, kind=draw(st.integers(0, 255)))],
        lambda: [replace(one, kind=other.kind), replace(other, kind=one.kind)],
        lambda: [replace(one, number=one.number + draw(st.integers(-3, 3)))],
        lambda: [replace(one, length=one.length + draw(st.integers(-3, 3)))],
        lambda: [replace(one, length=draw(st.sampled_from([0, 2**20, 2**26, 2**28, FOREVER])))],
        lambda: [replace(one, body=other.body)],
        lambda: [one, one],
        lambda: [other, one],
    ]
    return [*sent[:place], *draw(st.sampled_from(whats))(), *sent[place + 1 :]]


@st.composite
def hostile(draw: st.DrawFn, number: int) -> bytes:
    """What is sent in place of the reply to the request with this ``number``."""
    if draw(st.integers(0, 7)) == 7:
        return draw(st.binary(max_size=300))
    sent = draw(st.lists(frames(number), min_size=1, max_size=3))
    for _ in range(max(0, draw(st.integers(-2, 2)))):
        sent = damaged(draw, sent)
    data = b"".join(one.packed() for one in sent)
    return mangled(draw, data) if draw(st.integers(0, 5)) == 5 else data


def surroundings(made: Bench) -> dict[str, object]:
    """All of this process that a cell's replies must leave as it is."""
    bound = {name: id(value) for name, value in made.namespace.items()}
    return {
        "names": {k: v for k, v in bound.items() if k not in ("f", "met", "error", "__builtins__")},
        "builtins": {name: id(value) for name, value in vars(builtins).items()},
        "modules": set(sys.modules),
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "threads": threading.active_count(),
        "signals": (sys.gettrace(), sys.getrecursionlimit(), sys.stdout, sys.stderr),
    }


def descriptors() -> set[tuple[str, str]]:
    """This process's open sockets, pipes and files, and what they are of.

    Without the kernel's own objects, such as an eventfd: the boundary opens none, and ZeroMQ's
    threads, which other tests leave behind, open them at any time.
    """
    numbers = os.listdir("/proc/self/fd")  # noqa: PTH208
    named = {(number, _target(number)) for number in numbers}
    return {(number, name) for number, name in named if name and not name.startswith("anon_inode")}


def _target(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
    except FileNotFoundError:
        return ""  # the descriptor of the listing itself


def reason_of(outcome: Outcome) -> Reason | None:
    """Why the cell has no points, as the grader judges what the examiner says; None if it has."""
    fatal = Reason(outcome.fatal) if outcome.fatal else None
    error = outcome.error
    run = CellRun("error" if error else "ok", type(error).__name__ if error else "")
    run.verdict = Verdict(fatal, outcome.message, idle=outcome.idle)
    evidence = judge(run, None)
    return None if evidence.completed and evidence.reason is None else evidence.reason


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "GRACE_S", GRACE_S)


@pytest.mark.skipif(sys.platform != "linux", reason="open descriptors are known on Linux only")
@many
@given(
    data=st.data(),
    number=st.sampled_from([BINDS, CALLS]),
    then=st.sampled_from(["ends", "ends", "ends", *THEN]),
)
@example(data=None, number=CALLS, then="waits")
def test_the_cell_is_worth_nothing_and_nothing_else_changes(
    bench: Make, data: st.DataObject | None, number: int, then: str
) -> None:
    sent = data.draw(hostile(number)) if data else b""
    reply = f"(send(bytes.fromhex('{sent.hex()}')), {THEN[then]})"
    made = bench(FORGER.format(reply=reply, honest=number - 1))
    before, opened = surroundings(made), descriptors()
    try:
        first = made.cell(CELL, "f", seconds=SECONDS)
        assert reason_of(first) in REASONS
        assert first.error is None or type(first.error) is AssertionError
        met = made.namespace["met"]
        if number == CALLS and met is not None and "NameError" not in met:
            assert met[0] in MET or "BoundaryError" in met, "no error of ours goes through"
        second = made.cell(CELL, "f", seconds=SECONDS)
        assert reason_of(second) in REASONS
        last = made.cell("assert 1 + 1 == 2", seconds=SECONDS)
        if first.idle and second.idle:
            assert last.passed and last.idle
        else:  # the candidate has to be ended: what comes later says so
            assert reason_of(last) is LOST and not last.idle
        if not first.idle:
            assert reason_of(second) is LOST and not second.idle
        assert surroundings(made) == before
        # What other tests left may be closed meanwhile; what is new would be a leak of ours.
        assert descriptors() <= opened
    finally:
        made.kill()


def test_of_an_honest_candidate_the_same_cell_takes_the_answer(bench: Make) -> None:
    made = bench("def f(callback): return callback()")
    assert reason_of(made.cell(CELL, "f")) is Reason.ASSERTION
    assert made.cell("assert f(lambda: 1) == 1", "f").passed
