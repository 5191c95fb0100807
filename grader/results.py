"""The schema of everything the grader writes: one class a thing, validated on reading too.

``reports/<homework>/results.jsonl`` holds one :class:`SubmissionResult` a line, the newest last;
``results.json`` is one :class:`AssignmentResults`, derived from it. The schema's version rises
with every change that an older reader would misread.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class Status(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    REJECTED = "rejected"  # it could not be read; the student can hand in another
    FAILED = "failed"  # our fault; nothing was recorded


class Verdict(StrEnum):
    """What became of one graded cell."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_RUN = "not_run"
    MANUAL = "manual"  # a person gives the points


class Reason(StrEnum):
    """Why a cell lost its points: a closed list."""

    ASSERTION = "assertion"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    OUTPUT = "output"
    PROCESS_LIMIT = "process_limit"
    CANDIDATE_LOST = "candidate_lost"
    NOT_PLAIN = "not_plain"
    NOT_RUN = "not_run"
    INTERNAL = "internal"


class Isolation(StrEnum):
    """How hidden tests are kept from student code."""

    EXAMINER = "examiner"  # tests run in a kernel of their own, which student code cannot reach
    KERNEL = "kernel"  # one kernel for both: the classic way, which student code can subvert


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CellResult(_Record):
    """One graded cell. ``points`` are the automatic ones; a person's stand beside them."""

    notebook: str
    grade_id: str
    part: str
    points: float
    max_points: float
    verdict: Verdict
    reason: Reason | None = None
    message: str = ""  # for the student: words of the test's author, or the kind of error
    manual_points: float | None = None
    extra_credit: float | None = None


class Flag(_Record):
    """Something the instructor should know about a submission; it costs no points by itself."""

    kind: str
    detail: str


class Usage(_Record):
    """What a submission used: seconds, and MiB at the highest point over its process tree."""

    wall_s: Annotated[float, Field(ge=0)] = 0.0
    cpu_s: Annotated[float, Field(ge=0)] = 0.0
    peak_rss_mb: Annotated[float, Field(ge=0)] = 0.0
    device: str = "cpu"

    def then(self, later: Usage) -> Usage:
        """What both used, the one after the other."""
        return Usage(
            wall_s=self.wall_s + later.wall_s,
            cpu_s=self.cpu_s + later.cpu_s,
            peak_rss_mb=max(self.peak_rss_mb, later.peak_rss_mb),
            device=self.device,
        )

    def beside(self, other: Usage) -> Usage:
        """What both used, at the same time."""
        return Usage(
            wall_s=max(self.wall_s, other.wall_s),
            cpu_s=self.cpu_s + other.cpu_s,
            peak_rss_mb=self.peak_rss_mb + other.peak_rss_mb,
            device=self.device,
        )


class SubmissionResult(_Record):
    """One submission. ``score`` is the gradebook's: automatic and manual points, extra credit."""

    student: str
    status: Status
    score: float = 0.0
    max_score: float
    late_penalty: float = 0.0
    submitted: datetime | None = None
    error: str = ""  # why it was rejected, or what failed
    cells: tuple[CellResult, ...] = ()
    flags: tuple[Flag, ...] = ()
    usage: Usage = Usage()
    isolation: Isolation = Isolation.KERNEL
    sandbox: tuple[str, ...] = ()  # the parts in force while it was graded
    fingerprint: str  # hash of everything the result depends on; equal means done


class AssignmentResults(_Record):
    """The class after a run of ``grader grade``: the content of ``results.json``.

    ``sandbox`` are the parts that were in force for every submission, also for those that an
    earlier run graded.
    """

    schema_version: int = SCHEMA_VERSION
    assignment: str
    max_score: float
    engine: str
    isolation: Isolation
    sandbox: tuple[str, ...]
    trusted: bool  # False where a part that `require` asks for is missing
    wall_s: float
    submissions: tuple[SubmissionResult, ...]
