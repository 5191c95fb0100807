"""What an attack is: a hostile submission, the honest work in it, and the outcome it must have.

An attack made of code is a file ``code/<class>/<name>.py`` in percent format::

    \"\"\"What it tries, in a sentence.\"\"\"
    # solves = ["predict"]
    # reasons = { words-hidden = ["assertion"] }

    # %% words-solution
    the whole text of that cell

The comments below the docstring are TOML: the fields of :class:`Attack`. A cell's heading may
begin with ``append`` or ``prepend`` (to the honest text of that solution cell), or ``before`` or
``after`` (an extra cell there, ``markdown before`` for one of text). Solution cells that are not
mentioned hold the reference where their part is in ``solves``, and the untouched stub elsewhere.

Attacks on the notebook's JSON, on files and on pages are functions in ``notebooks.py``,
``formats.py``, ``arrivals.py`` and ``pages.py``, which register themselves with :func:`hostile`.
Those on archives and downloads, which ``grader collect`` brings in, are in ``parcels.py``.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from pydantic import BaseModel, ConfigDict

from grader import template
from grader.results import Reason, Status
from grader.template import Role, Template

CODE = Path(__file__).with_name("code")
CANARY = "CANARY"
_CELL = re.compile(r"^# %% ((?:[a-z]+ )*)(\S+)\n", re.MULTILINE)
_CANARY_LINE = re.compile(rf"^.*{CANARY}.*\n", re.MULTILINE)


class Group(StrEnum):
    """The classes of attacks; a folder or a function's class each."""

    CELLS = "cells"  # test cells and metadata of the notebook forged
    ASSERTS = "asserts"  # `assert` made to assert nothing
    PATCHES = "patches"  # the kernel, builtins and libraries replaced
    NAMES = "names"  # what a test means by a name replaced
    OBJECTS = "objects"  # results that are not what they seem
    EXCEPTIONS = "exceptions"  # errors that end more than the call
    SECRETS = "secrets"  # hidden tests sought
    CALLBACKS = "callbacks"  # what a test hands over turned against it
    BOUNDARY = "boundary"  # forged, endless, slow and nested replies
    FILES = "files"  # the instructor's, other students', root's
    NETWORK = "network"
    RESOURCES = "resources"  # time, memory, disk, processes, output
    EXITS = "exits"  # ending what should go on, the kernel or others
    ARRIVALS = "arrivals"  # files and JSON before anything runs
    PAGES = "pages"  # aimed at whoever opens a page


class About(BaseModel):
    """What is said of an attack beside its code.

    ``solves`` are the parts it solves honestly: no cell of another part may gain a point, and of
    these it must keep those in ``keeps`` (all, where it is left out). ``reasons`` gives for a test
    cell the reasons of which its result must have one. ``stopped`` are the caps of which one must
    have been hit and named, and no other; left out, it may hit any. ``flags`` are kinds that the
    instructor must see. ``gains_in_one_kernel`` says that under ``--isolation kernel`` it does gain
    a point, so that it is the examination that takes it away, and not a mistake in the attack;
    ``leaks_in_one_kernel``, in the same sense, that there it comes to know a canary. Both are
    measured by ``test_gains.py``. ``unsafe`` says why it is not run under nbgrader, which
    protects from nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    solves: tuple[str, ...] = ()
    keeps: tuple[str, ...] | None = None
    status: Status = Status.GRADED
    reasons: dict[str, tuple[Reason, ...]] = {}
    stopped: tuple[Reason, ...] = ()
    flags: tuple[str, ...] = ()
    gains_in_one_kernel: bool = False
    leaks_in_one_kernel: bool = False
    unsafe: str = ""

    @property
    def kept(self) -> tuple[str, ...]:
        """The parts whose points it must have."""
        return self.solves if self.keeps is None else self.keeps


Build = Callable[[Path, Template, About], None]


class Attack(BaseModel):
    """One hostile submission. ``build`` writes it into the empty folder of its homework."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    group: Group
    about: str
    expected: About
    build: Build


_HOSTILE: list[Attack] = []


def hostile(group: Group, **expected: object) -> Callable[[Build], Build]:
    """Register a function as an attack: its name with dashes, its docstring's first paragraph."""

    def register(build: Build) -> Build:
        about = " ".join((build.__doc__ or "").split("\n\n")[0].split())
        name = build.__name__.replace("_", "-")
        _HOSTILE.append(
            Attack(
                name=name,
                group=group,
                about=about,
                expected=About.model_validate(expected),
                build=build,
            )
        )
        return build

    return register


def attacks() -> list[Attack]:
    """Every attack, sorted by class and name."""
    from attacks import arrivals, formats, notebooks, pages  # noqa: F401  (they register theirs)

    found = [*_HOSTILE, *(_read(path) for path in sorted(CODE.glob("*/*.py")))]
    names = [one.name for one in found]
    assert len(names) == len(set(names)), "two attacks have one name"
    order = list(Group)
    return sorted(found, key=lambda one: (order.index(one.group), one.name))


def by_name(attack: Attack) -> str:
    """The name of an attack's test."""
    return f"{attack.group}-{attack.name}"


def solved(known: Template, parts: tuple[str, ...] | None = None) -> NotebookNode:
    """The released notebook with the reference's text in the solution cells of ``parts``.

    ``None`` stands for all parts. Lines with a canary are left out.
    """
    nb = nbformat.from_dict(known.released)
    for cell, own in zip(nb.cells, known.source.cells, strict=True):
        if template.role(cell) in (Role.SOLUTION, Role.WRITTEN):
            part = template.part(template.grade_id(cell) or "")
            if parts is None or part in parts:
                cell.source = _honest(own)
    return nb


def find(nb: NotebookNode, name: str) -> NotebookNode:
    """The cell of ``nb`` called ``name``."""
    return next(cell for cell in nb.cells if template.grade_id(cell) == name)


def _honest(cell: NotebookNode) -> str:
    lines = [line for line in cell.source.splitlines() if "### " not in line]
    return _CANARY_LINE.sub("", "\n".join(lines) + "\n").rstrip("\n")


def _read(path: Path) -> Attack:
    text = path.read_text(encoding="utf-8")
    head = _CELL.split(text)[0]
    about = ast.get_docstring(ast.parse(head))
    assert about, f"{path} has no docstring"
    lines = [line.removeprefix("#").strip() for line in head.splitlines() if line.startswith("#")]
    expected = About.model_validate(tomllib.loads("\n".join(lines)))

    def build(folder: Path, known: Template, expected: About) -> None:
        nb = solved(known, expected.solves)
        for verbs, name, source in _pieces(text):
            _put(nb, known, verbs, name, source)
        nbformat.write(nb, folder / f"{known.name}.ipynb")

    return Attack(
        name=path.stem.replace("_", "-"),
        group=Group(path.parent.name),
        about=" ".join(about.split("\n\n")[0].split()),
        expected=expected,
        build=build,
    )


def _pieces(text: str) -> Iterator[tuple[set[str], str, str]]:
    pieces = _CELL.split(text)[1:]
    for verbs, name, source in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        yield set(verbs.split()), name, source.strip("\n")


def _put(nb: NotebookNode, known: Template, verbs: set[str], name: str, source: str) -> None:
    index = next(i for i, cell in enumerate(nb.cells) if template.grade_id(cell) == name)
    if verbs & {"before", "after"}:
        if "markdown" in verbs:
            source = "\n".join(line.removeprefix("# ") for line in source.splitlines())
        make = new_markdown_cell if "markdown" in verbs else new_code_cell
        nb.cells.insert(index + ("after" in verbs), make(source))
        return
    honest = _honest(known.source.cells[_position(known, name)])
    cell = nb.cells[index]
    if "append" in verbs:
        source = f"{honest}\n\n\n{source}"
    elif "prepend" in verbs:
        source = f"{source}\n\n\n{honest}"
    cell.source = source


def _position(known: Template, name: str) -> int:
    return next(i for i, c in enumerate(known.source.cells) if template.grade_id(c) == name)
