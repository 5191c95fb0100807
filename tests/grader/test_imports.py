"""What is imported when: a command is quick to answer, and a run's kernels import beside it."""

from __future__ import annotations

import gc
import subprocess
import sys

from grader import imports

LARGE = ("nbgrader", "nbconvert", "papermill", "sqlalchemy", "jupyter_client", "torch")


def test_the_command_line_and_what_starts_a_nest_import_nothing_large() -> None:
    """Else a nest would start only when the driver's own imports are done."""
    script = "import sys, grader.cli, grader.warm; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(told.stdout.split())
    assert "grader.cli" in loaded and not loaded & set(LARGE)


def test_what_is_imported_is_not_looked_through_and_garbage_is_again_afterwards() -> None:
    frozen = gc.get_freeze_count()
    try:
        with imports.kept():
            assert not gc.isenabled()
            kept = [[] for _ in range(1000)]  # type: ignore[var-annotated]
        assert gc.isenabled() and gc.get_freeze_count() >= frozen + len(kept)
    finally:
        gc.unfreeze()
