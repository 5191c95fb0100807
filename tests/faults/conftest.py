"""What the tests of kills share: commands, what they leave, and an undisturbed run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.drivers import Drivers
from faults.runs import Undisturbed, graded
from faults.small_class import graded_before, state
from faults.strikes import Bench


@pytest.fixture(scope="session")
def drivers() -> Iterator[Drivers]:
    """A process that `grader` commands are forked from."""
    with Drivers() as started:
        yield started


@pytest.fixture
def bench(drivers: Drivers) -> Iterator[Bench]:
    """Runs commands and sees what they leave."""
    with Bench(drivers) as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, drivers: Drivers) -> Undisturbed:
    """What a run that nobody disturbs makes of the small class."""
    root = tmp_path_factory.mktemp("undisturbed") / "course"
    graded_before(root)
    with Bench(drivers) as bench:
        run = graded(bench, root)
        assert run.status == 0 and bench.clean(), run.ended.said
    return Undisturbed(root, run, state(root))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small class before that run."""
    graded_before(tmp_path / "course")
    return tmp_path / "course"
