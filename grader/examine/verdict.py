"""What the examiner says of a test cell that it has just run, as the worker reads it."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass

from grader.examine.evidence import Value
from grader.results import Reason

_TYPES = {"bool": bool, "int": int, "float": float}


@dataclass(frozen=True)
class Verdict:
    """``fatal`` is what fails the cell whatever its code made of it, said in ``message``.

    ``value`` is the cell's last value where it is exactly a bool, int or float; ``plain`` is false
    where it has another value than None. ``idle`` says whether the candidate answered all
    it was asked.
    """

    fatal: Reason | None = None
    message: str = ""
    value: Value = None
    plain: bool = True
    idle: bool = True


def read(expression: object) -> Verdict:
    """Read the user expression of a reply; raise :class:`ValueError` where it is no verdict."""
    try:
        text = expression["data"]["text/plain"]  # type: ignore[index]
        said = json.loads(ast.literal_eval(text))
        fatal = Reason(said["fatal"]) if said["fatal"] else None
        value, plain = _value(said["value"])
        return Verdict(fatal, str(said["message"]), value, plain, bool(said["idle"]))
    except (KeyError, TypeError, SyntaxError) as error:
        raise ValueError(f"no verdict: {error!r}") from None


def _value(said: dict[str, str] | None) -> tuple[Value, bool]:
    if said is None:
        return None, True
    kind = _TYPES.get(said["type"])
    if kind is None:
        return None, False
    if kind is bool:
        return said["repr"] == "True", True
    return kind(said["repr"]), True
