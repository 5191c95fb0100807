"""What several of the grader's tests need: a way to run a few cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grader.examine.evidence import Examined
from grader.kernels.client import Zygote
from grader.outline import Limits
from sittings import examine_alone
from small_notebooks import Run, small_notebook


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """What the kernels of a file's tests come from, as those of a worker's submissions do."""
    with closing(Zygote()) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, zygote: Zygote) -> Run:
    """Runs a notebook made of the given cells, with small limits that can be overridden."""

    def run_cells(*cells: str | tuple[str, str], **limits: float) -> Examined:
        within = Limits(**({"cell_s": 20, "total_s": 60, "memory_mb": 1024} | limits))
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        notebook = small_notebook(*cells)
        return examine_alone(notebook, zygote=zygote, limits=within, workdir=work)

    return run_cells
