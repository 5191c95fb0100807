"""A class of six that was graded once, marked by hand, and has handed in again."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell

from grader.grade import grade
from grader.intake import receipts
from grader.intake.receipts import Receipt, Receipts
from recorded import HW, Recorded, copy_course

RIGHT = "def double(x):\n    return x + x"
ROUNDED = "def double(x):\n    return abs(2 * x) if isinstance(x, int) else x + x"
NUMBERS = "def double(x):\n    return 2.0 * x"
ENDED = "import os\n\ndef double(x):\n    return os._exit(1) if x == 'a' else 2 * x"
FIRST = datetime(2027, 1, 9, tzinfo=UTC)
LATER = datetime(2027, 1, 9, 12, tzinfo=UTC)
LATE = datetime(2027, 1, 12, 11, tzinfo=UTC)  # two days begun
STUDENTS = ("ada", "bob", "cyd", "dan", "eve", "fay")
_COUNT = re.compile(r'"execution_count": \w+,')
_RANDOM_ID = re.compile(r"[0-9a-f]{32}")


def graded_before(root: Path) -> Recorded:
    """A copy at ``root`` of the class, graded, marked and handed in again; made once a process."""
    shutil.copytree(Path(_made().name) / "course", root)
    return Recorded(root)


def hand_in(course: Recorded, student: str, code: str, answer: str = "", extra: str = "") -> None:
    """Let ``student`` hand in the solution ``code``."""
    nb = nbformat.from_dict(course.templates[0].released)
    for cell in nb.cells:
        if cell.id == "double":
            cell.source = code
        elif cell.id == "w1" and answer:
            cell.source = answer
    if extra:
        nb.cells.insert(2, new_code_cell(extra, id="extra"))
    _write(course, student, nbformat.writes(nb))


def state(root: Path) -> dict[str, Any]:
    """All that grading leaves, but for times, random ids and measurements.

    Execution counts are left out as well: how much a kernel that crashes still says is luck.
    """
    reports = root / "reports" / HW
    summary = json.loads((reports / "results.json").read_text())
    latest = {
        line["student"]: _without_usage(line)
        for line in map(json.loads, (reports / "results.jsonl").read_text().splitlines())
    }
    summary["submissions"] = [_without_usage(one) for one in summary["submissions"]]
    del summary["wall_s"]
    kept = {
        str(path.relative_to(root)): _COUNT.sub("", path.read_text())
        for folder in (root / "autograded", reports)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".json", ".jsonl", ".lock")
    }
    return {"gradebook": gradebook(root), "results": summary, "journal": latest, "kept": kept}


def gradebook(root: Path) -> dict[str, list[str]]:
    """Every row of every table, with what ids point to in place of the random ids."""
    with sqlite3.connect(f"file:{root / 'gradebook.db'}?mode=ro", uri=True) as base:
        base.row_factory = sqlite3.Row
        names = [
            row[0] for row in base.execute("select name from sqlite_master where type='table'")
        ]
        rows = {
            name: [dict(row) for row in base.execute(f"select * from {name}")] for name in names
        }
        points = {
            name: {
                row["from"]: row["table"]
                for row in base.execute(f"pragma foreign_key_list({name})")
            }
            for name in names
        }
    base.close()
    by_id = {name: {row["id"]: row for row in rows[name] if "id" in row} for name in names}

    def plain(table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {
            column: plain(points[table][column], by_id[points[table][column]][value])
            if column in points[table] and value is not None
            else value
            for column, value in row.items()
            if column in points[table] or not _RANDOM_ID.fullmatch(str(value))
        }

    return {name: sorted(json.dumps(plain(name, row)) for row in rows[name]) for name in names}


@cache
def _made() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    _make(copy_course(Path(folder.name) / "course"))
    return folder


def _make(course: Recorded) -> None:
    for student in STUDENTS:
        hand_in(course, student, ROUNDED, "Because.")
    _received(course, dict.fromkeys(STUDENTS, FIRST))
    grade(course.course, course.homework, workers=1)
    course.give("ada", "why-written", manual_score=4, extra_credit=1)
    course.give("cyd", "why-written", manual_score=2)
    course.give("fay", "double-basic", manual_score=1.5)
    with course.gradebook() as book:
        book.find_comment("double", "first", HW, "bob").manual_comment = "Think of -21."
        book.db.commit()
    hand_in(course, "ada", RIGHT, "Because two times two is four.")
    hand_in(course, "bob", RIGHT, extra="double(3)")
    hand_in(course, "cyd", RIGHT, "Because it is so.")
    _write(course, "dan", "no notebook")
    hand_in(course, "eve", ENDED)
    hand_in(course, "fay", NUMBERS, "Why not?")
    _received(course, {**dict.fromkeys(STUDENTS, LATER), "cyd": LATE})


def _write(course: Recorded, student: str, text: str) -> None:
    folder = course.root / "submitted" / student / HW
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "first.ipynb").write_text(text)


def _received(course: Recorded, times: dict[str, datetime]) -> None:
    known = {name: Receipt(received=time, digest="") for name, time in times.items()}
    receipts.save(course.root / "submitted", HW, Receipts(students=known))


def _without_usage(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "usage"}
