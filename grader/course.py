"""The course as data: ``course.toml`` and ``nbgrader_config.py`` → Course, Homework, Limits.

A folder without ``course.toml`` is an ordinary nbgrader course: its assignments are the folders of
its source directory, with default limits and no late rule.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from nbgrader.coursedir import CourseDirectory
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from grader.errors import GraderError

COURSE_FILE = "course.toml"
SECRET_VARIABLE = "COURSE_SECRET"
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


class _Outline(_Row):
    title: str
    lesson: tuple[Lesson, ...] = ()
    homework: tuple[Homework, ...] = ()


class Course:
    """A course folder: where its directories are and what its outline says."""

    def __init__(self, root: Path, config: Config, outline: _Outline | None) -> None:
        self.root = root
        self.config = config
        self.title = outline.title if outline else root.name
        self.has_outline = outline is not None
        self.lessons = sorted(outline.lesson if outline else (), key=lambda lesson: lesson.order)
        directory = CourseDirectory(config=config)
        self.source = root / directory.source_directory
        self.release = root / directory.release_directory
        self.submitted = root / directory.submitted_directory
        self.autograded = root / directory.autograded_directory
        self.feedback = root / directory.feedback_directory
        self.reports = root / "reports"
        self.id: str = directory.course_id
        self.db_url: str = directory.db_url
        rows = {row.id: row for row in (outline.homework if outline else ())}
        self.outline = sorted(rows.values(), key=lambda row: row.order)
        found = sorted(p.name for p in self.source.glob("*") if any(p.glob("*.ipynb")))
        ready = [rows.get(name, Homework(id=name)) for name in found]
        self._homeworks = {row.id: row for row in sorted(ready, key=lambda row: row.order)}

    @classmethod
    def load(cls, root: Path) -> Course:
        """Read the course at ``root``; raise :class:`GraderError` where it is not one."""
        root = root.resolve()
        if not root.is_dir():
            raise GraderError(f"{root} is not a folder.", "Give a course folder with --course.")
        config = _nbgrader_config(root)
        path = root / COURSE_FILE
        outline = _read_outline(path) if path.exists() else None
        course = cls(root, config, outline)
        if not course.source.is_dir():
            raise GraderError(
                f"{root} has no folder {course.source.name!r} with the instructor's notebooks.",
                "Give a course folder with --course, or set CourseDirectory.source_directory "
                "in its nbgrader_config.py.",
            )
        return course

    @property
    def homeworks(self) -> list[Homework]:
        """The assignments whose instructor's notebooks exist, in the order of the course."""
        return list(self._homeworks.values())

    def homework(self, name: str) -> Homework:
        """Return the assignment ``name``; raise :class:`GraderError` naming those there are."""
        try:
            return self._homeworks[name]
        except KeyError:
            known = ", ".join(self._homeworks) or "none yet"
            raise GraderError(
                f"There is no homework {name!r} in {self.source}.", f"Known homeworks: {known}."
            ) from None

    def notebooks(self, homework: Homework) -> list[Path]:
        """The instructor's notebooks of ``homework``, sorted by name."""
        return sorted((self.source / homework.id).glob("*.ipynb"))

    @property
    def secret(self) -> str | None:
        """The course's secret, from the environment; without it the tests' seeds are public."""
        return os.environ.get(SECRET_VARIABLE) or None


def _read_outline(path: Path) -> _Outline:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        outline = _Outline.model_validate(data)
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


def _nbgrader_config(root: Path) -> Config:
    """The course's ``nbgrader_config.py``, with every directory under ``root``."""
    config = Config()
    try:
        with suppress(ConfigFileNotFound):  # then nbgrader's defaults hold
            config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
        config.CourseDirectory.root = str(root)
        CourseDirectory(config=config)  # refuses values of a wrong type
    except (Exception, SystemExit) as error:  # the file is Python: it can raise anything
        raise GraderError(
            f"{root / 'nbgrader_config.py'}: {type(error).__name__}: {error}", "Mend the file."
        ) from None
    return config
