"""Attacks that arrive: files beside the notebook, files in its place, and JSON that is a bomb."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat

from attacks.attack import About, Group, hostile, solved
from grader.results import Status
from grader.template import Template

REJECTED = {"status": Status.REJECTED}


def _notebook(folder: Path, known: Template, expected: About) -> Path:
    path = folder / f"{known.name}.ipynb"
    nbformat.write(solved(known, expected.solves), path)
    return path


@hostile(Group.ARRIVALS, **REJECTED)
def linked_notebook(folder: Path, known: Template, expected: About) -> None:
    """The notebook is a link to the instructor's, three folders up."""
    (folder / f"{known.name}.ipynb").symlink_to("../../../solutions/hw/hw.ipynb")


@hostile(Group.ARRIVALS, **REJECTED)
def linked_folder(folder: Path, known: Template, expected: About) -> None:
    """The folder of the homework is a link to that of another student."""
    folder.rmdir()
    folder.symlink_to("../zzz-complete/hw")


@hostile(Group.ARRIVALS, **REJECTED)
def hard_linked_notebook(folder: Path, known: Template, expected: About) -> None:
    """The notebook is a hard link to the instructor's."""
    os.link(folder.parents[2] / "solutions/hw/hw.ipynb", folder / f"{known.name}.ipynb")


@hostile(Group.ARRIVALS, **REJECTED, unsafe="it would wait for ever to read the pipe")
def fifo_notebook(folder: Path, known: Template, expected: About) -> None:
    """The notebook is a pipe, from which one would read for ever."""
    os.mkfifo(folder / f"{known.name}.ipynb")


@hostile(Group.ARRIVALS, **REJECTED)
def folder_notebook(folder: Path, known: Template, expected: About) -> None:
    """The notebook is a folder, with notebooks in it."""
    inner = folder / f"{known.name}.ipynb"
    inner.mkdir()
    _notebook(inner, known, expected).rename(inner / "other.txt")


@hostile(Group.ARRIVALS, **REJECTED, unsafe="it would read a terabyte")
def sparse_notebook(folder: Path, known: Template, expected: About) -> None:
    """The notebook claims to be a terabyte long."""
    with (folder / f"{known.name}.ipynb").open("wb") as file:
        file.truncate(2**40)


@hostile(Group.ARRIVALS, **REJECTED)
def deep_json(folder: Path, known: Template, expected: About) -> None:
    """The notebook is nested a million deep."""
    (folder / f"{known.name}.ipynb").write_text("[" * 1_000_000 + "]" * 1_000_000)


@hostile(Group.ARRIVALS, **REJECTED)
def wide_json(folder: Path, known: Template, expected: About) -> None:
    """The notebook holds five million values, small on disk and large in memory."""
    nb = json.loads(nbformat.writes(solved(known, expected.solves)))
    text = json.dumps(nb).replace('"nbformat"', '"x": [' + "[]," * 5_000_000 + '[]], "nbformat"')
    (folder / f"{known.name}.ipynb").write_text(text)


@hostile(Group.ARRIVALS, **REJECTED)
def many_cells(folder: Path, known: Template, expected: About) -> None:
    """The notebook has a hundred thousand cells."""
    nb = json.loads(nbformat.writes(solved(known, expected.solves)))
    one = {"cell_type": "raw", "metadata": {}, "source": ""}
    nb["cells"] += [{**one, "id": f"x{n}"} for n in range(100_000)]
    (folder / f"{known.name}.ipynb").write_text(json.dumps(nb))


@hostile(Group.ARRIVALS, **REJECTED)
def invalid_utf8(folder: Path, known: Template, expected: About) -> None:
    """The notebook holds bytes that are no UTF-8."""
    path = _notebook(folder, known, expected)
    path.write_bytes(path.read_bytes().replace(b"Callable", b"\xff\xfe\xed\xa0\x80", 1))


@hostile(Group.ARRIVALS, **REJECTED)
def twofold_keys(folder: Path, known: Template, expected: About) -> None:
    """The notebook says its cells twice: one reader takes the first, another the last."""
    path = _notebook(folder, known, expected)
    path.write_text(path.read_text().replace('"nbformat": 4', '"cells": [], "nbformat": 4'))


@hostile(Group.ARRIVALS, solves=("words", "predict"), flags=("mended_text",))
def lone_surrogates(folder: Path, known: Template, expected: About) -> None:
    """Texts hold halves of characters, which no encoder takes."""
    path = _notebook(folder, known, expected)
    nb = json.loads(path.read_text())
    for cell in nb["cells"]:
        if cell["id"] in ("why-written", "ask-solution"):
            cell["source"] = "'\ud800 \udfff'"
    path.write_text(json.dumps(nb))


@hostile(Group.ARRIVALS, solves=("predict",))
def numbers_out_of_range(folder: Path, known: Template, expected: About) -> None:
    """Execution counts have a million digits, points are 1e999, and the minor version is -1."""
    path = _notebook(folder, known, expected)
    text = path.read_text().replace('"execution_count": null', f'"execution_count": {"9" * 10**6}')
    path.write_text(text.replace('"points": 3', '"points": 1e999'))


@hostile(Group.ARRIVALS, solves=("words", "predict"), flags=("shadow_module",))
def shadow_modules(folder: Path, known: Template, expected: About) -> None:
    """Beside the notebook lie modules that would be imported in a library's place."""
    _notebook(folder, known, expected)
    names = ("torch", "numpy", "json", "coursekit", "sitecustomize", "usercustomize", "IPython")
    for name in names:
        (folder / f"{name}.py").write_text("open('__BAIT__/pwned', 'w')\nraise SystemExit\n")
    (folder / "ipython_config.py").write_text("c.InteractiveShellApp.exec_lines = ['exit']\n")
    for name in ("nbgrader", "grader"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit\n")


@hostile(Group.ARRIVALS, solves=("words", "predict"))
def startup_files(folder: Path, known: Template, expected: About) -> None:
    """Files that Python, IPython, Jupyter and shells execute on their own lie in the folder."""
    _notebook(folder, known, expected)
    start = folder / ".ipython/profile_default/startup"
    start.mkdir(parents=True)
    (start / "00.py").write_text("count_words = None\n")
    (folder / "evil.pth").write_text("import os; os._exit(0)\n")
    (folder / "pyvenv.cfg").write_text("home = /nowhere\n")
    (folder / ".bashrc").write_text("exit\n")
    (folder / "nbgrader_config.py").write_text("raise SystemExit\n")
    (folder / "jupyter_config.json").write_text("{}")
    (folder / "course.toml").write_text("[[homework]]\n")


@hostile(Group.ARRIVALS, solves=("words", "predict"))
def forged_timestamp(folder: Path, known: Template, expected: About) -> None:
    """A `timestamp.txt` says that the work came in years before it was asked for."""
    _notebook(folder, known, expected)
    (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC\n")


@hostile(
    Group.ARRIVALS,
    solves=("predict",),
    flags=("refused_file", "ignored_file"),
    unsafe="it would wait for ever to copy the pipe",
)
def odd_files(folder: Path, known: Template, expected: About) -> None:
    """Beside the notebook lie links, pipes, odd names, the gradebook and folders without end."""
    _notebook(folder, known, expected)
    (folder / "data").mkdir()
    (folder / "data/link.csv").symlink_to("../../../../solutions/hw/hw.ipynb")
    (folder / "data/loop").symlink_to("..")
    os.mkfifo(folder / "data/pipe.csv")
    (folder / "data/new\nline.csv").write_text("x")
    (folder / "data/con.csv").write_text("x")
    (folder / Path(os.fsdecode(b"bad\xff.csv"))).write_text("x")
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\0")
    (folder / "results.jsonl").write_text("{}\n")
    deep = folder
    for _ in range(30):
        deep /= "deep"
    deep.mkdir(parents=True)
    (deep / "x.csv").write_text("x")


@hostile(Group.ARRIVALS, **REJECTED)
def too_many_files(folder: Path, known: Template, expected: About) -> None:
    """Beside the notebook lie thousands of files."""
    _notebook(folder, known, expected)
    for number in range(3000):
        (folder / f"{number}.csv").touch()


@hostile(
    Group.ARRIVALS,
    solves=("predict",),
    flags=("refused_file",),
    unsafe="it would copy eight gigabytes",
)
def large_file(folder: Path, known: Template, expected: About) -> None:
    """An allowed file is larger than the homework's disk."""
    _notebook(folder, known, expected)
    (folder / "data").mkdir()
    with (folder / "data/large.csv").open("wb") as file:
        file.truncate(2**33)


@hostile(Group.ARRIVALS, solves=("predict",))
def two_notebooks(folder: Path, known: Template, expected: About) -> None:
    """A second notebook, and one whose name differs in case, claim to be the homework's."""
    _notebook(folder, known, expected)
    (folder / "HW.ipynb").write_text("{}")
    (folder / "hw (1).ipynb").write_text("{}")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints/hw-checkpoint.ipynb").write_text("{}")


@hostile(Group.ARRIVALS, **REJECTED)
def zip_in_disguise(folder: Path, known: Template, expected: About) -> None:
    """The notebook is a zip bomb by another name."""
    import zipfile

    with zipfile.ZipFile(folder / f"{known.name}.ipynb", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("hw.ipynb", b"0" * 50_000_000)


@hostile(Group.ARRIVALS, **REJECTED)
def other_format(folder: Path, known: Template, expected: About) -> None:
    """The notebook claims to be of a format that does not exist."""
    path = _notebook(folder, known, expected)
    path.write_text(path.read_text().replace('"nbformat": 4', '"nbformat": 4e0'))
