"""Papermill runs a notebook with the grader's engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from papermill import PapermillExecutionError, execute_notebook

from grader.examine.run import ENGINE
from small_notebooks import small_notebook


def test_papermill_runs_a_notebook_with_the_engine(tmp_path: Path) -> None:
    notebook = small_notebook("open('here', 'w').write('x')", "print(6 * 7)")
    nbformat.write(notebook, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", ENGINE, "in.ipynb", "out.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "42\n"
    assert executed.cells[1].metadata.papermill.status == "completed"
    assert (tmp_path / "here").exists()


def test_papermill_reports_an_error_after_running_all_cells(tmp_path: Path) -> None:
    nbformat.write(small_notebook("1 / 0", "print('went on')"), tmp_path / "in.ipynb")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", engine_name=ENGINE, cwd=tmp_path
        )
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert any("went on" in json.dumps(cell.get("outputs", [])) for cell in executed.cells)
