"""A course that holds one of this repository's homeworks alone, with its submissions."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import nbformat

from grader.pipeline import EXPERIMENT

ROOT = Path(__file__).resolve().parents[1]


def lay_out(root: Path, name: str, *, experiment: bool, **limits: float) -> None:
    """Write the course with the homework ``name`` to ``root``.

    Without ``experiment`` its notebook lacks the cells with that tag, which train for seconds.
    ``limits`` replace the homework's own.
    """
    for file in ("topics.toml", "nbgrader_config.py"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    for folder in (f"solutions/{name}", f"tests/submissions/{name}"):
        shutil.copytree(ROOT / folder, root / folder)
    if not experiment:
        for path in (root / "solutions" / name).glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = [
                cell for cell in notebook.cells if EXPERIMENT not in cell.metadata.get("tags", ())
            ]
            nbformat.write(notebook, path)
    rows = tomllib.loads((ROOT / "course.toml").read_text())["homework"]
    row = next(row for row in rows if row["id"] == name)
    within = ", ".join(f"{key} = {value}" for key, value in {**row["limits"], **limits}.items())
    (root / "course.toml").write_text(
        f'title = "One homework alone"\n[[homework]]\nid = "{name}"\n'
        f"preloads = {row['preloads']}\nlimits = {{ {within} }}\n"
    )
