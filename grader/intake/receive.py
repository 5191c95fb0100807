"""One student's folder → a Submission that is safe to execute, or Rejected with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from grader.intake import folder as disk
from grader.intake import names
from grader.intake.flags import Kind, capped, flag, show
from grader.intake.limits import LIMITS, MIB, IntakeLimits
from grader.intake.parse import Handed, parse
from grader.intake.rebuild import rebuild
from grader.intake.submission import Rebuilt, Rejected, Submission
from grader.moments import Moment, moment
from grader.outline import Homework
from grader.results import Flag
from grader.template import Template

TIMESTAMP = "timestamp.txt"
_BLOCK = 4096  # bytes: of a file system's unit


def receive(
    folder: Path,
    templates: Mapping[str, Template],
    homework: Homework,
    *,
    given: Collection[str] = (),
    limits: IntakeLimits = LIMITS,
) -> Submission:
    """Check and rebuild what lies in ``folder``; raise :class:`Rejected` if it cannot be graded.

    ``templates`` maps a notebook's name, without suffix, to the instructor's. Nothing is written.
    The extra files of the result can be read, and stay where they are; all of them together take no
    more than half of the homework's disk limit. ``given`` names the instructor's own files beside
    the notebooks, which students hand back without being asked: a plain copy is left out without a
    flag.
    """
    moment(Moment.INTAKE_BEGUN)
    entries = _entries(folder, limits)
    whole = [entry.name for entry in entries if not entry.problem]
    found = names.claim(list(templates), whole)
    _refuse_odd_notebooks(entries, found, templates)
    flags: list[Flag] = []
    notebooks: dict[str, Rebuilt] = {}
    for name, template in templates.items():
        if name not in found.files:
            flags.append(flag(Kind.MISSING_NOTEBOOK, f"{name}.ipynb: {found.doubts[name]}"))
            continue
        file = found.files[name]
        if file != f"{name}.ipynb":
            flags.append(flag(Kind.RENAMED_NOTEBOOK, f"{show(file)} was taken as {name}.ipynb"))
        notebooks[name] = rebuild(template, _parsed(folder, file, limits))
        flags += notebooks[name].flags
        moment(Moment.NOTEBOOK_REBUILT)
    if not notebooks:
        wanted = ", ".join(f"{name}.ipynb" for name in templates)
        raise Rejected(f"The homework's notebook is not among the files. Hand in {wanted}.")
    known = {*found.files.values(), *given}
    rest = [entry for entry in entries if entry.name not in known or entry.problem]
    files = _files(folder, rest, homework, given, flags)
    missing = tuple(name for name in templates if name not in notebooks)
    moment(Moment.INTAKE_DONE)
    return Submission(notebooks, missing, files, capped(flags))


def given_files(folder: Path) -> frozenset[str]:
    """The names of the instructor's files in ``folder`` that are not notebooks."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ipynb")
    return frozenset(path.relative_to(folder).as_posix() for path in files)


def _entries(folder: Path, limits: IntakeLimits) -> list[disk.Found]:
    try:
        if not disk.is_plain(folder):
            raise Rejected("The submission is a link or a file, not a folder with the notebook.")
        return disk.listing(folder, entries=limits.files, depth=limits.depth)
    except disk.TooMuchError as error:
        raise Rejected(f"The submission holds {error}. Hand in the notebook alone.") from None
    except FileNotFoundError:
        raise Rejected("Nothing was handed in.") from None
    except PermissionError:
        raise Rejected("The submission's folder may not be read. Hand it in again.") from None


def _refuse_odd_notebooks(
    entries: list[disk.Found], found: names.Claim, templates: Mapping[str, Template]
) -> None:
    odd = {entry.name: entry.problem for entry in entries if entry.problem}
    for name in templates:
        if f"{name}.ipynb" in odd and name not in found.files:
            trouble = odd[f"{name}.ipynb"]
            raise Rejected(f"{name}.ipynb is {trouble}. Hand in the notebook itself, as a file.")


def _parsed(folder: Path, file: str, limits: IntakeLimits) -> Handed:
    try:
        data = disk.read(folder, file, limits.notebook_bytes)
    except disk.UnreadableError as error:
        raise Rejected(
            f"{show(file)} is {error}. Hand in a plain file, without outputs if it is large."
        ) from None
    return parse(data, show(file), limits)


def _files(
    folder: Path,
    entries: list[disk.Found],
    homework: Homework,
    given: Collection[str],
    flags: list[Flag],
) -> tuple[str, ...]:
    """The names of the extra files that may come along; everything else gets a flag."""
    room = room_for(homework)
    taken: list[str] = []
    folded: set[str] = set()
    for entry in entries:
        if entry.name == TIMESTAMP:
            continue  # nbgrader's own; no one here reads it
        kind, why = verdict(entry, homework, room, given)
        if kind is None and entry.name.casefold() in folded:
            kind, why = Kind.REFUSED_FILE, "its name differs from another's in case only"
        if kind is None and (trouble := disk.trouble(folder, entry.name)):
            kind, why = Kind.REFUSED_FILE, trouble
        if kind is not None:
            flags.append(flag(kind, f"{show(entry.name)}: {why}"))
            continue
        room -= on_disk(entry.size)
        folded.add(entry.name.casefold())
        taken.append(entry.name)
    return tuple(taken)


def verdict(
    entry: disk.Found, homework: Homework, room: int, given: Collection[str]
) -> tuple[Kind | None, str]:
    """Why the extra file ``entry`` is left out, or ``None``; ``room`` in bytes is what is free.

    ``given`` names the instructor's own files, in whose way it must not be.
    """
    if entry.problem:
        return Kind.REFUSED_FILE, entry.problem
    if not names.allowed(entry.name, homework.files) or entry.name.casefold().endswith(".ipynb"):
        return Kind.IGNORED_FILE, "not one of the homework's files"
    if names.shadows(entry.name, homework.preloads):
        return Kind.SHADOW_MODULE, "would be imported or run in a library's place"
    if names.in_the_way(entry.name, given):
        return Kind.REFUSED_FILE, "a file where the instructor's is a folder, or the reverse"
    if on_disk(entry.size) > room:
        return Kind.REFUSED_FILE, "the files take more than half of the homework's disk limit"
    return None, ""


def room_for(homework: Homework) -> int:
    """Bytes of the disk that extra files may take: the other half is for the work itself."""
    return int(homework.limits.disk_mb * MIB) // 2


def on_disk(size: int) -> int:
    """What a file of ``size`` bytes takes there, its entry included."""
    return _BLOCK * (1 + -(-size // _BLOCK))
