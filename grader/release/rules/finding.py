"""One place in an instructor's notebook that breaks a rule, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

Problem = tuple[str, str, str]  # rule, message, remedy


class Severity(StrEnum):
    """Whether a finding stops a release."""

    ERROR = "error"
    WARNING = "warning"


class Finding(BaseModel):
    """``cell`` is the grade_id, else the cell's id or position; ``rule`` is a short fixed name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notebook: str
    cell: str
    severity: Severity
    rule: str
    message: str
    remedy: str
