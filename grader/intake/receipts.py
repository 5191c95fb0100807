"""When each submission came in, as the collector noted it: ``submitted/.receipts/<homework>.json``.

No file of a student's has a say in it. Where there is no receipt, there is no time.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from grader.course import Course
from grader.errors import GraderError
from grader.outline import Homework
from grader.results import Flag

FOLDER = ".receipts"


class Receipt(BaseModel):
    """One submission: when it came in, what it held, and what collecting it left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    received: AwareDatetime
    digest: str  # of the names and contents of the files, to know them again
    flags: tuple[Flag, ...] = ()


class Receipts(BaseModel):
    """The receipts of one homework, by student."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    students: dict[str, Receipt] = {}


def load(submitted: Path, homework: str) -> Receipts:
    """Return the receipts of ``homework`` in the folder ``submitted``; none where none were made.

    Raise :class:`GraderError` where the file is damaged.
    """
    path = submitted / FOLDER / f"{homework}.json"
    try:
        return Receipts.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Receipts()
    except ValidationError:
        raise GraderError(
            f"{path} is damaged.", "Restore it, or delete it and collect again with --received."
        ) from None


def save(submitted: Path, homework: str, receipts: Receipts) -> None:
    """Write the receipts of ``homework``, whole or not at all."""
    path = submitted / FOLDER / f"{homework}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, receipts.model_dump_json(indent=1).encode())


def received(course: Course, homework: Homework, student: str) -> datetime | None:
    """When the submission of ``student`` came in; ``None`` where the collector did not bring it."""
    receipt = load(course.submitted, homework.id).students.get(student)
    return receipt.received if receipt else None


def replace(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old content or all of the new."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
