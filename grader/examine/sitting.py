"""One notebook's examination as it is arranged: which kernels, within what, and who runs what."""

from __future__ import annotations

from dataclasses import dataclass

from grader.errors import GraderError
from grader.examine.schedule import Step
from grader.examine.seat import Seat
from grader.kernels.client import Zygote
from grader.outline import Limits


class ExaminerLostError(GraderError):
    """The examiner ended between tests, or cannot run what the instructor wrote: our fault."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The examiner could not go on: {what}.",
            "Run grader verify: it examines the instructor's own solution in the same way.",
        )


@dataclass(frozen=True)
class Sitting:
    """Kernels of ``zygote``'s for one notebook.

    ``seat`` is that of the kernel which runs the student's text, and without an ``examiner``
    everything else as well. With one, ``steps`` says what either does with each cell. Cells in
    ``left_out`` are not run. Without ``watched`` only time and output are limited.
    """

    zygote: Zygote
    seat: Seat
    limits: Limits
    examiner: Seat | None = None
    steps: tuple[Step, ...] = ()
    left_out: frozenset[int] = frozenset()
    watched: bool = True
