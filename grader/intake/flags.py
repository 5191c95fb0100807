"""The closed list of what intake flags, and how a stranger's words are shown in a flag."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from grader.results import Flag

MOST_OF_A_KIND = 20
SHOWN = 80


class Kind(StrEnum):
    """What intake changed, left out or found odd. A flag costs no points."""

    # cells
    CHANGED_CELL = "changed_cell"  # a locked cell's text differed: the instructor's was put back
    CHANGED_METADATA = "changed_metadata"  # tags or nbgrader's data differed: put back
    DUPLICATE_CELL = "duplicate_cell"  # a name for the second time: the first counts
    EXTRA_CELLS = "extra_cells"  # the student's own cells: kept, their metadata emptied
    MISSING_CELL = "missing_cell"  # put back
    MOVED_CELL = "moved_cell"  # returned to the instructor's place
    RETYPED_CELL = "retyped_cell"  # a code cell made Markdown, or the like: changed back
    UNKNOWN_CELL = "unknown_cell"  # a name that the instructor's notebook has not: an extra cell
    DROPPED_ATTACHMENT = "dropped_attachment"  # not a small image in a Markdown cell
    MENDED_TEXT = "mended_text"  # half a surrogate pair, replaced by U+FFFD
    # files
    RENAMED_NOTEBOOK = "renamed_notebook"  # taken, as there was no doubt
    MISSING_NOTEBOOK = "missing_notebook"
    IGNORED_FILE = "ignored_file"  # not on the homework's list: left out
    REFUSED_FILE = "refused_file"  # a link, a pipe, too large, a bad name: left out
    SHADOW_MODULE = "shadow_module"  # on the list, but would be imported in a library's place
    TIMESTAMP_IGNORED = "timestamp_ignored"  # a time the student wrote
    # collecting
    LMS_LATE = "lms_late"  # the LMS marked the submission as late
    REFUSED_ATTEMPT = "refused_attempt"  # nothing of it could be taken


def flag(kind: Kind, detail: str) -> Flag:
    """Return the flag ``kind`` with ``detail`` for the instructor."""
    return Flag(kind=kind.value, detail=detail)


def show(text: str) -> str:
    """Return a stranger's ``text`` on one line, in quotes, shortened, without control characters.

    Characters that would break the line, reverse its direction or cannot be encoded become ``�``.
    """
    safe = "".join(c if c.isprintable() else "�" for c in text[: SHOWN + 1])
    return f"'{safe[:SHOWN]}…'" if len(safe) > SHOWN else f"'{safe}'"


def capped(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return ``flags``, of each kind the first few and then one that counts the rest."""
    kept: list[Flag] = []
    seen: dict[str, int] = {}
    for one in flags:
        seen[one.kind] = seen.get(one.kind, 0) + 1
        if seen[one.kind] <= MOST_OF_A_KIND:
            kept.append(one)
    for kind, count in seen.items():
        if count > MOST_OF_A_KIND:
            kept.append(Flag(kind=kind, detail=f"and {count - MOST_OF_A_KIND} more"))
    return tuple(kept)
