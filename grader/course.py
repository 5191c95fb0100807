"""The course as data: ``course.toml`` and ``nbgrader_config.py`` → Course.

A folder without ``course.toml`` is an ordinary nbgrader course: its assignments are the folders of
its source directory, with default limits and no late rule.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from grader import outline
from grader.errors import GraderError
from grader.outline import Homework, Outline

SECRET_VARIABLE = "COURSE_SECRET"


class Course:
    """A course folder: where its directories are and what its outline says."""

    def __init__(self, root: Path, config: Config, rows: Outline | None) -> None:
        self.root = root
        self.config = config
        self.title = rows.title if rows else root.name
        self.has_outline = rows is not None
        self.lessons = sorted(rows.lesson if rows else (), key=lambda lesson: lesson.order)
        directory = CourseDirectory(config=config)
        self.source = root / directory.source_directory
        self.release = root / directory.release_directory
        self.submitted = root / directory.submitted_directory
        self.autograded = root / directory.autograded_directory
        self.feedback = root / directory.feedback_directory
        self.reports = root / "reports"
        self.id: str = directory.course_id
        self.db_url: str = directory.db_url
        homeworks = {row.id: row for row in (rows.homework if rows else ())}
        self.outline = sorted(homeworks.values(), key=lambda row: row.order)
        found = sorted(p.name for p in self.source.glob("*") if any(p.glob("*.ipynb")))
        ready = [homeworks.get(name, Homework(id=name)) for name in found]
        self._homeworks = {row.id: row for row in sorted(ready, key=lambda row: row.order)}

    @classmethod
    def load(cls, root: Path) -> Course:
        """Read the course at ``root``; raise :class:`GraderError` where it is not one."""
        root = root.resolve()
        if not root.is_dir():
            raise GraderError(f"{root} is not a folder.", "Give a course folder with --course.")
        config = _nbgrader_config(root)
        course = cls(root, config, outline.read(root))
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
