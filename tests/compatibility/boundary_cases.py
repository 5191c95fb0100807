"""Tests that share a process with the student's code: they pass there, and not over the boundary.

Each is one row of the docs, in a homework of their own, with right work for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.results import Reason
from release_course import cell as made

ASKS = "a test asks a student's object for its truth, or for a private attribute"
REACHES = "a test deletes or replaces a name in the student's namespace"
PLACE = "over the boundary: "  # how these rows begin


@dataclass(frozen=True)
class Crossing:
    """A test cell, what is asked for and the right work; and why it has no points over there."""

    row: str
    work: str
    test: str
    reason: Reason
    instructors: str | None = None  # the instructor's own solution, where it is another


CROSSINGS = {
    "string": Crossing(
        "a test's last value is a string or an object",
        "def label():\n    return 'right'",
        "label()",
        Reason.NOT_PLAIN,
    ),
    "subclass": Crossing(
        "a test compares a result that only equals plain data",
        "class Tokens(list):\n    pass\n\ndef tokens(text):\n    return Tokens(text.split())",
        "assert tokens('a b') == ['a', 'b']",
        Reason.NOT_PLAIN,
        instructors="def tokens(text):\n    return text.split()",
    ),
    "private": Crossing(
        ASKS,
        "def named():\n    return 1",
        "assert named.__name__ == 'named'",
        Reason.NOT_PLAIN,
    ),
    "truth": Crossing(
        ASKS,
        "class Box:\n    pass\n\ndef box():\n    return Box()",
        "assert box()",
        Reason.NOT_PLAIN,
    ),
    "replaces": Crossing(
        REACHES,
        "def one():\n    return 1\n\ndef doubled():\n    return 2 * one()",
        "kept = one\none = lambda: 5\nassert doubled() == 10\none = kept",
        Reason.ASSERTION,
    ),
    "deletes": Crossing(
        REACHES,
        "def square(x):\n    return x * x\n\ndef total(n):\n"
        "    return sum(square(i) for i in range(n))",
        "kept = square\ndel square\ntry:\n    total(3)\nexcept NameError:\n    pass\n"
        "else:\n    raise AssertionError('total must use square')\nfinally:\n    square = kept",
        Reason.ASSERTION,
    ),
    "argument": Crossing(
        "a test looks at an argument that the student's code changed",
        "def put_in_order(values):\n    values.sort()",
        "values = [2, 1]\nput_in_order(values)\nassert values == [1, 2]",
        Reason.ASSERTION,
    ),
    "error": Crossing(
        "a test catches an exception of a class that is not Python's own",
        "def root(x):\n    if x < 0:\n        raise TooSmall(x)\n    return x**0.5",
        "try:\n    root(-1)\nexcept TooSmall:\n    pass\nelse:\n    raise AssertionError",
        Reason.EXCEPTION,
    ),
    "file": Crossing(
        "a test reads a file that the student's code wrote into its own folder",
        "def keep():\n    with open('kept.txt', 'w') as file:\n        file.write('3')",
        "keep()\nwith open('kept.txt') as file:\n    assert file.read() == '3'",
        Reason.EXCEPTION,
    ),
    "generator": Crossing(
        "a test draws on from a global generator that the student's code drew from",
        "import random\n\ndef two():\n    return random.random(), random.random()",
        "import random\nrandom.seed(3)\ntwo()\nown = random.Random(3)\n"
        "third = [own.random() for _ in range(3)][2]\nassert random.random() == third",
        Reason.ASSERTION,
    ),
    "deep": Crossing(
        "a result more than 100 containers deep, or over another cap of the boundary",
        "def nested(n):\n    value = []\n    for _ in range(n):\n        value = [value]\n"
        "    return value",
        "value = nested(150)\nwhile value:\n    value = value[0]",
        Reason.OUTPUT,
    ),
    "unbound": Crossing(
        "a test uses a name that the instructor's own solution does not bind",
        "extra = 5",
        "assert extra == 5",
        Reason.EXCEPTION,
        instructors="pass",
    ),
}
CROSSING_CELLS = [
    made("class TooSmall(ValueError):\n    pass", "given"),
    *(
        one
        for name, case in CROSSINGS.items()
        for one in (
            made(
                f"### BEGIN SOLUTION\n{case.instructors or case.work}\n### END SOLUTION",
                f"{name}-work",
                "solution",
            ),
            made(case.test, name, "test", 1),
        )
    ),
]
CROSSING_ROWS = {PLACE + case.row for case in CROSSINGS.values()}
