"""Whose file is it? The ways in which learning platforms and people name submissions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from grader.intake import names

# What a student can choose, the name of the file, stands last: the first mark counts.
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
_MOODLE_MARK = re.compile(r"_\d+_assignsubmission_(?:file|onlinetext)")
_CANVAS = re.compile(r"(?P<who>[^_]+)(?P<late>_late)?_(?P<id>\d+)_(?P<no>\d+)_(?P<file>.+)", re.I)
_BLACKBOARD = re.compile(r"(?P<who>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})_(?P<file>.+)")


@dataclass(frozen=True)
class Placed:
    """A file of a student's.

    ``entry`` is its path in the source, ``name`` its path in the submission. ``time`` is the
    attempt's where the platform wrote it into the name, ``number`` the platform's own, rising.
    """

    entry: str
    student: str
    name: str
    late: bool = False
    time: datetime | None = None
    number: int = 0


@dataclass(frozen=True)
class Layout:
    """The files that have an owner, and those that have none with the reason."""

    placed: tuple[Placed, ...]
    unplaced: dict[str, str]


def layout(entries: Iterable[str], homework: str, notebooks: Sequence[str]) -> Layout:
    """Assign each of the paths ``entries`` to a student.

    Known are: Moodle's download (``Jane Doe_123_assignsubmission_file_/hw.ipynb``, id
    ``jane-doe``, with the number where two have the name), Canvas's
    (``doejane_late_45_678_hw.ipynb``, id ``doejane-45``), Blackboard's
    (``hw_jane_attempt_2027-03-01-10-00-00_hw.ipynb``, id ``jane``, the time taken as UTC); a
    folder for each student, with or without a folder for the homework in it; and loose files
    (``jane_hw.ipynb``, ``hw_jane.ipynb``, and ``jane.ipynb`` where one notebook is expected).
    A folder around all of it is overlooked.
    """
    paths = list(entries)
    wrapper = _wrapper(paths, homework)
    moodle = _moodle_ids(path.removeprefix(wrapper) for path in paths)
    placed: list[Placed] = []
    unplaced: dict[str, str] = {}
    for path in paths:
        inner = path.removeprefix(wrapper)
        one = _place(path, inner, homework, notebooks, moodle)
        if one is None:
            unplaced[path] = "the name does not say whose it is"
        elif not names.is_student(one.student):
            unplaced[path] = f"the student's id is not safe ({names.STUDENT_RULE})"
        else:
            placed.append(one)
    return Layout(tuple(placed), unplaced)


def _place(
    entry: str,
    path: str,
    homework: str,
    notebooks: Sequence[str],
    moodle: dict[tuple[str, str], str],
) -> Placed | None:
    top, _, rest = path.partition("/")
    if len(_MOODLE_MARK.findall(top)) > 1:
        return None  # who it is stands before one of them, and people can name themselves
    if found := _MOODLE.fullmatch(top):
        student = moodle[found["who"], found["id"]]
        name = "/".join(step for step in (found["file"], rest) if step)
        return Placed(entry, student, name) if name else None
    if rest:
        inner = rest.removeprefix(f"{homework}/")
        return Placed(entry, top, inner)
    if found := _BLACKBOARD.fullmatch(top):
        who = found["who"]
        known = who.startswith(f"{homework}_")
        student = who.removeprefix(f"{homework}_") if known else who.rsplit("_", 1)[-1]
        try:
            time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return Placed(entry, student, found["file"], time=time)
    if found := _CANVAS.fullmatch(top):
        student = f"{names.slug(found['who'])}-{found['id']}"
        number = int(found["no"][:18])
        return Placed(entry, student, found["file"], bool(found["late"]), number=number)
    return _loose(entry, top, notebooks)


def _loose(entry: str, top: str, notebooks: Sequence[str]) -> Placed | None:
    stem, dot, suffix = top.rpartition(".")
    if not dot or suffix.casefold() != "ipynb" or stem in notebooks:
        return None
    for name in sorted(notebooks, key=len, reverse=True):
        for mark in "_-":
            if stem.endswith(f"{mark}{name}"):
                return Placed(entry, stem.removesuffix(f"{mark}{name}"), f"{name}.ipynb")
            if stem.startswith(f"{name}{mark}"):
                return Placed(entry, stem.removeprefix(f"{name}{mark}"), f"{name}.ipynb")
    return Placed(entry, stem, f"{notebooks[0]}.ipynb") if len(notebooks) == 1 else None


def _moodle_ids(paths: Iterable[str]) -> dict[tuple[str, str], str]:
    """A student's id for each name and number of Moodle's: the name, if no other has the same."""
    people: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in paths:
        if found := _MOODLE.fullmatch(path.partition("/")[0]):
            people[names.slug(found["who"])].add((found["who"], found["id"]))
    return {
        person: name if len(same) == 1 and name else f"{name}-{person[1]}".lstrip("-")
        for name, same in people.items()
        for person in same
    }


def _wrapper(paths: Sequence[str], homework: str) -> str:
    """The one folder, with its ``/``, in which the students' folders lie, or an empty string."""
    steps = [path.split("/") for path in paths]
    tops = {step[0] for step in steps}
    if len(tops) != 1 or _MOODLE.fullmatch(next(iter(tops))):
        return ""
    if all(len(step) == 2 for step in steps):
        flat = (_CANVAS, _BLACKBOARD, _MOODLE)
        known = all(any(form.fullmatch(step[1]) for form in flat) for step in steps)
        return f"{next(iter(tops))}/" if known else ""
    inner = {step[1] for step in steps if len(step) > 2 and step[1] != homework}
    return f"{next(iter(tops))}/" if len(inner) > 1 and all(len(s) > 2 for s in steps) else ""
