"""What is wrong with the file of an instructor's notebook: markers, ids, metadata.

Read from the JSON as it is, since nbformat repairs ids while it reads and nbgrader stops at the
first bad marker without naming the cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from traitlets.config import Config

from grader.release.rules.finding import Finding, Severity
from grader.template import Role, Template, role

_SHORTEST = 8  # characters of a line that can be told from chance
_RECORDED = ("execution", "papermill", "ExecuteTime")


@dataclass(frozen=True)
class Marker:
    """The pair of lines around a region, and the metadata of cells that may hold one."""

    begin: str
    end: str
    kind: str
    home: str

    @classmethod
    def all(cls, config: Config) -> tuple[Marker, Marker, Marker]:
        """The solution, hidden-test and mark-scheme markers that the course's config sets."""
        solution, hidden, scheme = (
            step(config=config) for step in (ClearSolutions, ClearHiddenTests, ClearMarkScheme)
        )
        return (
            cls(
                solution.begin_solution_delimeter,
                solution.end_solution_delimeter,
                "solution",
                "solution",
            ),
            cls(hidden.begin_test_delimeter, hidden.end_test_delimeter, "grade", "test"),
            cls(
                scheme.begin_mark_scheme_delimeter, scheme.end_mark_scheme_delimeter, "task", "task"
            ),
        )


def hidden_lines(source: str, marker: Marker) -> list[list[str]]:
    """The regions of ``source`` inside ``marker``, each as its lines."""
    regions: list[list[str]] = []
    inside = False
    for line in source.split("\n"):
        if marker.begin in line:
            inside = True
            regions.append([])
        elif marker.end in line:
            inside = False
        elif inside:
            regions[-1].append(line)
    return regions


def check(path: Path, config: Config) -> list[Finding]:
    """What keeps ``path`` from being released at all, and what would be lost or leak."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cells = [_Cell(cell, index) for index, cell in enumerate(data["cells"])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [
            Finding(
                notebook=path.stem,
                cell="",
                severity=Severity.ERROR,
                rule="unreadable",
                message=f"The file is not a notebook: {error}.",
                remedy="Open it in JupyterLab and save it again.",
            )
        ]
    found = [*_ids(cells, data), *_recorded(data, cells)]
    for cell in cells:
        for marker in Marker.all(config):
            found += _markers(cell, marker)
    return [
        Finding(
            notebook=path.stem,
            cell=cell,
            severity=Severity.ERROR,
            rule=rule,
            message=message,
            remedy=remedy,
        )
        for cell, rule, message, remedy in found
    ]


_Raw = tuple[str, str, str, str]  # cell, rule, message, remedy


class _Cell:
    def __init__(self, data: dict[str, Any], index: int) -> None:
        source = data["source"]
        self.source: str = source if isinstance(source, str) else "".join(source)
        self.metadata: dict[str, Any] = data.get("metadata") or {}
        self.about: dict[str, Any] = self.metadata.get("nbgrader") or {}
        self.id: str | None = data.get("id")
        self.grade_id: str | None = self.about.get("grade_id") if self._known else None
        self.name = self.about.get("grade_id") or self.id or f"cell {index + 1}"

    @property
    def _known(self) -> bool:
        return any(self.about.get(key) for key in ("grade", "solution", "locked", "task"))


def _ids(cells: list[_Cell], data: dict[str, Any]) -> Iterator[_Raw]:
    for rule, kind, ids in (
        ("duplicate-id", "grade_id", [cell.grade_id for cell in cells]),
        ("cell-id", "cell id", [cell.id for cell in cells]),
    ):
        for index, value in enumerate(ids):
            if value and value in ids[:index]:
                yield (
                    cells[index].name,
                    rule,
                    f"The {kind} {value!r} occurs twice.",
                    f"Give each cell its own {kind}.",
                )
    if (data.get("nbformat", 4), data.get("nbformat_minor", 0)) >= (4, 5):
        for cell in cells:
            if not cell.id:
                yield (
                    cell.name,
                    "cell-id",
                    "The cell has no id, so each release would give it another.",
                    "Save the notebook in JupyterLab, or give the cell an id.",
                )


def _recorded(data: dict[str, Any], cells: list[_Cell]) -> Iterator[_Raw]:
    remedy = "Delete it from the metadata; JupyterLab: turn off 'Record cell timing'."
    for name, metadata in [("", data.get("metadata") or {})] + [
        (c.name, c.metadata) for c in cells
    ]:
        for key in _RECORDED:
            if key in metadata:
                yield name, "recorded", f"The metadata holds a run's record, {key!r}.", remedy


def _markers(cell: _Cell, marker: Marker) -> Iterator[_Raw]:
    inside = seen = False
    for line in cell.source.split("\n"):
        if marker.begin in line:
            if inside:
                yield (
                    cell.name,
                    "markers",
                    f"'{marker.begin}' stands inside such a region.",
                    f"End the first region with '{marker.end}'.",
                )
            inside = seen = True
        elif marker.end in line:
            if not inside:
                yield (
                    cell.name,
                    "markers",
                    f"'{marker.end}' ends no region.",
                    f"Write '{marker.begin}' above it.",
                )
            inside = False
    if inside:
        yield (
            cell.name,
            "markers",
            f"'{marker.begin}' is not closed.",
            f"Write '{marker.end}' at the end of the region.",
        )
    if seen and not cell.about.get(marker.kind):
        yield (
            cell.name,
            "markers",
            f"'{marker.begin}' stands in a cell that is no {marker.home} cell.",
            f"Make it a {marker.home} cell in nbgrader's Create Assignment panel.",
        )


def leaks(t: Template, config: Config) -> list[str]:
    """What the release of ``t`` shows of solutions and hidden tests, as sentences.

    A line counts as hidden where the author wrote it only in such a region: one that also stands
    in a visible cell is shown on purpose.
    """
    found = []
    markers = Marker.all(config)
    strings = list(_strings(t.released))
    for marker in markers:
        for line in (marker.begin, marker.end):
            if any(line in text for text in strings):
                found.append(f"the marker '{line}'")
    secret: set[str] = set()
    for cell in t.source.cells:
        regions = [lines for marker in markers for lines in hidden_lines(cell.source, marker)]
        if role(cell) is Role.SOLUTION and markers[0].begin not in cell.source:
            regions.append(cell.source.split("\n"))
        secret.update(line.strip() for lines in regions for line in lines)
    shown = {line.strip() for cell in t.released.cells for line in cell.source.split("\n")}
    secret = {line for line in secret - shown if len(line) >= _SHORTEST and not line.isalnum()}
    for text in strings:
        found += [f"`{line}`" for line in map(str.strip, text.split("\n")) if line in secret]
    return list(dict.fromkeys(found))


def _strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _strings(key)
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
