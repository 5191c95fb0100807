"""The systems that marks are exported for."""

from __future__ import annotations

from enum import StrEnum


class Target(StrEnum):
    """The system that imports the marks."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
