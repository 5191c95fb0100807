"""The course's outline, ``course.toml``, as data: its lessons, its homeworks and their limits.

Imports nothing of nbgrader, which takes a second: a grading run starts its kernels' imports with
what stands here, before its own.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import GraderError

COURSE_FILE = "course.toml"
Positive = Annotated[float, Field(gt=0)]
HashSeed = Annotated[int, Field(ge=0, le=4294967295)]  # what PYTHONHASHSEED may be


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Row):
    """What one submission may use. Seconds are wall-clock time."""

    cell_s: Positive = 60
    total_s: Positive = 600
    memory_mb: Positive = 4096
    processes: Annotated[int, Field(gt=0)] = 64
    disk_mb: Positive = 256
    output_kb: Positive = 1024


class LateRule(_Row):
    """Share of the score that is lost for each day begun after the due date, up to a maximum."""

    per_day: Annotated[float, Field(ge=0, le=1)] = 0.0
    at_most: Annotated[float, Field(ge=0, le=1)] = 1.0

    def penalty(self, score: float, seconds_late: float) -> float:
        """Points to take off ``score`` for a submission that is ``seconds_late`` seconds late."""
        if seconds_late <= 0:
            return 0.0
        days = -(-seconds_late // 86_400)
        return score * min(self.at_most, self.per_day * days)


class Lesson(_Row):
    """One lesson notebook: ``lessons/<id>.ipynb``."""

    id: str
    order: int
    title: str
    minutes: int


class Homework(_Row):
    """One assignment: the folder ``<source directory>/<id>`` with one or more notebooks."""

    id: str
    order: int = 0
    title: str = ""
    after_lesson: int | None = None
    points: float | None = None
    minutes: int | None = None
    due: datetime | None = None
    late: LateRule = LateRule()
    preloads: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gpu_share: Annotated[float, Field(ge=0)] = 0.0
    hash_seed: HashSeed = 0
    hash_seeds: dict[str, HashSeed] = {}  # of tests, by grade_id, that need another than that
    limits: Limits = Limits()


class Outline(_Row):
    """What the file holds: lessons and homeworks in no order."""

    title: str
    lesson: tuple[Lesson, ...] = ()
    homework: tuple[Homework, ...] = ()


def read(root: Path) -> Outline | None:
    """The outline of the course at ``root``; None where it has no such file.

    Raises :class:`GraderError`, with what is wrong in it.
    """
    path = root / COURSE_FILE
    if not path.exists():
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        outline = Outline.model_validate(data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GraderError(f"{path} is not valid TOML: {error}", "Mend the file.") from None
    except OSError as error:
        raise GraderError(
            f"{path} cannot be read: {error.strerror}.", "It must be a file that you may read."
        ) from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()
        )
        raise GraderError(f"{path}: {problems}", "Mend the file.") from None
    for kind, rows in (("homework", outline.homework), ("lesson", outline.lesson)):
        for name, times in Counter(row.id for row in rows).items():
            if times > 1:
                raise GraderError(
                    f"{path} has {times} rows [[{kind}]] with the id {name!r}.", "Leave only one."
                )
    for row in outline.homework:
        if row.due is not None and row.due.tzinfo is None:
            raise GraderError(
                f"{path}: the due date of {row.id} has no time zone.",
                f"Write it as {row.due.replace(tzinfo=UTC).isoformat()}, for example.",
            )
    return outline


def homework(root: Path, name: str) -> Homework:
    """The row of the homework ``name`` of the course at ``root``; what holds without one, else.

    Raises :class:`GraderError` where there is an outline that cannot be read.
    """
    found = read(root)
    rows = found.homework if found else ()
    return next((row for row in rows if row.id == name), Homework(id=name))
