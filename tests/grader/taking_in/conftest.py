"""For the tests of intake: the little homework, a course, and a place for what is handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

import intake_course as little
from grader.course import Course
from grader.template import Template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return little.load(tmp_path_factory.mktemp("intake"))


@pytest.fixture(scope="session")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The same without cell ids, as older notebooks are."""
    return little.load(tmp_path_factory.mktemp("intake-old"), ids=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a student's submission lies."""
    made = tmp_path / "submitted" / "jane" / "hw"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course to collect for."""
    source = tmp_path / "course" / "source" / "hw"
    source.mkdir(parents=True)
    (source / "hw.ipynb").write_text("{}")
    (source / "figure.png").touch()
    return Course.load(tmp_path / "course")
