"""What is imported when: a command is quick to answer, and a run's kernels import beside it."""

from __future__ import annotations

import gc
import subprocess
import sys

from grader import imports

LARGE = ("nbgrader", "nbconvert", "papermill", "sqlalchemy", "jupyter_client", "torch")


def imported(*modules: str) -> set[str]:
    """What a fresh process has imported when it has imported ``modules``."""
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(told.stdout.split())


def test_the_command_line_and_what_starts_a_nest_import_nothing_large() -> None:
    """Else a nest would start only when the driver's own imports are done."""
    assert not imported("grader.cli", "grader.warm") & set(LARGE)


def test_a_worker_imports_no_nbgrader() -> None:
    """It would cost each worker a second; the driver has made what a worker needs of it."""
    assert not imported("grader.pipeline") & {"nbgrader", "sqlalchemy", "nbconvert"}


def test_the_driver_imports_nothing_that_runs_notebooks() -> None:
    """That is its workers' to do: it would start a third of a second later."""
    assert "papermill" not in imported("grader.grade")


def test_what_is_imported_is_not_looked_through_and_garbage_is_again_afterwards() -> None:
    frozen = gc.get_freeze_count()
    try:
        with imports.kept():
            assert not gc.isenabled()
            kept = [[] for _ in range(1000)]  # type: ignore[var-annotated]
        assert gc.isenabled() and gc.get_freeze_count() >= frozen + len(kept)
    finally:
        gc.unfreeze()
