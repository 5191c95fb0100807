"""Small homeworks, examined in two kernels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode

from grader import versions
from grader.examine.evidence import Examined
from grader.kernels.client import Zygote
from grader.outline import Limits
from release_course import course
from sittings import Apart, examine_apart


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One process that every kernel of these tests comes from."""
    made = Zygote(preloads=("numpy",))
    yield made
    made.close()


@pytest.fixture
def apart(tmp_path: Path, zygote: Zygote) -> Apart:
    """Examines answers to a homework of the given cells, within small limits."""

    def run(
        cells: list[NotebookNode],
        answers: dict[str, str] | None = None,
        *,
        after: dict[str, str] | None = None,
        **limits: float,
    ) -> Examined:
        one = course(tmp_path / "course", cells, gradebook=False)
        folder = one.source / "hw1"
        loaded = versions.load(folder / "hw1.ipynb", one.config)
        within = Limits(**({"cell_s": 20, "total_s": 60} | limits))
        return examine_apart(
            loaded, answers or {}, zygote=zygote, given=folder, after=after, limits=within
        )

    return run
