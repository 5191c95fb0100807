"""Errors whose message is meant for the person who can act on them."""

from __future__ import annotations


class GraderError(Exception):
    """A bad call or configuration; the command ends with exit status 2 and no traceback.

    ``remedy`` says what to do about it and is printed on a line of its own.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
