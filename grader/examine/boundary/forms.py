"""The form that what a candidate says must have, down to the exact type of each part."""

from __future__ import annotations

from typing import Any

from grader.examine.boundary.requests import Call, Operation


def fields(value: object, *classes: type) -> tuple[Any, ...]:
    """The parts of a tuple, each of exactly its class. Raises ``ValueError``.

    Nothing is asked of a part: it may be a reference.
    """
    if type(value) is not tuple or len(value) != len(classes):
        raise ValueError
    if any(
        cls is not object and type(part) is not cls
        for part, cls in zip(value, classes, strict=True)
    ):
        raise ValueError
    return value


def use_of(operation: Operation, detail: object) -> object:
    """What a use needs, of the type it must have. Raises ``ValueError``."""
    match operation:
        case Operation.CALL:
            values, keywords = fields(detail, list, dict)
            if any(type(name) is not str for name in keywords):
                raise ValueError
            return Call(tuple(values), keywords)
        case Operation.ATTRIBUTE:
            return fields((detail,), str)[0]
        case Operation.ITEM:
            return detail
        case Operation.LENGTH | Operation.ITERATE | Operation.NEXT if detail is None:
            return None
    raise ValueError
