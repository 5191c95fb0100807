"""What fails a test cell whatever the test makes of it: the examiner's own exceptions."""

from __future__ import annotations

from typing import ClassVar

from grader.results import Reason

PLAIN = (
    "Return exactly the type that the text of the exercise names: a list and not a generator, a "
    "dict and not an object of a class of your own, a number and not something that acts like one."
)
WAY_OUT = (
    "(To the test's author: only numbers, str, bytes, lists, tuples, dicts, sets, arrays and "
    "tensors cross. Ask for them by a call, a public attribute, an item, len(...) or a loop, or "
    "measure in a function decorated with coursekit's @beside.)"
)

# Seconds from the end of a cell's time until the interrupted side must have answered, or is ended.
GRACE_S = 2.0


class BoundaryError(Exception):
    """It stays with the cell in which it was raised; ``reason`` is what the cell's points cost."""

    reason: ClassVar[Reason] = Reason.INTERNAL


class NotPlainError(BoundaryError):
    """Something was asked of a student's object, or handed to it, that does not cross."""

    reason = Reason.NOT_PLAIN


class ReplyRefusedError(BoundaryError):
    """The candidate answered with what is no answer."""

    reason = Reason.NOT_PLAIN


class CapExceededError(BoundaryError):
    """The candidate's results are larger, or its calls back more, than allowed."""

    reason = Reason.OUTPUT


class CandidateTimeoutError(BoundaryError):
    """The time of the cell was up."""

    reason = Reason.TIMEOUT


class CandidateLostError(BoundaryError):
    """The candidate has ended, or nothing it says can be believed any more."""

    reason = Reason.CANDIDATE_LOST
