"""What several of the grader's tests need: a way to run a few cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examine.evidence import Examined
from grader.outline import Limits
from sittings import examine_alone
from small_notebooks import Run, small_notebook


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a notebook made of the given cells, with small limits that can be overridden."""

    def run_cells(*cells: str | tuple[str, str], **limits: float) -> Examined:
        within = Limits(**({"cell_s": 20, "total_s": 60, "memory_mb": 1024} | limits))
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return examine_alone(small_notebook(*cells), limits=within, workdir=work)

    return run_cells
