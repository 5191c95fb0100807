"""What arrives for the collector, as a folder or an archive, and what lies there afterwards."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.intake import receipts
from grader.intake.collect import Collected, CollectReport
from grader.outline import Homework

NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)
HW = Homework(id="hw", files=("*.csv", "*.py"), due=datetime(2001, 1, 1, tzinfo=UTC))


def folder(tmp_path: Path, files: Mapping[str, str], name: str = "in") -> Path:
    """A folder with ``files``, path to text."""
    for file, text in files.items():
        path = tmp_path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / name


def zipped(tmp_path: Path, members: Mapping[str, str] | list[tuple[Any, str]]) -> Path:
    """A zip archive with ``members``, name to text."""
    path = tmp_path / "in.zip"
    pairs = members.items() if isinstance(members, Mapping) else members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in pairs:
            archive.writestr(name, text)
    return path


def tree(course: Course) -> dict[str, str]:
    """What lies in ``submitted``, but receipts and times."""
    root = course.submitted
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "timestamp.txt" and receipts.FOLDER not in path.parts
    }


def only(report: CollectReport) -> Collected:
    """What the report says of its one student."""
    assert len(report.students) == 1
    return report.students[0]


def made(path: Path) -> Path:
    """``path``, a new folder."""
    path.mkdir(parents=True)
    return path
