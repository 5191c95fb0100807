"""Bytes that claim to be a notebook → the few things of it that intake believes.

Of a cell only its type, its text, its names, its tags and its images are read; outputs and all
other metadata are never looked at, so nothing in them can do harm or get a notebook rejected.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.intake.flags import Kind, flag, show
from grader.intake.limits import LIMITS, IntakeLimits
from grader.intake.submission import Rejected
from grader.results import Flag

CELL_TYPES = ("code", "markdown", "raw")
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
RETRY = "Open it in JupyterLab, save it there and hand it in again."

_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEYS = ("grade", "solution", "locked", "task", "points", "cell_type")


@dataclass(frozen=True)
class HandedCell:
    """One cell as the student handed it in; ``marks`` is what it claims in nbgrader's metadata."""

    cell_type: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    marks: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Handed:
    """A notebook as the student handed it in, and what reading it had to leave out."""

    cells: tuple[HandedCell, ...]
    flags: tuple[Flag, ...] = ()


def parse(data: bytes, name: str, limits: IntakeLimits = LIMITS) -> Handed:
    """Read the notebook ``data`` of the file ``name``; raise :class:`Rejected` where it is none."""
    document = _document(data, name, limits)
    if not isinstance(document, dict) or "nbformat" not in document:
        raise Rejected(f"{name} is not a notebook: it has no nbformat. {RETRY}")
    version = document["nbformat"]
    if type(version) is not int or version != 4:
        shown = version if type(version) is int else "unknown"
        raise Rejected(f"{name} is in notebook format {shown}; format 4 is needed. {RETRY}")
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise Rejected(f"{name} is not a notebook: its cells are not a list. {RETRY}")
    if len(cells) > limits.cells:
        raise Rejected(f"{name} has {len(cells)} cells; at most {limits.cells} are graded.")
    flags: list[Flag] = []
    read = tuple(
        _cell(cell, f"cell {number} of {name}", flags, limits)
        for number, cell in enumerate(cells, start=1)
    )
    return Handed(read, tuple(flags))


def _document(data: bytes, name: str, limits: IntakeLimits) -> object:
    if not data.strip():
        raise Rejected(f"{name} is empty. {RETRY}")
    skeleton = _STRING.sub(b'""', data)
    brackets = skeleton.translate(None, _NOT_BRACKETS)
    nodes = skeleton.count(b",") + len(brackets)
    if nodes > limits.json_nodes:
        raise Rejected(
            f"{name} holds more than {limits.json_nodes:,} values. Clear its outputs "
            "(Kernel → Restart Kernel and Clear Outputs), save it and hand it in again."
        )
    depth = deepest = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > limits.json_depth:
        raise Rejected(f"{name} is nested more than {limits.json_depth} deep. {RETRY}")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=lambda _: None,  # NaN is no JSON, but plots leave it in outputs
            parse_int=lambda digits: int(digits) if len(digits) < 20 else None,
        )
    except UnicodeDecodeError:
        raise Rejected(f"{name} is not UTF-8 text. {RETRY}") from None
    except json.JSONDecodeError as error:
        raise Rejected(
            f"{name} is not valid JSON (line {error.lineno}: {error.msg}). {RETRY}"
        ) from None
    except _TwiceError as error:
        raise Rejected(f"{name} says {show(str(error))} twice in one place. {RETRY}") from None
    except RecursionError:
        raise Rejected(f"{name} is nested too deep. {RETRY}") from None


class _TwiceError(ValueError):
    """A key that an object has twice."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(key)
            seen.add(key)
    return made


def _cell(cell: object, where: str, flags: list[Flag], limits: IntakeLimits) -> HandedCell:
    if not isinstance(cell, dict):
        raise Rejected(f"{where} is not a cell. {RETRY}")
    cell_type = cell.get("cell_type")
    if cell_type not in CELL_TYPES:
        raise Rejected(f"{where} is neither code nor Markdown nor raw. {RETRY}")
    metadata = cell.get("metadata", {})
    if not isinstance(metadata, dict):
        raise Rejected(f"{where} has metadata that is not an object. {RETRY}")
    source = _source(cell.get("source"), where, flags, limits)
    about = metadata.get("nbgrader")
    about = about if isinstance(about, dict) else {}
    grade_id, cell_id, tags = about.get("grade_id"), cell.get("id"), metadata.get("tags")
    return HandedCell(
        cell_type=cell_type,
        source=source,
        grade_id=grade_id if isinstance(grade_id, str) and grade_id else None,
        cell_id=cell_id if isinstance(cell_id, str) and _CELL_ID.fullmatch(cell_id) else None,
        marks={key: about[key] for key in _KEYS if key in about},
        tags=tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
        attachments=_attachments(cell.get("attachments"), cell_type, where, flags, limits),
    )


def _source(source: object, where: str, flags: list[Flag], limits: IntakeLimits) -> str:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Rejected(f"{where} has a text that is neither a string nor lines. {RETRY}")
    if len(source) > limits.cell_characters:
        raise Rejected(f"{where} is longer than {limits.cell_characters:,} characters.")
    try:
        source.encode()
    except UnicodeEncodeError:
        flags.append(flag(Kind.MENDED_TEXT, where))
        whole = source.encode("utf-16-le", "surrogatepass")
        source = whole.decode("utf-16-le", "replace")
    return source


def _attachments(
    given: object, cell_type: str, where: str, flags: list[Flag], limits: IntakeLimits
) -> dict[str, dict[str, str]]:
    if not given:
        return {}
    kept: dict[str, dict[str, str]] = {}
    room = limits.attachment_bytes
    dropped = 0
    for name, bundle in given.items() if isinstance(given, dict) else [("", None)]:
        images = _images(bundle) if cell_type == "markdown" and name.isprintable() else {}
        size = sum(map(len, images.values()))
        if not images or size > room or len(kept) == limits.attachments:
            dropped += 1
            continue
        room -= size
        kept[name] = images
    if dropped:
        flags.append(flag(Kind.DROPPED_ATTACHMENT, f"{dropped} of {where}"))
    return kept


def _images(bundle: object) -> dict[str, str]:
    """An attachment's images in base64 by type; empty where it holds anything else."""
    if not isinstance(bundle, dict):
        return {}
    images: dict[str, str] = {}
    for mime, text in bundle.items():
        if mime not in IMAGES or not isinstance(text, str):
            return {}
        images[mime] = "".join(text.split())
        try:
            binascii.a2b_base64(images[mime], strict_mode=True)
        except ValueError:
            return {}
    return images
