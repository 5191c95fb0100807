"""What the examiner may ask of the candidate, and what it answers to a callback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Operation(StrEnum):
    """What is done with the object that a handle, or a callback's number, stands for."""

    BIND = "bind"  # the values of names; only of the candidate
    BESIDE = "beside"  # define a helper and call it; only of the candidate
    CALL = "call"
    ATTRIBUTE = "attribute"
    ITEM = "item"
    LENGTH = "length"
    ITERATE = "iterate"
    NEXT = "next"


@dataclass(frozen=True)
class Call:
    """The arguments of a call."""

    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Helper:
    """A ``beside`` helper: all of its text that crosses, its name, and the call."""

    source: str
    name: str
    call: Call


@dataclass(frozen=True)
class Request:
    """One request. ``subject`` is a handle, 0 where the operation needs none.

    ``detail`` is the names of BIND, a :class:`Helper`, a :class:`Call`, an attribute's name or an
    item's key. ``states`` are the random generators' to set first; ``released`` counts, for each
    handle that is no longer held, how often it had been received.
    """

    operation: Operation
    subject: int = 0
    detail: object = None
    states: Mapping[str, bytes] = field(default_factory=dict)
    released: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Value:
    """A callback's value. ``end``: its iterator has no more."""

    value: object = None
    end: bool = False


@dataclass(frozen=True)
class Raised:
    """A callback raised an exception; ``stop`` asks the candidate to give up its call."""

    name: str = ""
    message: str = ""
    stop: bool = False


Answer = Value | Raised
