"""Execute notebooks as a student would, and insist on clean output.

``python tests/run_notebooks.py FOLDER...`` runs every notebook below the folders with papermill,
each in a fresh kernel, and prints its time and memory. A cell that raises, or that writes to
standard error, fails the run. ``--keep DIR`` keeps the executed notebooks.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

ROOT = Path(__file__).resolve().parents[1]


def complaints(path: Path) -> list[str]:
    """What an executed notebook wrote to standard error, a line a cell."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        f"cell {cell.id} wrote to standard error: {output.text[:300]}"
        for cell in cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stderr"
    ]


def run(path: Path, keep: Path, profile: str) -> tuple[float, list[str]]:
    """Execute one notebook; return its seconds and what is wrong with it."""
    executed = keep / path.name
    begin = time.monotonic()
    tagged = any("parameters" in c.metadata.get("tags", ()) for c in nbformat.read(path, 4).cells)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSEKIT_SCOREBOARD"] = str(Path(folder) / "scoreboard.json")
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a spinning thread starves the rest
        try:
            papermill.execute_notebook(
                path,
                executed,
                parameters={"profile": profile} if tagged else {},
                cwd=folder,
                kernel_name="python3",
                progress_bar=False,
            )
        except PapermillExecutionError as error:
            return time.monotonic() - begin, [f"cell {error.cell_index}: {error.ename}: {error}"]
    return time.monotonic() - begin, complaints(executed)


def main() -> int:
    """Run what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--profile", default="cpu", choices=["cpu", "gpu"])
    given = parser.parse_args()
    notebooks = sorted(path for folder in given.folder for path in folder.rglob("*.ipynb"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        for path in notebooks:
            seconds, wrong = run(path, keep, given.profile)
            # the largest child so far: an upper bound for this notebook's kernel
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(
                f"{'FAIL' if wrong else 'ok  '} {path} {seconds:.0f} s, {peak:.0f} MiB", flush=True
            )
            for line in wrong:
                print(f"     {line}", flush=True)
            passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
